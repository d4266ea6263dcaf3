import type { Network } from '../../policy/network.ts';

/**
 * Every bound of the data path: waits in milliseconds, sizes in bytes, and how much of anything at one time. Each is a
 * setting under `limits` in the configuration, by its name here (`config/limits.ts`).
 */
export type Limits = {
  /** Client connections over all listeners; `auto`: as many as the open files allow. */
  readonly connections: number | 'auto';
  /** Client connections of one client: an IPv4 address, or the /64 of an IPv6 address. */
  readonly connectionsPerClient: number;
  /** Those of them that carry a tunnel or a WebSocket. */
  readonly tunnelsPerClient: number;
  /** Requests and tunnels that a client may ask for, in the long run. */
  readonly requestsPerMinutePerClient: number;
  /** How many of them may come at once. */
  readonly requestBurstPerClient: number;
  /** Certificates for block pages that are signed because a client asked for hosts that have none yet, in the long run. */
  readonly certificatesPerMinutePerClient: number;
  /** How many of them may be signed at once. */
  readonly certificateBurstPerClient: number;
  /** Clients that the limits per client do not hold for: terminal servers, other proxies. */
  readonly exempt: readonly Network[];
  /** Resident memory, in MiB, above which no new connection is taken; `auto`: three quarters of the machine's. */
  readonly memoryMb: number | 'auto';
  /** For the PROXY header of a load balancer, from the moment of its connection. */
  readonly proxyHeaderMs: number;
  /** For the TLS handshake of a client with the proxy itself. */
  readonly tlsHandshakeMs: number;
  /** From a connection's first byte to the end of a request's head (RFC 9110 section 15.5.9: 408). */
  readonly requestHeadMs: number;
  /** In each such span in which a request's body is awaited … */
  readonly requestBodyMs: number;
  /** … so many bytes of it must come. */
  readonly minRequestBodyBytes: number;
  /** Between two requests on one client connection; a client that heeds what it was told has a second more. */
  readonly keepAliveMs: number;
  /** For one name to be resolved. */
  readonly resolveMs: number;
  /** For a connection to be established, over all of a name's addresses; and again for TLS with a parent proxy. */
  readonly dialMs: number;
  /** For a parent proxy to answer CONNECT: it may look the name up and dial meanwhile. */
  readonly parentAnswerMs: number;
  /** How long after the first attempt another parent proxy is still tried. */
  readonly failoverMs: number;
  /** Without a byte in either direction while a response is awaited or relayed. */
  readonly exchangeIdleMs: number;
  /** For the ClientHello of a tunnel, from its 200 to the last byte. */
  readonly clientHelloMs: number;
  /** Without a byte in either direction through a tunnel. */
  readonly tunnelIdleMs: number;
  /** For a tunnel or a WebSocket as a whole, whatever passes through it. */
  readonly tunnelTotalMs: number;
  /** For a client to go on sending a body after it was answered, and to ask when it is only to be turned away. */
  readonly lingerMs: number;
  /** Without a byte of the answer, for a client that has ended its side of the connection: it may be waiting, or gone. */
  readonly halfClosedMs: number;
  /** For a block page over TLS, from the 200 to its last byte: handshake, request and page. */
  readonly blockPageMs: number;
  /** For running requests to end after the order to stop. */
  readonly drainMs: number;
  /** Of a request's head, and of a response's. */
  readonly maxHeaderBytes: number;
  /** Of a request target; RFC 9112 section 3 asks for 8000 at least. */
  readonly maxTargetBytes: number;
  /** Of a request's head. */
  readonly maxHeaderFields: number;
  /** Of a ClientHello with the headers of its records. */
  readonly maxClientHelloBytes: number;
};

export const DEFAULT_LIMITS: Limits = {
  connections: 'auto',
  connectionsPerClient: 2_000,
  tunnelsPerClient: 1_000,
  requestsPerMinutePerClient: 12_000,
  requestBurstPerClient: 2_000,
  certificatesPerMinutePerClient: 120,
  certificateBurstPerClient: 200,
  exempt: [],
  memoryMb: 'auto',
  proxyHeaderMs: 5_000,
  tlsHandshakeMs: 10_000,
  requestHeadMs: 15_000,
  requestBodyMs: 60_000,
  minRequestBodyBytes: 1_000,
  keepAliveMs: 65_000,
  resolveMs: 5_000,
  dialMs: 10_000,
  parentAnswerMs: 30_000,
  failoverMs: 30_000,
  exchangeIdleMs: 300_000,
  clientHelloMs: 5_000,
  tunnelIdleMs: 600_000,
  tunnelTotalMs: 86_400_000,
  lingerMs: 5_000,
  halfClosedMs: 5_000,
  blockPageMs: 30_000,
  drainMs: 10_000,
  maxHeaderBytes: 65_536,
  maxTargetBytes: 32_768,
  maxHeaderFields: 200,
  maxClientHelloBytes: 16_384,
};

/** A little later than the timer towards the origin, so that the client hears of that one, and the log tells who stood still. */
export const clientIdleMs = ({ exchangeIdleMs }: Pick<Limits, 'exchangeIdleMs'>): number =>
  exchangeIdleMs + Math.min(5_000, exchangeIdleMs);
