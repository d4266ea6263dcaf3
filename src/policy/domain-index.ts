import type { DomainPattern } from './domain-pattern.ts';
import { addressLiteral, type Host } from './host.ts';
import { suffixParts } from './public-suffix.ts';

/** A value whose pattern covers the host, and how narrowly it does: the greater, the more specific. */
export type Match<T> = { readonly value: T; readonly specificity: number };

/** Which values' patterns cover a host, in one walk over the host's labels, however many patterns there are. */
export type DomainIndex<T> = { find(host: Host): readonly Match<T>[] };

type Node<T> = { exact: T[]; domain: T[]; subdomains: T[] };

// Order among patterns that end at the same label: `=a.b` over `*.a.b` over `a.b`, and any of them over `a.*`.
const RANK = { 'any-suffix': 0, domain: 1, subdomains: 2, exact: 3 } as const;
const specificity = (labels: number, kind: DomainPattern['kind']): number => labels * 4 + RANK[kind];

export function buildDomainIndex<T>(entries: Iterable<readonly [DomainPattern, T]>): DomainIndex<T> {
  const byHost = new Map<string, Node<T>>();
  const byName = new Map<string, T[]>();
  for (const [pattern, value] of entries) {
    if (pattern.kind === 'any-suffix') {
      const values = byName.get(pattern.name) ?? [];
      values.push(value);
      byName.set(pattern.name, values);
      continue;
    }
    const node = byHost.get(pattern.host) ?? { exact: [], domain: [], subdomains: [] };
    node[pattern.kind].push(value);
    byHost.set(pattern.host, node);
  }
  return { find: (host) => [...matchesBySuffix(byHost, host), ...matchesByName(byName, host)] };
}

function* matchesBySuffix<T>(byHost: ReadonlyMap<string, Node<T>>, host: Host): Generator<Match<T>> {
  // An address has no parents: `0.0.1` is not above `127.0.0.1`.
  const suffixes = addressLiteral(host) === undefined ? parentsOf(host) : [host];
  for (const suffix of suffixes) {
    const node = byHost.get(suffix);
    if (node === undefined) continue;
    const labels = suffix.split('.').length;
    const isApex = suffix.length === host.length;
    for (const kind of isApex ? (['exact', 'domain'] as const) : (['subdomains', 'domain'] as const))
      for (const value of node[kind]) yield { value, specificity: specificity(labels, kind) };
  }
}

function* matchesByName<T>(byName: ReadonlyMap<string, readonly T[]>, host: Host): Generator<Match<T>> {
  if (byName.size === 0 || addressLiteral(host) !== undefined) return;
  const { registrableName, registrableDomain } = suffixParts(host);
  if (registrableName === undefined || registrableDomain === undefined) return;
  for (const value of byName.get(registrableName) ?? [])
    yield { value, specificity: specificity(registrableDomain.split('.').length, 'any-suffix') };
}

/** `a.b.c`, `b.c`, `c`. */
function* parentsOf(host: string): Generator<string> {
  yield host;
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) yield host.slice(dot + 1);
}
