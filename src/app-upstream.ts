import { readParentFiles } from './config/parent-files.ts';
import type { UpstreamEntry } from './config/upstream-schema.ts';
import type { Facts } from './policy/facts.ts';
import type { PolicySet } from './policy/policy.ts';
import { fail, type Problem, type Result, succeed } from './policy/result.ts';
import type { Limits } from './proxy/bounds/limits.ts';
import { createHealth, type ParentState } from './proxy/outward/health.ts';
import { createOpener, type Opener } from './proxy/outward/opener.ts';
import { createParent, type Parent, type Reaching } from './proxy/outward/parent.ts';
import { createRoutes, type Hop, parentsOf, type Route, type RouteEntry } from './proxy/outward/route.ts';
import { createUpstreams, type Upstreams } from './proxy/outward/upstreams.ts';

/** The routes of a configuration, with the secrets and the trust of their parents, or what is wrong with those. */
export function prepareRoutes(upstream: readonly UpstreamEntry[]): Result<readonly RouteEntry[]> {
  const problems: Problem[] = [];
  const hopOf = (proxy: UpstreamEntry['proxies'][number]): readonly Hop[] => {
    if (proxy === 'direct') return ['direct'];
    const files = readParentFiles(proxy);
    if (files.ok) return [createParent({ ...proxy, ...files.value })];
    problems.push(...files.error);
    return [];
  };
  const entries = upstream.map((entry) => ({ ...conditionsOf(entry), hops: entry.proxies.flatMap(hopOf) }));
  return problems.length > 0 ? fail(problems) : succeed(entries);
}

const conditionsOf = ({ domains, departments, resolve }: UpstreamEntry): Omit<RouteEntry, 'hops'> => ({
  domains,
  departments,
  resolve,
});

/** By what way a request would go, told without the files of the parents: who explains may not be who may read them. */
export function routeOf(upstream: readonly UpstreamEntry[], facts: Facts): Route {
  const hopOf = (proxy: UpstreamEntry['proxies'][number]): Hop =>
    proxy === 'direct' ? proxy : createParent({ url: proxy.url });
  const entries = upstream.map((entry) => ({ ...conditionsOf(entry), hops: entry.proxies.map(hopOf) }));
  return createRoutes(entries)(facts);
}

/** A department that is not there would fit nobody, and those that were meant would go another way unseen. */
export function unknownDepartments(
  upstream: readonly UpstreamEntry[],
  { departments }: PolicySet,
): readonly Problem[] {
  const known = [...departments.keys()].join(', ');
  return upstream.flatMap((entry, index) =>
    (entry.departments ?? [])
      .filter((id) => !departments.has(id))
      .map((id) => ({
        at: `egress.upstream[${index}].departments`,
        problem: `there is no department \`${id}\``,
        hint: `the policies have: ${known}`,
      })),
  );
}

/** All that leads out, by parents and without, or why it may not be used; and what is only odd about it. */
export async function prepareUpstream(
  entries: readonly RouteEntry[],
  reaching: Pick<Reaching, 'resolve' | 'egress'>,
  limits: Limits,
): Promise<Result<Upstream>> {
  const parents = parentsOf(entries);
  const { problems, warnings } = await examineParents(parents, reaching);
  if (problems.length > 0) return fail(problems);
  const health = createHealth(() => performance.now());
  const opener = createOpener(health, reaching, limits);
  return succeed({
    opener,
    upstreams: createUpstreams(opener, limits),
    parentStates: () => parents.map(health.stateOf),
    warnings,
  });
}

type Upstream = {
  readonly opener: Opener;
  readonly upstreams: Upstreams;
  readonly warnings: readonly Problem[];
  parentStates(): readonly ParentState[];
};

/** A parent that is ourselves would send each request round in a circle. One whose name has no address is only odd. */
async function examineParents(
  parents: readonly Parent[],
  { resolve, egress }: Pick<Reaching, 'resolve' | 'egress'>,
): Promise<{ readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] }> {
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  await Promise.all(
    parents.map(async ({ name, host, port }) => {
      const resolved = await resolve(host);
      if (!resolved.ok)
        warnings.push({
          at: 'egress.upstream',
          problem: `the parent proxy ${name} cannot be looked up: ${resolved.error}`,
          hint: 'check the name, and the name servers',
        });
      else if (resolved.value.some((address) => egress.isOwnListener(address, port)))
        problems.push({
          at: 'egress.upstream',
          problem: `the parent proxy ${name} is this Postern itself`,
          hint: 'name another proxy; one on this machine must listen on another port than Postern',
        });
    }),
  );
  return { problems, warnings };
}
