import { addressLiteral, type Host, parseHost } from '../host.ts';
import { type Network, nat64Address, networkContains, parseNetwork } from '../network.ts';
import type { Result } from '../result.ts';
import type { DomainPattern } from './domain-pattern.ts';
import type { CompiledLists } from './host-list.ts';
import {
  buildPatternIndex,
  type HostPattern,
  MAX_PATTERNS_SIZE,
  type PatternIndex,
  parseHostPattern,
} from './host-pattern.ts';
import {
  createNameTableBuilder,
  type Match,
  type NameTable,
  type NameTableData,
  openNameTables,
} from './name-table.ts';
import { MEMBER_FORMS, RANK } from './name-table-layout.ts';
import { buildNetworkIndex, type NetworkIndex } from './network-index.ts';
import { buildSuffixIndex } from './suffix-index.ts';

/** Where the entries of a set stand: with a rule, at a service of the catalog, or in a list. */
export type Origin =
  | { readonly kind: 'rule' }
  | { readonly kind: 'service'; readonly service: string }
  | { readonly kind: 'category'; readonly category: string };

/** A set that covers a host, and how narrowly: the greater `specificity`, the narrower. */
export type Covering = Match & {
  /** Only some of the addresses that the name resolved to lie in it. */
  readonly partly?: true;
};

/** Which sets of hosts cover a host. */
export type HostView = {
  /** `addresses` are what the name resolved to, where that is known. One set may come up more than once. */
  covering(host: Host, addresses?: readonly string[]): readonly Covering[];
  /** Whether the addresses that a name resolves to can make a difference. */
  readonly heedsAddresses: boolean;
  /** How many instructions its patterns have: what they can cost at worst. */
  readonly patternsSize: number;
};

/** One structure for all departments, all rules and all lists. */
export type HostIndex = {
  /**
   * What a department that names these sets asks: it does not pay for the patterns, addresses and lists that only
   * others name. Sets that it does not name may come up as well.
   */
  viewOf(sets: ReadonlySet<number>): HostView;
  originOf(set: number): Origin;
  /** The entry by which a set covers a host so narrowly, as a policy or a list writes it. */
  entryOf(match: Match, host: Host, addresses?: readonly string[]): string;
};

/** The entries of sets by their numbers, and where those of each set stand. The lists' sets come first. */
export type HostSets = {
  readonly origins: readonly Origin[];
  readonly domains: readonly (readonly [DomainPattern, number])[];
  readonly patterns: readonly (readonly [HostPattern, number])[];
  readonly networks: readonly (readonly [Network, number])[];
};

/** Any name, even `=com`, is narrower than any network, and any network than a pattern. */
const PATTERN_SPECIFICITY = 0;
const networkSpecificity = (prefix: number): number => (prefix + 1) / 256;

/** The domain by which a set covers a host with this specificity. */
function domainText(specificity: number, host: Host): string {
  const labels = Math.floor(specificity / MEMBER_FORMS);
  const name = addressLiteral(host) === undefined ? host.split('.').slice(-labels).join('.') : host;
  switch (specificity % MEMBER_FORMS) {
    case RANK.exact:
      return `=${name}`;
    case RANK.subdomains:
      return `*.${name}`;
    case RANK['any-suffix']:
      return `${name.split('.')[0]}.*`;
    default:
      return name;
  }
}

/** Time and memory grow with the entries of the sets; those of the lists stand in their table already. */
export function buildHostIndex(sets: HostSets, lists: CompiledLists): HostIndex {
  const ownTable = tableOf(sets.domains, lists.table.seed);
  const own = openNameTables(ownTable);
  const ownAndListed = openNameTables(ownTable, lists.table);
  const listed = openNameTables(lists.table);
  const suffixes = createViews(
    [
      ...sets.domains.flatMap(([domain, set]) =>
        domain.kind === 'any-suffix' ? [[domain.name, set] as const] : [],
      ),
      ...lists.anySuffix,
    ],
    buildSuffixIndex,
  );
  const allPatterns = [
    ...sets.patterns,
    ...lists.patterns.map(([text, set]) => [known(parseHostPattern(text)), set] as const),
  ];
  const patterns = createViews(allPatterns, patternView);
  const allNetworks = [
    ...sets.networks,
    ...lists.networks.map(([text, set]) => [known(parseNetwork(text)), set] as const),
  ];
  const networks = buildNetworkIndex(allNetworks);
  const withAddresses = new Set([
    ...[...sets.networks, ...lists.networks].map(([, set]) => set),
    ...lists.withAddresses,
  ]);
  const viewOf = (named: ReadonlySet<number>): HostView => {
    const names = lists.names.some((_, set) => named.has(set)) ? ownAndListed : own;
    const heedsAddresses = [...withAddresses].some((set) => named.has(set));
    const { index, size: patternsSize } = patterns.of(named);
    const suffixIndex = suffixes.of(named);
    return {
      heedsAddresses,
      patternsSize,
      covering(host, addresses) {
        const covering = roomForOne();
        names.collect(host, covering);
        suffixIndex.collect(host, covering);
        if (patternsSize > 0)
          for (const set of index.find(host)) covering.push({ set, specificity: PATTERN_SPECIFICITY });
        if (heedsAddresses) collectAddresses(host, addresses, networks, listed, covering);
        return covering;
      },
    };
  };
  return {
    viewOf,
    originOf: (set) => sets.origins[set] ?? { kind: 'rule' },
    entryOf: ({ set, specificity }, host, addresses = []) => {
      if (specificity === PATTERN_SPECIFICITY) {
        const own = allPatterns.filter(([, other]) => other === set);
        return buildPatternIndex(own.map(([pattern]) => [pattern, `/${pattern.text}/`]))
          .find(host)
          .join(' ');
      }
      if (specificity >= 1) return domainText(specificity, host);
      const asked = [addressLiteral(host) ?? [], addresses].flat();
      const holding = allNetworks.filter(
        ([network, other]) =>
          other === set &&
          networkSpecificity(network.prefix) === specificity &&
          asked.some((address) => networkContains(network, address)),
      );
      return holding.map(([{ text }]) => text).join(' ');
    },
  };
}

