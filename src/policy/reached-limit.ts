/**
 * The limits that turn a client away when they are reached, under the names of their settings: one vocabulary for the
 * decision log and the pages. 429 (RFC 6585 section 4) where it is the client's own doing, 503 where it is everybody's;
 * `retryAfterS` is what `Retry-After` says, in seconds.
 */
export const LIMIT_ANSWERS = {
  connections: { status: 503, retryAfterS: 10 },
  memoryMb: { status: 503, retryAfterS: 30 },
  connectionsPerClient: { status: 429, retryAfterS: 10 },
  tunnelsPerClient: { status: 429, retryAfterS: 10 },
  requestsPerMinutePerClient: { status: 429, retryAfterS: 5 },
} as const;

export type ReachedLimit = keyof typeof LIMIT_ANSWERS;

/** When to try again after the proxy itself is out of connections, in seconds. */
export const RETRY_AFTER_S = 10;
