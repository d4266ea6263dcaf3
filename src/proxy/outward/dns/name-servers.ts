import { Resolver } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { specialRange } from '../../../policy/address.ts';
import { fail, succeed } from '../../../policy/result.ts';
import {
  type Answer,
  FAILURE_TTL_MS,
  type Lookup,
  MAX_ADDRESSES_PER_FAMILY,
  NEGATIVE_TTL_MS,
  type ResolveError,
} from './lookup.ts';
import { within } from './within.ts';

/** How long IPv6 addresses are waited for when IPv4 addresses are there (RFC 8305 section 3). */
const RESOLUTION_DELAY_MS = 50;

/** What a name has of one family. */
type Family =
  | { readonly kind: 'addresses'; readonly addresses: readonly string[]; readonly ttlMs: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly error: ResolveError };

/** Asks name servers, `192.0.2.53` or `192.0.2.53:5353`, for A and AAAA records at once. */
export function nameServerLookup(servers: readonly string[], deadlineMs: number): Lookup {
  // Each server is asked twice, the second time for twice as long: with two servers all of it ends by the deadline.
  const resolver = new Resolver({ timeout: Math.ceil(deadlineMs / 4), tries: 2 });
  resolver.setServers([...servers]);
  return async (host) => {
    const later = familyOf(resolver.resolve6(host, { ttl: true }));
    const ipv4 = await familyOf(resolver.resolve4(host, { ttl: true }));
    // Load balancers that drop the question for AAAA are known (RFC 4074 section 4.1); none that drops the one for A.
    const ipv6 = ipv4.kind === 'addresses' ? await within(RESOLUTION_DELAY_MS, later, TOO_LATE) : await later;
    return answerOf(hasGlobalIpv6() ? [ipv6, ipv4] : [ipv4, ipv6]);
  };
}

type Record = { readonly address: string; readonly ttl: number };

/** The records of one family; of a chain of aliases the shortest time holds (c-ares sees to that). */
async function familyOf(question: Promise<readonly Record[]>): Promise<Family> {
  try {
    const records = await question;
    if (records.length === 0) return { kind: 'none' };
    return {
      kind: 'addresses',
      addresses: records.slice(0, MAX_ADDRESSES_PER_FAMILY).map(({ address }) => address),
      ttlMs: Math.min(...records.slice(0, MAX_ADDRESSES_PER_FAMILY).map(({ ttl }) => ttl)) * 1_000,
    };
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'ENOTFOUND': // NXDOMAIN
      case 'ENODATA':
        return { kind: 'none' };
      case 'ETIMEOUT':
        return { kind: 'failed', error: 'dns_timeout' };
      default: // SERVFAIL, REFUSED, an answer that is none, no way to the server
        return { kind: 'failed', error: 'dns_error' };
    }
  }
}

const TOO_LATE: Family = { kind: 'failed', error: 'dns_timeout' };

/** What the families come to. Half an answer serves, but not for long: the other half may be the better one. */
function answerOf(families: readonly Family[]): Answer {
  const found = families.filter((family) => family.kind === 'addresses');
  const failures = families.filter((family) => family.kind === 'failed').map(({ error }) => error);
  const addresses = found.flatMap((family) => family.addresses);
  const ttls = [...found.map(({ ttlMs }) => ttlMs), ...failures.map(() => FAILURE_TTL_MS)];
  if (addresses.length > 0) return { addresses: succeed(addresses), ttlMs: Math.min(...ttls) };
  if (failures.length === 0) return { addresses: fail('dns_error'), ttlMs: NEGATIVE_TTL_MS };
  const error = failures.includes('dns_timeout') ? 'dns_timeout' : 'dns_error';
  return { addresses: fail(error), ttlMs: FAILURE_TTL_MS };
}

/** Without a global address of its own a machine prefers IPv4: what RFC 6724 section 5, rules 1 and 5, comes to. */
function hasGlobalIpv6(): boolean {
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some(({ family, address }) => family === 'IPv6' && specialRange(address) === undefined),
  );
}
