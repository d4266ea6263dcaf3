import type { Host } from '../../../policy/host.ts';
import type { Result } from '../../../policy/result.ts';

/** Why a name has no addresses, in the words of RFC 9209 section 2.3. */
export type ResolveError = 'dns_error' | 'dns_timeout';

/** What a name leads to, never an empty list, and for how long that may be believed. */
export type Answer = {
  readonly addresses: Result<readonly string[], ResolveError>;
  readonly ttlMs: number;
};

/** Asks for a name's addresses. It never rejects, and ends by itself. */
export type Lookup = (host: Host) => Promise<Answer>;

/** For a name that does not exist, or has no addresses: RFC 2308 has it kept, and no resolver of Node's tells how long. */
export const NEGATIVE_TTL_MS = 10_000;

/** For a failure to find out, which may pass at any moment (RFC 9520 section 3.2: at least a second). */
export const FAILURE_TTL_MS = 1_000;

/** More of one family than any name has for its clients' sake. */
export const MAX_ADDRESSES_PER_FAMILY = 16;
