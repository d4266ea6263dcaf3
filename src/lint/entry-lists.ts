import { addressLiteral } from '../policy/host.ts';
import type { AudienceEntry, HostsEntry } from '../policy/language/schema.ts';
import type { DomainPattern } from '../policy/matching/domain-pattern.ts';
import { mask, type Network } from '../policy/network.ts';
import { suffixParts } from '../policy/public-suffix.ts';
import type { Located } from '../policy/yaml/yaml-source.ts';
import { type DomainPatternKey, domainKey } from './cover.ts';
import type { LintedFolder } from './finding.ts';
import { type Path, ruleFiles, writtenExceptions, writtenRules } from './written.ts';

/** A list in a file, and what lint compares of its entries. */
export type List = { readonly path: Path; readonly entries: readonly Entry[] };

export type Entry = {
  readonly text: string;
  /** Alike for entries that mean the same. */
  readonly key: string;
  /** The keys of all entries that would certainly cover this one. */
  readonly coveredBy: readonly string[];
  /** What it is when it is covered. */
  readonly code: 'listed-below-parent' | 'duplicate-entry';
};

export type AnyFile = Located<unknown>;

/** Every list of entries that the files have, but those in which an entry may well stand twice. */
export function listsIn({
  parsed,
  policies,
}: LintedFolder): readonly (readonly [file: AnyFile, lists: readonly List[]])[] {
  const claimed = new Map(
    [...policies.departments.values()].flatMap(({ id, members }) =>
      members.networks.map((network) => [networkKey(network, network.prefix), id] as const),
    ),
  );
  return [
    ...ruleFiles(parsed).map((file) => [file, [...wholeFileLists(file.value)]] as const),
    ...parsed.departments.map((file) => [file, [membersList(file.value, claimed)]] as const),
    ...[...writtenRules(parsed), ...writtenExceptions(parsed)].map(
      ({ entry, file, path }) => [file, entryLists(entry, path)] as const,
    ),
    ...parsed.catalogs.map((file) => [file, catalogLists(file.value)] as const),
  ];
}

const wordList = (path: Path, words: readonly (string | number)[] = []): List => ({
  path,
  entries: words.map((word) => ({
    text: String(word),
    key: String(word),
    coveredBy: [],
    code: 'duplicate-entry',
  })),
});

const domainList = (path: Path, domains: readonly DomainPattern[] = []): List => ({
  path,
  entries: domains.map((domain) => ({
    text: domain.text,
    key: domainKey(domain),
    coveredBy: wider(domain).map(domainKey),
    code: 'listed-below-parent',
  })),
});

/**
 * The patterns that name all that this one names, the widest first. `a.*` is sure of single hosts only: below a name
 * such as telemark.no there are public suffixes again, and what lies under those is somebody else's.
 */
function wider(domain: DomainPattern): readonly DomainPatternKey[] {
  if (domain.kind === 'any-suffix' || addressLiteral(domain.host) !== undefined) return [];
  const { host, kind } = domain;
  const labels = host.split('.');
  const parents = labels.map((_, index) => labels.slice(index + 1).join('.')).slice(0, -1);
  const { registrableName: name } = suffixParts(host);
  return [
    ...(kind === 'exact' && name !== undefined ? [{ kind: 'any-suffix', name } as const] : []),
    ...parents
      .toReversed()
      .flatMap((parent) => [
        { kind: 'domain', host: parent } as const,
        { kind: 'subdomains', host: parent } as const,
      ]),
    ...(kind === 'domain' ? [] : [{ kind: 'domain', host } as const]),
  ];
}

const networkList = (
  path: Path,
  networks: readonly Network[] = [],
  isNeeded = (_: Network) => false,
): List => ({
  path,
  entries: networks.map((network) => ({
    text: network.text,
    key: networkKey(network, network.prefix),
    coveredBy: isNeeded(network) ? [] : around(network),
    code: 'duplicate-entry',
  })),
});

/** The keys of all networks that hold this one, the widest first. */
const around = (network: Network): readonly string[] =>
  Array.from({ length: network.prefix }, (_, prefix) => networkKey(network, prefix));

/** Of the network with this prefix that holds the one given; the number of bytes tells IPv4 from IPv6. */
const networkKey = ({ bytes }: Network, prefix: number): string =>
  `${mask(bytes, prefix).join('.')}/${prefix}`;

/** A network inside another of the department is needed where a network of another department lies between them. */
const membersList = (
  { department, members }: LintedFolder['parsed']['departments'][number]['value'],
  claimed: ReadonlyMap<string, string>,
): List =>
  networkList(['members', 'networks'], members?.networks, (network) => {
    const narrowest = around(network).findLast((key) => claimed.has(key));
    return narrowest !== undefined && claimed.get(narrowest) !== department;
  });

function* wholeFileLists({
  extends: bases,
  ...rest
}: ReturnType<typeof ruleFiles>[number]['value']): Generator<List> {
  yield wordList(['extends'], bases);
  if ('tests' in rest)
    for (const [index, { groups }] of (rest.tests ?? []).entries())
      yield wordList(['tests', index, 'groups'], groups);
}

/** The lists of a rule or an exception. */
function entryLists(entry: Readonly<Record<string, unknown>>, path: Path): readonly List[] {
  const {
    block,
    allow,
    unless,
    for: people,
    ports,
  } = entry as {
    readonly block?: HostsEntry;
    readonly allow?: HostsEntry;
    readonly unless?: HostsEntry & AudienceEntry;
    readonly for?: AudienceEntry;
    readonly ports?: readonly number[];
  };
  return [
    ...hostsLists([...path, 'block'], block),
    ...hostsLists([...path, 'allow'], allow),
    ...hostsLists([...path, 'unless'], unless),
    ...audienceLists([...path, 'unless'], unless),
    ...audienceLists([...path, 'for'], people),
    wordList([...path, 'ports'], ports),
  ];
}

function hostsLists(path: Path, hosts: HostsEntry = {}): readonly List[] {
  const { services, domains, categories, addresses, patterns } = hosts;
  const selectors = Array.isArray(services)
    ? [wordList([...path, 'services'], services)]
    : Object.entries(services ?? {}).map(([key, values]) => wordList([...path, 'services', key], values));
  return [
    ...selectors,
    domainList([...path, 'domains'], domains),
    wordList([...path, 'categories'], categories),
    networkList([...path, 'addresses'], addresses),
    wordList(
      [...path, 'patterns'],
      patterns?.map(({ text }) => text),
    ),
  ];
}

const audienceLists = (path: Path, { users, groups, networks }: AudienceEntry = {}): readonly List[] => [
  wordList([...path, 'users'], users),
  wordList([...path, 'groups'], groups),
  networkList([...path, 'networks'], networks),
];

const catalogLists = ({ services }: LintedFolder['parsed']['catalogs'][number]['value']): readonly List[] =>
  services.flatMap(({ domains, category }, index) => [
    domainList(['services', index, 'domains'], domains),
    wordList(['services', index, 'category'], category),
  ]);
