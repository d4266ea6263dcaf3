import type { DomainPattern } from '../matching/domain-pattern.ts';
import type { HostSets, Origin } from '../matching/host-index.ts';
import type { HostPattern } from '../matching/host-pattern.ts';
import { meantListFile } from '../meant-list.ts';
import { nearest } from '../nearest.ts';
import type { Network } from '../network.ts';
import type { Target } from '../policy.ts';
import type { Problem } from '../result.ts';
import { type Catalog, hintToCategory, type Service, selectServices } from './catalog.ts';
import type { HostsEntry } from './schema.ts';

type PlaceOf = (...path: (string | number)[]) => string;

/** The lists that a policy folder has, and those of them that were read, whose sets are numbered in this order. */
export type ListNames = {
  readonly available: readonly string[];
  readonly read: readonly string[];
  /** Files in `lists/` that are no lists, because of their names: `vpn.list`. */
  readonly ignored: readonly string[];
};

/** Turns what rules name into numbered sets of hosts. What many name, a service, a list or a base's rule, is one set. */
export type Targets = {
  /** Undefined when nothing is named. Names that there are not become problems. */
  build(entry: HostsEntry | undefined, placeOf: PlaceOf, problems: Problem[]): Target;
  sets(): HostSets;
};

/** `lists.read` are numbered first; what `build` finds comes after them. */
export function createTargets(catalog: Catalog, lists: ListNames): Targets {
  const selectable = { catalog, lists: lists.available };
  const origins: Origin[] = lists.read.map((category) => ({ kind: 'category', category }));
  const domains: [DomainPattern, number][] = [];
  const patterns: [HostPattern, number][] = [];
  const networks: [Network, number][] = [];
  const setOfService = new Map<string, number>();
  const built = new Map<HostsEntry, Target>();

  const addSet = (origin: Origin): number => origins.push(origin) - 1;
  const serviceSet = ({ id, domains: listed }: Service): number => {
    const known = setOfService.get(id);
    if (known !== undefined) return known;
    const set = addSet({ kind: 'service', service: id });
    for (const domain of listed) domains.push([domain, set]);
    setOfService.set(id, set);
    return set;
  };
  const ownSet = (target: Omit<Target, 'sets'>): number[] => {
    if (target.domains.length + target.patterns.length + target.addresses.length === 0) return [];
    const set = addSet({ kind: 'rule' });
    for (const domain of target.domains) domains.push([domain, set]);
    for (const pattern of target.patterns) patterns.push([pattern, set]);
    for (const network of target.addresses) networks.push([network, set]);
    return [set];
  };
  const categorySet = (category: string, at: string, problems: Problem[]): number[] => {
    const set = lists.read.indexOf(category);
    if (set === -1)
      problems.push({
        at,
        problem: `there is no list \`${category}\` in lists/`,
        hint: hintTo(category, catalog, lists),
      });
    return set === -1 ? [] : [set];
  };

  return {
    build(entry, placeOf, problems) {
      if (entry === undefined) return NO_HOSTS;
      const known = built.get(entry);
      if (known !== undefined) return known;
      const { services, categories = [] } = entry;
      const selected =
        services === undefined
          ? []
          : selectServices(selectable, services, (...path) => placeOf('services', ...path), problems);
      const named = {
        services: selected.map(({ id }) => id),
        domains: entry.domains ?? [],
        categories,
        addresses: entry.addresses ?? [],
        patterns: entry.patterns ?? [],
      };
      const sets = [
        ...selected.map(serviceSet),
        ...categories.flatMap((name, index) => categorySet(name, placeOf('categories', index), problems)),
        ...ownSet(named),
      ];
      const target = { ...named, sets: [...new Set(sets)] };
      built.set(entry, target);
      return target;
    },
    sets: () => ({ origins, domains, patterns, networks }),
  };
}

const NO_HOSTS: Target = {
  services: [],
  domains: [],
  categories: [],
  addresses: [],
  patterns: [],
  sets: [],
};

/** What a name in `categories:` may mean that no list has. */
function hintTo(name: string, catalog: Catalog, { available, ignored }: ListNames): string {
  const misnamed = ignored.find((file) => meantListFile(file) === `${name}.txt`);
  if (misnamed !== undefined) return `rename lists/${misnamed} to lists/${name}.txt`;
  if (catalog.has(name)) return `the catalog has this service: write services: [${name}]`;
  const category = hintToCategory(name, catalog);
  if (category !== undefined) return category;
  const near = nearest(name, available);
  return near === undefined
    ? `put it there with \`postern list import … --name ${name}\``
    : `did you mean \`${near}\`?`;
}
