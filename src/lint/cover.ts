import { setsOf } from '../policy/compile.ts';
import type { Host } from '../policy/host.ts';
import { type DomainPattern, patternCovers } from '../policy/matching/domain-pattern.ts';
import type { Covering } from '../policy/matching/host-index.ts';
import { MEMBER_FORMS, RANK } from '../policy/matching/name-table-layout.ts';
import { mask, type Network } from '../policy/network.ts';
import type { Target } from '../policy/policy.ts';
import type { LintedFolder } from './finding.ts';

/** One entry of a target; a service stands for its domains. */
export type Atom =
  | { readonly kind: 'domain'; readonly domain: DomainPattern }
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'category'; readonly name: string }
  | { readonly kind: 'pattern'; readonly text: string };

/** What is certain of which targets cover what. Where nothing is certain, the answer is that nothing is covered. */
export type Cover = {
  atomsOf(target: Target): readonly Atom[];
  /** Whether the target certainly covers every host that the atom names. */
  covers(target: Target, atom: Atom): boolean;
  /** Whether the target has the very same entry, so that it covers the atom's hosts no less narrowly. */
  has(target: Target, atom: Atom): boolean;
};

export function createCover({ parsed, policies }: LintedFolder): Cover {
  const domainsOf = new Map(
    parsed.catalogs.flatMap(({ value }) => value.services.map(({ id, domains }) => [id, domains] as const)),
  );
  const atoms = new Map<Target, readonly Atom[]>();
  const keys = new Map<Target, ReadonlySet<string>>();
  const coverings = new Map<Host, readonly Covering[]>();
  const all = policies.hosts.viewOf(
    new Set([...policies.departments.values()].flatMap((each) => [...setsOf(each)])),
  );

  const atomsOf = (target: Target): readonly Atom[] =>
    remember(atoms, target, () => [
      ...[...target.domains, ...target.services.flatMap((id) => domainsOf.get(id) ?? [])].map(
        (domain) => ({ kind: 'domain', domain }) as const,
      ),
      ...target.addresses.map((network) => ({ kind: 'network', network }) as const),
      ...target.categories.map((name) => ({ kind: 'category', name }) as const),
      ...target.patterns.map(({ text }) => ({ kind: 'pattern', text }) as const),
    ]);
  const has = (target: Target, atom: Atom): boolean =>
    remember(keys, target, () => new Set(atomsOf(target).map(keyOf))).has(keyOf(atom));
  const coversDomain = (target: Target, domain: DomainPattern): boolean => {
    if (domain.kind === 'any-suffix') return false;
    const { host, kind } = domain;
    // Lists and the catalog's services answer here too, as in a decision.
    return remember(coverings, host, () => all.covering(host)).some(
      ({ set, specificity }) =>
        target.sets.includes(set) && (kind === 'exact' || coversAllBelow(specificity)),
    );
  };
  return {
    atomsOf,
    has,
    covers: (target, atom) =>
      has(target, atom) ||
      (atom.kind === 'domain' && coversDomain(target, atom.domain)) ||
      (atom.kind === 'network' && target.addresses.some((wide) => networkCovers(wide, atom.network))),
  };
}

/** By the form of the entry that covers a host: whether it covers all names below that host as well. */
function coversAllBelow(specificity: number): boolean {
  const rank = specificity % MEMBER_FORMS;
  return specificity >= MEMBER_FORMS && (rank === RANK.domain || rank === RANK.subdomains);
}

export const networkCovers = (wide: Network, narrow: Network): boolean =>
  wide.bytes.length === narrow.bytes.length &&
  wide.prefix <= narrow.prefix &&
  mask(narrow.bytes, wide.prefix).every((byte, index) => byte === wide.bytes[index]);

/** Whether some host may be named by both. What cannot be told apart, a list and a pattern say, may be. */
export function mayOverlap(a: Atom, b: Atom): boolean {
  if (a.kind === 'domain' && b.kind === 'domain') return domainsMayOverlap(a.domain, b.domain);
  if (a.kind === 'network' && b.kind === 'network')
    return networkCovers(a.network, b.network) || networkCovers(b.network, a.network);
  return true;
}

function domainsMayOverlap(a: DomainPattern, b: DomainPattern): boolean {
  if (a.kind === 'any-suffix' && b.kind === 'any-suffix') return a.name === b.name;
  if (a.kind === 'exact') return patternCovers(b, a.host);
  if (b.kind === 'exact') return patternCovers(a, b.host);
  if (a.kind === 'any-suffix' || b.kind === 'any-suffix') return true;
  return a.host === b.host || a.host.endsWith(`.${b.host}`) || b.host.endsWith(`.${a.host}`);
}

/** Alike for entries that name the same hosts in the same form, however they are spelt. */
function keyOf(atom: Atom): string {
  switch (atom.kind) {
    case 'domain':
      return domainKey(atom.domain);
    case 'network':
      return `network ${atom.network.text}`;
    case 'category':
      return `category ${atom.name}`;
    case 'pattern':
      return `pattern ${atom.text}`;
  }
}

/** What makes a domain pattern what it is, beside its spelling. */
export type DomainPatternKey =
  | { readonly kind: 'any-suffix'; readonly name: string }
  | { readonly kind: Exclude<DomainPattern['kind'], 'any-suffix'>; readonly host: string };

export const domainKey = (domain: DomainPatternKey): string =>
  `${domain.kind} ${domain.kind === 'any-suffix' ? domain.name : domain.host}`;

function remember<K, V>(known: Map<K, V>, key: K, find: () => V): V {
  const found = known.get(key) ?? find();
  known.set(key, found);
  return found;
}
