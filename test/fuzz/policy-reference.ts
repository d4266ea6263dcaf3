import fc from 'fast-check';
import type { Applicability } from '../../src/policy/decide.ts';

/**
 * Random policies and requests, and what should be decided on them: written from the truth table and the policy
 * language alone, on plain texts, without a line of the engine. Slow and simple on purpose.
 */
export type RuleModel = HostsModel & {
  readonly id: string;
  readonly action: 'block' | 'allow';
  readonly ports: readonly number[];
  readonly when: WhenModel | undefined;
  readonly unless: AudienceModel & HostsModel;
  readonly locked: boolean;
  readonly mode: 'enforce' | 'observe' | undefined;
};

export type HostsModel = {
  readonly domains: readonly string[];
  readonly categories: readonly string[];
  readonly addresses: readonly string[];
  readonly patterns: readonly string[];
};

export type WhenModel = {
  readonly days?: readonly string[];
  readonly hours?: string;
  readonly timezone: string;
  readonly from?: string;
  readonly until?: string;
};

type AudienceModel = {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly networks: readonly string[];
};

export type ExceptionModel = HostsModel & {
  readonly id: string;
  readonly for: AudienceModel;
  readonly until: number;
};

export type DepartmentModel = {
  readonly id: string;
  readonly default: 'block' | 'allow' | undefined;
  readonly mode: 'enforce' | 'observe' | undefined;
  readonly rules: readonly RuleModel[];
  readonly exceptions: readonly ExceptionModel[];
};

export type RequestModel = {
  readonly department: string;
  readonly host: string;
  /** What the name resolved to; undefined: not looked up. */
  readonly addresses: readonly string[] | undefined;
  readonly port: number;
  readonly user: string | undefined;
  readonly groups: readonly string[];
  readonly client: string;
  readonly time: number;
};

// Few of everything, so that rules, requests and exceptions meet.
const TIME = Date.parse('2026-11-23T15:00:00+09:00');
const SUFFIXES = ['com', 'kr', 'co.kr', 'xn--3e0b707e'];
const HOSTS = [
  'deepseek.com',
  'chat.deepseek.com',
  'api.chat.deepseek.com',
  'notdeepseek.com',
  'deepseek.co.kr',
  'www.deepseek.co.kr',
  'deepseek.xn--3e0b707e',
  'chat.kr',
  'a.chat.kr',
  'com',
  '127.0.0.1',
  '[2001:db8::1]',
];
const PATTERNS = [
  ...HOSTS.filter((host) => host !== 'com').flatMap((host) => [host, `=${host}`]),
  ...HOSTS.filter((host) => host !== 'com' && !/^[\d[]/.test(host)).map((host) => `*.${host}`),
  '=com',
  'deepseek.*',
  'chat.*',
  'notdeepseek.*',
];
const ADDRESSES = ['203.0.113.7', '203.0.113.200', '198.51.100.1', '2001:db8::1'];
const TARGET_NETWORKS = [
  '203.0.113.0/24',
  '203.0.113.0/25',
  '203.0.113.7/32',
  '2001:db8::/32',
  '127.0.0.0/8',
];
/** Alike for RE2 and for JavaScript. */
const REGEXPS = ['^chat[.]', 'deep[a-z]*[.]com$', '^[0-9.]+$', 'SEEK'];
/** The lists that there are, line by line. */
export const LISTS: Readonly<Record<string, readonly string[]>> = {
  alpha: ['chat.deepseek.com', '*.chat.kr', '127.0.0.1', '203.0.113.200', 'notdeepseek.*'],
  beta: ['deepseek.com', '=www.deepseek.co.kr', '203.0.113.0/24', '[2001:db8::1]', '/^api[.]/'],
  gamma: ['a.chat.kr'],
};
const USERS = ['kim', 'lee'];
const GROUPS = ['research', 'staff'];
const NETWORKS = ['10.20.0.0/16', '10.20.40.0/24', '10.20.40.7', '0.0.0.0/0', '2001:db8::/32'];
const CLIENTS = ['10.20.40.7', '10.20.40.8', '10.20.1.1', '203.0.113.1', '::ffff:10.20.40.7', '2001:db8::7'];
const PORTS = [80, 443, 8443];
const IDS = ['a', 'b', 'a2', 'a10', 'a-b', 'z', '0'];

const some = <T>(values: readonly T[], maxLength = 2) => fc.subarray([...values], { maxLength });
const several = <T>(values: readonly T[], maxLength: number) =>
  fc.subarray([...values], { minLength: 1, maxLength });
const audience = { users: some(USERS), groups: some(GROUPS, 1), networks: some(NETWORKS, 1) };
const nothing = { domains: [], categories: [], addresses: [], patterns: [] };
const nobody = { users: [], groups: [], networks: [], ...nothing };

/** Some of everything that can name hosts, never nothing. */
const hosts = fc
  .record<HostsModel>({
    domains: some(PATTERNS, 8),
    categories: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, some(Object.keys(LISTS))),
    addresses: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, some(TARGET_NETWORKS)),
    patterns: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, some(REGEXPS, 1)),
  })
  .filter((model) => Object.values(model).some((list) => list.length > 0));

