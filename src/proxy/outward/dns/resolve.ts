import { addressLiteral, type Host } from '../../../policy/host.ts';
import { fail, type Result, succeed } from '../../../policy/result.ts';
import { cached } from './cache.ts';
import { openHostsFile } from './hosts-file.ts';
import type { Answer, ResolveError } from './lookup.ts';
import { nameServerLookup } from './name-servers.ts';
import { systemLookup } from './system.ts';
import { within } from './within.ts';

/** A host's addresses in the order to try them; never an empty list. */
export type Resolve = (host: Host) => Promise<Result<readonly string[], ResolveError>>;

export type DnsSettings = {
  /** Name servers, `192.0.2.53` or `192.0.2.53:5353`; empty: the system's resolver with its hosts file. */
  readonly servers: readonly string[];
  /** Addresses of names that are not asked for anywhere. */
  readonly hosts: ReadonlyMap<string, readonly string[]>;
};

/** The addresses that were checked are the ones dialled, so a name is resolved here and nowhere else. */
export function createResolve(settings: DnsSettings, deadlineMs: number): Resolve {
  const { servers, hosts } = settings;
  const isSystem = servers.length === 0;
  const clock = (): number => performance.now();
  const hostsFile = openHostsFile('/etc/hosts', clock);
  const lookup = cached(isSystem ? systemLookup : nameServerLookup(servers, deadlineMs), clock);
  return async (host) => {
    const literal = addressLiteral(host);
    if (literal !== undefined) return succeed([literal]);
    const known = hosts.get(host) ?? (isSystem ? hostsFile(host) : undefined);
    if (known !== undefined) return succeed(known);
    const answer = lookup(host);
    return (answer instanceof Promise ? await within(deadlineMs, answer, TOO_LATE) : answer).addresses;
  };
}

/** The look-up goes on, and serves whoever asks after it. */
const TOO_LATE: Answer = { addresses: fail('dns_timeout'), ttlMs: 0 };
