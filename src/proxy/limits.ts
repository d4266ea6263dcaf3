/** Every wait of the data path and its bound, in milliseconds, and the sizes it accepts, in bytes. */
export type Limits = {
  /** For the PROXY header of a load balancer, from the moment of its connection. */
  readonly proxyHeaderMs: number;
  /** For the TLS handshake of a client with the proxy itself. */
  readonly tlsHandshakeMs: number;
  /** From a connection's first byte to the end of a request's head (RFC 9110 section 15.5.9: 408). */
  readonly requestHeadMs: number;
  /** Between two requests on one client connection. */
  readonly keepAliveMs: number;
  /** For one name to be resolved. */
  readonly resolveMs: number;
  /** For a connection to be established, over all of a name's addresses. */
  readonly dialMs: number;
  /** Without a byte in either direction while a response is awaited or relayed. */
  readonly exchangeIdleMs: number;
  /** Without a byte in either direction through a tunnel. */
  readonly tunnelIdleMs: number;
  /** For a client to go on sending a body after it was answered. */
  readonly lingerMs: number;
  /** For a block page over TLS, from the 200 to its last byte: handshake, request and page. */
  readonly blockPageMs: number;
  /** For running requests to end after the order to stop. */
  readonly drainMs: number;
  readonly maxHeaderBytes: number;
};

export const DEFAULT_LIMITS: Limits = {
  proxyHeaderMs: 5_000,
  tlsHandshakeMs: 10_000,
  requestHeadMs: 15_000,
  keepAliveMs: 65_000,
  resolveMs: 5_000,
  dialMs: 10_000,
  exchangeIdleMs: 300_000,
  tunnelIdleMs: 600_000,
  lingerMs: 5_000,
  blockPageMs: 30_000,
  drainMs: 10_000,
  maxHeaderBytes: 65_536,
};