/** TIME is a Monday, 15:00 in Seoul and 06:00 in UTC. */
const when = fc.constantFrom<WhenModel>(
  { days: ['mon-fri'], hours: '09:00-18:00', timezone: 'Asia/Seoul' },
  { hours: '15:00-06:00', timezone: 'UTC' },
  { days: ['sun'], hours: '22:00-06:00', timezone: 'UTC' },
  { days: ['tue-sun'], timezone: 'Asia/Seoul' },
  { from: '2026-11-23', timezone: 'Asia/Seoul' },
  { from: '2026-11-24', timezone: 'Asia/Seoul' },
  { until: '2026-11-22', timezone: 'UTC' },
  { until: '2026-11-23', timezone: 'UTC' },
);

/** The parts of a rule or an exception, and what hosts it names. */
const naming = <T>(parts: fc.Arbitrary<T>): fc.Arbitrary<T & HostsModel> =>
  fc.tuple(parts, hosts).map(([own, named]) => ({ ...own, ...named }));

const rule: fc.Arbitrary<RuleModel> = naming(
  fc.record<Omit<RuleModel, keyof HostsModel>>({
    id: fc.constantFrom(...IDS),
    action: fc.constantFrom('block', 'block', 'allow'),
    ports: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, several(PORTS, 2)),
    unless: fc.oneof(
      { weight: 2, arbitrary: fc.constant(nobody) },
      fc.tuple(fc.record(audience), fc.oneof(fc.constant(nothing), hosts)).map(([people, named]) => ({
        ...people,
        ...named,
      })),
    ),
    when: fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, when),
    locked: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
    mode: fc.constantFrom(undefined, undefined, 'enforce', 'observe'),
  }),
);

const exception: fc.Arbitrary<ExceptionModel> = naming(
  fc.record<Omit<ExceptionModel, keyof HostsModel>>({
    id: fc.constantFrom(...IDS),
    for: fc.record(audience).filter((people) => Object.values(people).some((list) => list.length > 0)),
    until: fc.constantFrom(TIME - 1, TIME, TIME + 1, TIME + 1),
  }),
);

const departmentOf = (id: string) =>
  fc.record<DepartmentModel>({
    id: fc.constant(id),
    default: fc.constantFrom('allow', 'allow', 'block', undefined),
    mode: fc.constantFrom(undefined, 'enforce', 'observe'),
    rules: fc.uniqueArray(rule, { selector: ({ id: own }) => own, maxLength: 6 }),
    exceptions: fc.uniqueArray(exception, { selector: ({ id: own }) => own, maxLength: 3 }),
  });

export const anyDepartments = fc.tuple(departmentOf('one'), departmentOf('two'));

export const anyRequest = fc.record<RequestModel>({
  department: fc.constantFrom('one', 'one', 'one', 'one', 'two', 'two', 'two', 'three'),
  host: fc.constantFrom(...HOSTS),
  addresses: fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    fc.subarray([...ADDRESSES], { minLength: 1, maxLength: 2 }),
  ),
  port: fc.constantFrom(...PORTS),
  user: fc.constantFrom(undefined, ...USERS),
  groups: some(GROUPS),
  client: fc.constantFrom(...CLIENTS),
  time: fc.constantFrom(TIME - 1, TIME),
});

const isAddress = (host: string): boolean => /^[\d.]+$/.test(host) || host.startsWith('[');
const labelsOf = (host: string): readonly string[] => (isAddress(host) ? [host] : host.split('.'));

/** Whether `host` lies properly below `parent`, label by label from the right. */
function isBelow(host: string, parent: string): boolean {
  const [below, above] = [labelsOf(host).toReversed(), labelsOf(parent).toReversed()];
  return (
    !isAddress(host) && below.length > above.length && above.every((label, index) => label === below[index])
  );
}

/** The name under the longest suffix known here, and how many labels it and the suffix have; none for a bare suffix. */
function registrable(host: string): { readonly name: string; readonly labels: number } | undefined {
  if (isAddress(host) || SUFFIXES.includes(host)) return undefined;
  const suffix = SUFFIXES.filter((known) => isBelow(host, known)).toSorted((a, b) => b.length - a.length)[0];
  if (suffix === undefined) return undefined;
  const labels = labelsOf(host);
  const depth = labelsOf(suffix).length;
  return { name: labels[labels.length - depth - 1] ?? '', labels: depth + 1 };
}

