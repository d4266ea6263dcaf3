import type { Config } from '../config/load.ts';
import { readParentFiles } from '../config/parent-files.ts';
import type { UpstreamEntry } from '../config/upstream-schema.ts';
import type { Facts } from '../policy/facts.ts';
import type { PolicySet } from '../policy/policy.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import type { Limits } from '../proxy/bounds/limits.ts';
import { createResolve } from '../proxy/outward/dns/resolve.ts';
import { createEgress } from '../proxy/outward/egress.ts';
import { createHealth, type ParentState } from '../proxy/outward/health.ts';
import { createOpener, type Opener } from '../proxy/outward/opener.ts';
import { createParent, type ParentSettings, type Reaching } from '../proxy/outward/parent.ts';
import { createRoutes, type Hop, parentsOf, type Route, type RouteEntry } from '../proxy/outward/route.ts';
import { createUpstreams, type Upstreams } from '../proxy/outward/upstreams.ts';

/** An entry of a configuration with the secrets and the trust of its parents, in plain values. */
export type ReadUpstream = Omit<RouteEntry, 'hops'> & {
  readonly proxies: readonly (ParentSettings | 'direct')[];
};

/** Reads the files that the parents of a configuration name, or tells what is wrong with them. */
export function readUpstream(upstream: readonly UpstreamEntry[]): Result<readonly ReadUpstream[]> {
  const problems: Problem[] = [];
  const read = (proxy: UpstreamEntry['proxies'][number]): readonly (ParentSettings | 'direct')[] => {
    if (proxy === 'direct') return ['direct'];
    const files = readParentFiles(proxy);
    if (files.ok) return [{ url: proxy.url, username: proxy.username, ...files.value }];
    problems.push(...files.error);
    return [];
  };
  const entries = upstream.map((entry) => ({ ...conditionsOf(entry), proxies: entry.proxies.flatMap(read) }));
  return problems.length > 0 ? fail(problems) : succeed(entries);
}

/** What routes are made of. */
export const routeEntries = (upstream: readonly ReadUpstream[]): readonly RouteEntry[] =>
  upstream.map((entry) => ({
    ...conditionsOf(entry),
    hops: entry.proxies.map((proxy) => (proxy === 'direct' ? proxy : createParent(proxy))),
  }));

const conditionsOf = ({ domains, departments, resolve }: Conditions): Omit<RouteEntry, 'hops'> => ({
  domains,
  departments,
  resolve,
});

/** For which requests an entry is. */
type Conditions = { readonly [Key in 'domains' | 'departments']?: RouteEntry[Key] } & Pick<
  RouteEntry,
  'resolve'
>;

/** By what way a request would go, told without the files of the parents: who explains may not be who may read them. */
export function routeOf(upstream: readonly UpstreamEntry[], facts: Facts): Route {
  const hopOf = (proxy: UpstreamEntry['proxies'][number]): Hop =>
    proxy === 'direct' ? proxy : createParent({ url: proxy.url });
  const entries = upstream.map((entry) => ({ ...conditionsOf(entry), hops: entry.proxies.map(hopOf) }));
  return createRoutes(entries)(facts);
}

/** A department that is not there would fit nobody, and those that were meant would go another way unseen. */
export function unknownDepartments(
  { egress: { upstream }, at }: Config,
  { departments }: PolicySet,
): readonly Problem[] {
  const known = [...departments.keys()].join(', ');
  return upstream.flatMap((entry, index) =>
    (entry.departments ?? []).flatMap((id, place) =>
      departments.has(id)
        ? []
        : [
            {
              at: at(['egress', 'upstream', index, 'departments', place]),
              problem: `there is no department \`${id}\``,
              hint: `the policies have: ${known}`,
            },
          ],
    ),
  );
}

/** How names are looked up, and what may be reached at all. */
export type Reach = Pick<Reaching, 'resolve' | 'egress'>;

/** `ownPorts` are those that this process listens on. */
export function createReach(
  { egress, limits }: Pick<Config, 'egress' | 'limits'>,
  ownPorts: () => ReadonlySet<number>,
): Reach {
  const hosts = new Map(Object.entries(egress.dns.hosts));
  return {
    resolve: createResolve({ ...egress.dns, hosts }, limits.resolveMs),
    egress: createEgress(egress, ownPorts),
  };
}

/** All that leads out, by parents and without. */
export function createOutward(entries: readonly RouteEntry[], reach: Reach, limits: Limits): Outward {
  const parents = parentsOf(entries);
  const health = createHealth(() => performance.now());
  const opener = createOpener(health, reach, limits);
  return {
    opener,
    upstreams: createUpstreams(opener, limits),
    parentStates: () => parents.map(health.stateOf),
  };
}

type Outward = {
  readonly opener: Opener;
  readonly upstreams: Upstreams;
  parentStates(): readonly ParentState[];
};
