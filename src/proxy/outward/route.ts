import type { Facts } from '../../policy/facts.ts';
import type { Host } from '../../policy/host.ts';
import { type DomainPattern, patternCovers } from '../../policy/matching/domain-pattern.ts';
import type { Parent } from './parent.ts';

/** The next hop of a request: a parent proxy, or the origin itself. */
export type Hop = Parent | 'direct';

/** By what way a request leaves: the hops in the order to try them, and who looks its host's name up. */
export type Route = { readonly hops: readonly Hop[]; readonly resolve: 'parent' | 'local' };

/** Which requests go by a route: those that fit both lists; a list that is not there fits all. */
export type RouteEntry = Route & {
  readonly domains: readonly DomainPattern[] | undefined;
  readonly departments: readonly string[] | undefined;
};

export type Routes = (facts: Pick<Facts, 'host' | 'department'>) => Route;

const DIRECT: Route = { hops: ['direct'], resolve: 'local' };

/** The first entry that fits; direct where none does. */
export function createRoutes(entries: readonly RouteEntry[]): Routes {
  return ({ host, department }) => {
    const fits = ({ domains, departments }: RouteEntry): boolean =>
      (domains?.some((pattern) => patternCovers(pattern, host)) ?? true) &&
      (departments?.some((id) => id === department) ?? true);
    return entries.find(fits) ?? DIRECT;
  };
}

/** The parents of all routes, each once. */
export function parentsOf(entries: readonly RouteEntry[]): readonly Parent[] {
  const parents = entries.flatMap(({ hops }) => hops.filter((hop) => hop !== 'direct'));
  return [...new Map(parents.map((parent) => [parent.name, parent])).values()];
}

/** Where a request is to go, once it may. */
export type Destination = {
  readonly host: Host;
  readonly port: number;
  /** The checked addresses, for the direct way; empty when only parents may be asked. */
  readonly addresses: readonly string[];
  readonly hops: readonly Hop[];
};