/** How narrowly something covers a host: first by its kind, then by labels or prefix, then by its form. */
type Narrowness = readonly [kind: number, labels: number, form: number];
type Cover = {
  readonly narrowness: Narrowness;
  /** Not all of the addresses that the name led to. */
  readonly partly: boolean;
};

const NAME = 2;
const NETWORK = 1;
const REGEXP = 0;

/** Undefined when the pattern does not cover the host. */
function narrownessOfName(pattern: string, host: string): Narrowness | undefined {
  if (pattern.endsWith('.*')) {
    const own = registrable(host);
    return own?.name === pattern.slice(0, -2) ? [NAME, own.labels, 0] : undefined;
  }
  const named = pattern.replace(/^(?:=|\*\.)/, '');
  // An address is that host alone, however the pattern is written.
  const form = pattern.startsWith('=') || isAddress(named) ? 3 : pattern.startsWith('*.') ? 2 : 1;
  const covers =
    form === 3 ? host === named : form === 2 ? isBelow(host, named) : host === named || isBelow(host, named);
  return covers ? [NAME, named.split('.').length, form] : undefined;
}

/** What one list says, sorted by kind. */
function partsOfList(name: string): HostsModel {
  const lines = LISTS[name] ?? [];
  const isRegexp = (line: string): boolean => line.startsWith('/');
  return {
    categories: [],
    patterns: lines.filter(isRegexp).map((line) => line.slice(1, -1)),
    addresses: lines.filter((line) => !isRegexp(line) && line.includes('/')),
    domains: lines.filter((line) => !line.includes('/')),
  };
}

/** All the ways in which the hosts named cover a request; `isList`: an address in a list is one that names lead to. */
function coversOf(named: HostsModel, request: RequestModel, isList = false): readonly Cover[] {
  const { host } = request;
  const asked = isAddress(host) ? [host.replace(/[[\]]/g, '')] : (request.addresses ?? []);
  const asHost = (address: string): string => (address.includes(':') ? `[${address}]` : address);
  const byName = named.domains
    .map((pattern) => narrownessOfName(pattern, host))
    .filter((found) => found !== undefined)
    .map((narrowness) => ({ narrowness, partly: false }));
  const byRegexp = named.patterns
    .filter((regexp) => new RegExp(regexp, 'i').test(host))
    .map((): Cover => ({ narrowness: [REGEXP, 0, 0], partly: false }));
  const inNetworks = (address: string): Narrowness[] =>
    named.addresses
      .filter((network) => isIn(network, address))
      .map((network) => [NETWORK, Number(network.split('/')[1]), 0]);
  const asListed = (address: string): Narrowness[] =>
    isList && !isAddress(host)
      ? named.domains
          .map((entry) => narrownessOfName(entry, asHost(address)))
          .filter((found) => found !== undefined)
      : [];
  const perAddress = asked.map((address) => [...inNetworks(address), ...asListed(address)]);
  const partly = perAddress.some((found) => found.length === 0);
  const byAddress = perAddress.flat().map((narrowness) => ({ narrowness, partly }));
  const byList = named.categories.flatMap((name) => coversOf(partsOfList(name), request, true));
  return [...byName, ...byRegexp, ...byAddress, ...byList];
}

const narrower = (a: Narrowness, b: Narrowness): number => a[0] - b[0] || a[1] - b[1] || a[2] - b[2];

/** Of those that count, the narrowest way in which an entry covers the request. */
function narrowest(entry: HostsModel, request: RequestModel, partlyCounts: boolean): Narrowness | undefined {
  return coversOf(entry, request)
    .filter(({ partly }) => partlyCounts || !partly)
    .map(({ narrowness }) => narrowness)
    .toSorted(narrower)
    .at(-1);
}