/** An array that grows from nothing takes room for seventeen in V8, and few hosts are covered by more than one set. */
function roomForOne(): Covering[] {
  const covering = [NO_COVERING];
  covering.pop();
  return covering;
}
const NO_COVERING: Covering = { set: 0, specificity: 0 };

type PatternView = { readonly index: PatternIndex<number>; readonly size: number };

/** More than can be asked in time are never compiled: `compile` refuses them. */
function patternView(entries: readonly (readonly [HostPattern, number])[]): PatternView {
  const size = entries.reduce((sum, [pattern]) => sum + pattern.size, 0);
  return { size, index: buildPatternIndex(size > MAX_PATTERNS_SIZE ? [] : entries) };
}

type Views<View> = { of(named: ReadonlySet<number>): View };

/** What is built of entries, by the sets that it is for; what many departments take over from a base is built once. */
function createViews<Entry, View>(
  entries: readonly (readonly [Entry, set: number])[],
  build: (wanted: readonly (readonly [Entry, set: number])[]) => View,
): Views<View> {
  const views = new Map<string, View>();
  return {
    of(named) {
      const wanted = entries.filter(([, set]) => named.has(set));
      const key = [...new Set(wanted.map(([, set]) => set))].join(' ');
      const view = views.get(key) ?? build(wanted);
      views.set(key, view);
      return view;
    },
  };
}

function tableOf(domains: HostSets['domains'], seed: number): NameTableData {
  const builder = createNameTableBuilder(seed);
  for (const [domain, set] of domains)
    if (domain.kind !== 'any-suffix') builder.add(domain.host, domain.kind, set);
  return builder.build();
}

/** By the address that is asked for; or by those that a name resolved to, which lists name as hosts too. */
function collectAddresses(
  host: Host,
  resolved: readonly string[] | undefined,
  networks: NetworkIndex<number>,
  listed: NameTable,
  found: Covering[],
): void {
  const literal = addressLiteral(host);
  if (literal !== undefined) {
    found.push(...networkMatches(literal, networks));
    return;
  }
  if (resolved === undefined || resolved.length === 0) return;
  const matches: Match[] = [];
  const covered = new Map<number, number>(); // set → how many of the addresses it holds
  for (const address of resolved) {
    const ofAddress = networkMatches(address, networks);
    const asHost = parseHost(address.includes(':') ? `[${address}]` : address);
    if (asHost.ok) listed.collect(asHost.value, ofAddress);
    for (const set of new Set(ofAddress.map((match) => match.set)))
      covered.set(set, (covered.get(set) ?? 0) + 1);
    matches.push(...ofAddress);
  }
  for (const match of matches)
    found.push(covered.get(match.set) === resolved.length ? match : { ...match, partly: true });
}

/** An address that carries an IPv4 address through NAT64 leads where that one leads, so both are asked. */
function networkMatches(address: string, networks: NetworkIndex<number>): Match[] {
  const embedded = nat64Address(address);
  return [address, ...(embedded === undefined ? [] : [embedded])].flatMap((each) =>
    networks
      .findAll(each)
      .map(({ value: set, prefix }) => ({ set, specificity: networkSpecificity(prefix) })),
  );
}

/** What the reader of a list has parsed once already. */
function known<T>(parsed: Result<T, unknown>): T {
  if (!parsed.ok)
    throw new Error(`a compiled list holds what no list can say: ${JSON.stringify(parsed.error)}`);
  return parsed.value;
}
