import http from 'node:http';
import net from 'node:net';
import type { ProxyError } from '../policy/proxy-error.ts';
import { dial } from './dial.ts';
import type { RawHeaders } from './headers.ts';
import type { Limits } from './limits.ts';

/** One request on its way to an origin. */
export type UpstreamRequest = {
  /** The client's connection: only its own requests share connections to origins. */
  readonly client: net.Socket;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly method: string;
  /** The origin-form target, as the client wrote it. */
  readonly path: string;
  readonly headers: RawHeaders;
};

/** Connections to origins. */
export type Upstreams = {
  /** On a pooled connection: for requests that may be sent again when that connection turns out to be dead. */
  pooled(request: UpstreamRequest): http.ClientRequest;
  /** On a new connection, closed afterwards: for requests that must not be sent twice. */
  single(request: UpstreamRequest): http.ClientRequest;
  close(): void;
};

/** Many origins close idle connections after 5 s (Apache's default); to leave before them spares a retry. */
const IDLE_CONNECTION_MS = 4_000;
const MAX_IDLE_CONNECTIONS = 256;

/** After `exchangeIdleMs` without a byte a request emits `timeout`; a response's head is bounded like a request's. */
export function createUpstreams({ dialMs, exchangeIdleMs, maxHeaderBytes }: Limits): Upstreams {
  const pool = new PinnedAgent(dialMs, {
    keepAlive: true,
    timeout: IDLE_CONNECTION_MS,
    maxFreeSockets: MAX_IDLE_CONNECTIONS,
  });
  const fresh = new PinnedAgent(dialMs, { keepAlive: false });
  const start = (request: UpstreamRequest, agent: http.Agent): http.ClientRequest => {
    const options: http.RequestOptions & Pinned = {
      agent,
      port: request.port,
      method: request.method,
      path: request.path,
      headers: [...request.headers],
      setDefaultHeaders: false,
      maxHeaderSize: maxHeaderBytes,
      timeout: exchangeIdleMs,
      pin: `${clientNumber(request.client)} ${[...request.addresses].sort().join(' ')}`, // servers rotate their answers
      client: request.client,
      addresses: request.addresses,
    };
    const outgoing = http.request(options);
    outgoing.maxHeadersCount = 0; // bounded by their bytes: beyond a count Node would drop fields without a word
    return outgoing;
  };
  return {
    pooled: (request) => start(request, pool),
    single: (request) => start(request, fresh),
    close: () => {
      pool.destroy();
      fresh.destroy();
    },
  };
}

/** No connection to an origin came about. */
export class DialFailure extends Error {
  readonly type: ProxyError;

  constructor(type: ProxyError) {
    super(`no connection: ${type}`);
    this.type = type;
  }
}

let clients = 0;
const clientNumbers = new WeakMap<net.Socket, number>();

function clientNumber(client: net.Socket): number {
  const number = clientNumbers.get(client) ?? ++clients;
  clientNumbers.set(client, number);
  return number;
}

type Pinned = Pick<UpstreamRequest, 'client' | 'addresses'> & { readonly pin: string };
type PinnedOptions = http.ClientRequestArgs & Pinned;

/**
 * Connects to the checked addresses. A connection is reused only for requests of the client's connection that it was
 * made for, whose checked addresses are the same: an origin may have authenticated the connection (NTLM, Negotiate),
 * and would take anybody's next request for that person's.
 */
class PinnedAgent extends http.Agent {
  readonly #dialMs: number;

  constructor(dialMs: number, options: http.AgentOptions) {
    super(options);
    this.#dialMs = dialMs;
  }

  override getName({ pin, port }: PinnedOptions): string {
    return `${pin}:${port}`;
  }

  override createConnection(
    { addresses, port, client }: PinnedOptions,
    onCreated?: (error: Error | null, socket: net.Socket) => void,
  ): undefined {
    void dial(addresses, Number(port), this.#dialMs, client).then((dialled) => {
      // A failure comes over a socket too: the agent forgets a name only with its last socket.
      const socket = dialled.ok ? dialled.value : new net.Socket();
      socket.allowHalfOpen = false; // HTTP has no half-close: an origin that ends has nothing more to say
      onCreated?.(null, socket);
      if (!dialled.ok) socket.destroy(new DialFailure(dialled.error));
    });
  }
}
