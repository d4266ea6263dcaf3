import { Resolver as DnsResolver, lookup as systemLookup } from 'node:dns/promises';
import { addressLiteral, type Host } from '../policy/host.ts';
import { fail, type Result, succeed } from '../policy/result.ts';
import { hostsFileAddresses } from './hosts-file.ts';

export type ResolveError = 'dns_error' | 'dns_timeout';

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
  const lookup = singleFlight(
    settings.servers.length > 0 ? dnsLookup(settings.servers, deadlineMs) : getaddrinfo,
  );
  return async (host) => {
    const literal = addressLiteral(host);
    if (literal !== undefined) return succeed([literal]);
    const pinned = settings.hosts.get(host);
    if (pinned !== undefined) return succeed(pinned);
    const addresses = await within(deadlineMs, lookup(host));
    if (addresses === undefined) return fail('dns_timeout');
    return addresses.length > 0 ? succeed(addresses) : fail('dns_error');
  };
}

/** Those who ask for a name while it is being looked up share the answer. */
function singleFlight(lookup: Lookup): Lookup {
  const underWay = new Map<Host, Promise<readonly string[]>>();
  return (host) => {
    const other = underWay.get(host);
    if (other !== undefined) return other;
    const own = lookup(host).finally(() => underWay.delete(host));
    underWay.set(host, own);
    return own;
  };
}

type Lookup = (host: Host) => Promise<readonly string[]>;

const getaddrinfo: Lookup = async (host) => {
  const listed = hostsFileAddresses(host);
  if (listed !== undefined) return listed;
  // The root dot keeps the machine's search domains off: the name that was decided on is the one looked up.
  const answers = await systemLookup(`${host}.`, { all: true }).catch(() => []);
  return answers.map(({ address }) => address);
};

function dnsLookup(servers: readonly string[], deadlineMs: number): Lookup {
  const resolver = new DnsResolver({ timeout: Math.ceil(deadlineMs / 2), tries: 2 });
  resolver.setServers([...servers]);
  return async (host) => {
    const families = [resolver.resolve4(host), resolver.resolve6(host)];
    return (await Promise.all(families.map((family) => family.catch(() => [])))).flat();
  };
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}