/** Network and address as one number each, since these are few and simple: 2001:db8::/32 is the only IPv6 network. */
function isIn(network: string, client: string): boolean {
  const address = client.replace('::ffff:', '');
  if (network.includes(':') || address.includes(':'))
    return network.includes(':') && address.startsWith('2001:db8:');
  const [base = '', prefix = '32'] = network.split('/');
  const number = (text: string): number =>
    text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const size = 2 ** (32 - Number(prefix));
  return Math.floor(number(address) / size) === Math.floor(number(base) / size);
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** By hours of UTC or Seoul, which is nine ahead the whole year. */
function whenVerdict(
  { days, hours, timezone, from, until }: WhenModel,
  time: number,
): 'not-yet' | 'over' | 'other-time' | undefined {
  const shift = timezone === 'UTC' ? 0 : 9 * 3_600_000;
  const midnight = (date: string): number => Date.parse(`${date}T00:00:00Z`) - shift;
  if (until !== undefined && time >= midnight(until) + 86_400_000) return 'over';
  if (from !== undefined && time < midnight(from)) return 'not-yet';
  if (days === undefined && hours === undefined) return undefined;
  const local = new Date(time + shift);
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  const isDay = (day: number): boolean =>
    (days ?? ['sun-sat']).some((range) => {
      const [first = 0, last = first] = range.split('-').map((name) => DAYS.indexOf(name));
      return first <= last ? first <= day && day <= last : day >= first || day <= last;
    });
  const minutesOf = (text = ''): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
  const [start, end] = (hours ?? '00:00-24:00').split('-').map(minutesOf) as [number, number];
  const today = local.getUTCDay();
  const isIn =
    start < end
      ? isDay(today) && start <= minute && minute < end
      : (isDay(today) && minute >= start) || (isDay((today + 6) % 7) && minute < end);
  return isIn ? undefined : 'other-time';
}

const concerns = (people: AudienceModel, { user, groups, client }: RequestModel): boolean =>
  (user !== undefined && people.users.includes(user)) ||
  people.groups.some((group) => groups.includes(group)) ||
  people.networks.some((network) => isIn(network, client));

export function ruleVerdict(model: RuleModel, request: RequestModel): Applicability {
  if (narrowest(model, request, model.action === 'block') === undefined) return 'other-host';
  if (model.ports.length > 0 && !model.ports.includes(request.port)) return 'other-port';
  const untimely = model.when === undefined ? undefined : whenVerdict(model.when, request.time);
  if (untimely !== undefined) return untimely;
  const spared =
    concerns(model.unless, request) ||
    narrowest(model.unless, request, model.action === 'allow') !== undefined;
  return spared ? 'spared' : 'applies';
}

export function exceptionVerdict(model: ExceptionModel, request: RequestModel): Applicability {
  if (narrowest(model, request, false) === undefined) return 'other-host';
  if (request.time >= model.until) return 'expired';
  return concerns(model.for, request) ? 'applies' : 'other-people';
}

/** The entry that names the host most narrowly; among equals the first id. */
function foremost<T extends HostsModel & { readonly id: string }>(
  entries: readonly T[],
  request: RequestModel,
  partlyCounts: boolean,
): T | undefined {
  const rank = (entry: T): Narrowness => narrowest(entry, request, partlyCounts) ?? [0, 0, 0];
  return entries.toSorted((a, b) => narrower(rank(b), rank(a)) || (a.id < b.id ? -1 : 1))[0];
}

/** The truth table of docs/architecture.md, row by row, and what observing makes of it; in words. */
export function referenceDecision(departments: readonly DepartmentModel[], request: RequestModel): string {
  const department = departments.find(({ id }) => id === request.department);
  if (department === undefined) return 'block by department-unknown';
  const applying = department.rules.filter((entry) => ruleVerdict(entry, request) === 'applies');
  const exceptions = department.exceptions.filter((entry) => exceptionVerdict(entry, request) === 'applies');

  const table = (rules: readonly RuleModel[], otherwise: 'block' | 'allow'): string => {
    const blocking = rules.filter(({ action }) => action === 'block');
    const locked = foremost(
      blocking.filter((entry) => entry.locked),
      request,
      true,
    );
    if (locked !== undefined) return `block by rule ${locked.id}`;
    const exempt = foremost(exceptions, request, false);
    if (exempt !== undefined) return `forward by exception ${exempt.id}`;
    const block = foremost(blocking, request, true);
    if (block !== undefined) return `block by rule ${block.id}`;
    const allow = foremost(
      rules.filter(({ action }) => action === 'allow'),
      request,
      false,
    );
    if (allow !== undefined) return `forward by rule ${allow.id}`;
    return otherwise === 'block' ? 'block by default' : 'forward by default';
  };

  const mode = department.mode ?? 'enforce';
  const otherwise = department.default ?? 'block';
  const observed = ({ action, mode: own }: RuleModel): boolean =>
    action === 'block' && (own ?? mode) === 'observe';
  const actual = table(
    applying.filter((entry) => !observed(entry)),
    mode === 'observe' ? 'allow' : otherwise,
  );
  if (actual.startsWith('block')) return actual;
  const intended = table(applying, otherwise);
  return intended.startsWith('block') ? `${actual}, would ${intended}` : actual;
}
