import http from 'node:http';
import type net from 'node:net';
import type { Limits } from '../bounds/limits.ts';
import type { RawHeaders } from '../http/headers.ts';
import { authorityOf } from '../http/target.ts';
import { createIdleConnections } from './idle-connections.ts';
import type { Opener } from './opener.ts';
import type { Parent } from './parent.ts';
import type { Destination } from './route.ts';

/** One request on its way out. */
export type UpstreamRequest = {
  /** The client's connection: only its own requests share connections. */
  readonly client: net.Socket;
  readonly destination: Destination;
  readonly method: string;
  /** The origin-form target, as the client wrote it. */
  readonly path: string;
  readonly headers: RawHeaders;
};

/** A connection on which a request can begin; without a parent it leads to the origin. */
export type Connection = { readonly parent: Parent | undefined } & (
  | { readonly kind: 'idle' }
  /** `kept`: for further requests of the same client when this one is over. */
  | { readonly kind: 'kept' | 'single'; readonly socket: net.Socket }
);

/** Requests over connections to origins and parents, and the connections that are idle between two of them. */
export type Upstreams = {
  /** An idle connection by which the request may go, if there is one: it must be used in the same turn. */
  idle(request: UpstreamRequest): Connection | undefined;
  /** Begins the request on the connection. After `exchangeIdleMs` without a byte it emits `timeout`. */
  start(request: UpstreamRequest, connection: Connection): http.ClientRequest;
  close(): void;
};

/** Many origins close idle connections after 5 s (Apache's default); to leave before them spares a retry. */
const IDLE_CONNECTION_MS = 4_000;

/** A response's head is bounded like a request's. */
export function createUpstreams(opener: Opener, { exchangeIdleMs, maxHeaderBytes }: Limits): Upstreams {
  const pool = new ClientAgent({ keepAlive: true, timeout: IDLE_CONNECTION_MS });
  const idleSockets = (key: string): readonly net.Socket[] =>
    (pool.freeSockets[key] ?? []).filter((socket) => !socket.destroyed);
  return {
    idle(request) {
      const hop = opener.firstHop(request.destination);
      const parent = hop === 'direct' ? undefined : hop;
      return idleSockets(keyOf(request, parent)).length > 0 ? { kind: 'idle', parent } : undefined;
    },
    start(request, connection) {
      const { parent } = connection;
      const key = keyOf(request, parent);
      const options: PooledOptions = {
        method: request.method,
        path: parent === undefined ? request.path : absoluteForm(request),
        headers: [...request.headers, ...credentialsFor(parent, request)],
        setDefaultHeaders: false,
        maxHeaderSize: maxHeaderBytes,
        timeout: exchangeIdleMs,
        key,
        client: request.client,
      };
      const outgoing =
        connection.kind === 'single'
          ? http.request({ ...options, createConnection: () => connection.socket })
          : http.request({ ...options, ...takeInto(key, connection), agent: pool });
      if (connection.kind !== 'idle') {
        connection.socket.setTimeout(exchangeIdleMs);
        connection.socket.allowHalfOpen = false; // HTTP has no half-close: who ends has nothing more to say
      }
      outgoing.maxHeadersCount = 0; // bounded by their bytes: beyond a count Node would drop fields without a word
      return outgoing;
    },
    close: () => pool.destroy(),
  };

  /** A new connection takes the place of an idle one that came free meanwhile: the pool would use that instead. */
  function takeInto(key: string, connection: Connection): { opened?: net.Socket } {
    if (connection.kind === 'idle') return {};
    for (const socket of idleSockets(key)) socket.destroy();
    return { opened: connection.socket };
  }
}

/**
 * Ours, which a client must not see: a TRACE goes without, for its last recipient, which may be the parent, sends back the
 * fields that it received (RFC 9110 section 9.3.8). A parent that insists on them then refuses it.
 */
const credentialsFor = (parent: Parent | undefined, { method }: UpstreamRequest): RawHeaders =>
  method === 'TRACE' ? [] : (parent?.credentials ?? []);

/** For a proxy (RFC 9112 section 3.2.2); `OPTIONS *` is for it an `OPTIONS` of no path (section 3.2.4). */
const absoluteForm = ({ destination, path }: UpstreamRequest): string =>
  `http://${authorityOf(destination)}${path === '*' ? '' : path}`;

/**
 * A connection is reused only for requests of the client's connection that it was made for, to a parent or to the same
 * checked addresses: an origin may have authenticated the connection (NTLM, Negotiate), and would take anybody's next
 * request for that person's.
 */
function keyOf({ client, destination }: UpstreamRequest, parent: Parent | undefined): string {
  const { addresses, port } = destination;
  const servers = [...addresses].sort().join(' '); // name servers rotate their answers
  return `${numberOf(client)} ${parent === undefined ? `${servers}:${port}` : `by ${numberOf(parent)}`}`;
}

let numbered = 0;
const numbers = new WeakMap<object, number>();

function numberOf(thing: net.Socket | Parent): number {
  const number = numbers.get(thing) ?? ++numbered;
  numbers.set(thing, number);
  return number;
}

type PooledOptions = http.RequestOptions & {
  readonly key: string;
  readonly client: net.Socket;
  readonly opened?: net.Socket;
};
type AgentOptions = http.ClientRequestArgs & Partial<Pick<PooledOptions, 'key' | 'client' | 'opened'>>;

/** Keeps connections by their keys, within bounds, and makes none itself: each was opened before. */
class ClientAgent extends http.Agent {
  readonly #idle = createIdleConnections();
  readonly #clients = new WeakMap<net.Socket, net.Socket>();

  override getName(options?: AgentOptions): string {
    return options?.key ?? '';
  }

  override createConnection({ opened, client }: AgentOptions): net.Socket {
    if (opened === undefined) throw new Error('a request began on an idle connection that is gone');
    if (client !== undefined) this.#clients.set(opened, client);
    return opened;
  }

  /** Its request is over: whether it may stay idle. */
  override keepSocketAlive(socket: net.Socket): boolean {
    const client = this.#clients.get(socket);
    const mayStay: unknown = super.keepSocketAlive(socket); // a boolean, whatever its type says: the server's hint
    if (client === undefined || mayStay === false) return false;
    this.#idle.add(socket, client);
    return true;
  }

  override reuseSocket(socket: net.Socket, request: http.ClientRequest): void {
    this.#idle.take(socket);
    super.reuseSocket(socket, request);
  }
}
