import { lookup } from 'node:dns/promises';
import { fail, succeed } from '../../../policy/result.ts';
import { FAILURE_TTL_MS, type Lookup, MAX_ADDRESSES_PER_FAMILY, NEGATIVE_TTL_MS } from './lookup.ts';

/** getaddrinfo(3) tells no time to live, and may have asked anything from DNS to LDAP. */
const SYSTEM_TTL_MS = 10_000;

/** Asks the system's resolver, whose order of addresses (RFC 6724) is kept. */
export const systemLookup: Lookup = async (host) => {
  try {
    // The root dot keeps the machine's search domains off: the name that was decided on is the one looked up.
    const found = await lookup(`${host}.`, { all: true, order: 'verbatim' });
    if (found.length === 0) return { addresses: fail('dns_error'), ttlMs: NEGATIVE_TTL_MS };
    const addresses = found.map(({ address }) => address).slice(0, 2 * MAX_ADDRESSES_PER_FAMILY);
    return { addresses: succeed(addresses), ttlMs: SYSTEM_TTL_MS };
  } catch (error) {
    const isAnswer = (error as NodeJS.ErrnoException).code === 'ENOTFOUND';
    return { addresses: fail('dns_error'), ttlMs: isAnswer ? NEGATIVE_TTL_MS : FAILURE_TTL_MS };
  }
};
