import fc from 'fast-check';
import type { Applicability } from '../../src/policy/decide.ts';

/**
 * Random policies and requests, and what should be decided on them: written from the truth table and the policy
 * language alone, on plain texts, without a line of the engine. Slow and simple on purpose.
 */
export type RuleModel = {
  readonly id: string;
  readonly action: 'block' | 'allow';
  readonly domains: readonly string[];
  readonly ports: readonly number[];
  readonly unless: AudienceModel & { readonly domains: readonly string[] };
  readonly locked: boolean;
  readonly mode: 'enforce' | 'observe' | undefined;
};

type AudienceModel = {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly networks: readonly string[];
};

export type ExceptionModel = {
  readonly id: string;
  readonly domains: readonly string[];
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
const nobody = { users: [], groups: [], networks: [], domains: [] };

const rule = fc.record<RuleModel>({
  id: fc.constantFrom(...IDS),
  action: fc.constantFrom('block', 'block', 'allow'),
  domains: several(PATTERNS, 10),
  ports: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, several(PORTS, 2)),
  unless: fc.oneof(
    { weight: 2, arbitrary: fc.constant(nobody) },
    fc.record({ ...audience, domains: some(PATTERNS, 1) }),
  ),
  locked: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, fc.constant(true)),
  mode: fc.constantFrom(undefined, undefined, 'enforce', 'observe'),
});

const exception = fc.record<ExceptionModel>({
  id: fc.constantFrom(...IDS),
  domains: several(PATTERNS, 10),
  for: fc.record(audience).filter((people) => Object.values(people).some((list) => list.length > 0)),
  until: fc.constantFrom(TIME - 1, TIME, TIME + 1, TIME + 1),
});

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

/** How narrowly a pattern covers a host: first by labels, then by form; undefined when it does not. */
function narrowness(pattern: string, host: string): readonly [labels: number, form: number] | undefined {
  if (pattern.endsWith('.*')) {
    const own = registrable(host);
    return own?.name === pattern.slice(0, -2) ? [own.labels, 0] : undefined;
  }
  const named = pattern.replace(/^(?:=|\*\.)/, '');
  // An address is that host alone, however the pattern is written.
  const form = pattern.startsWith('=') || isAddress(named) ? 3 : pattern.startsWith('*.') ? 2 : 1;
  const covers =
    form === 3 ? host === named : form === 2 ? isBelow(host, named) : host === named || isBelow(host, named);
  return covers ? [isAddress(named) ? 0 : labelsOf(named).length, form] : undefined;
}

const narrowest = (patterns: readonly string[], host: string): readonly [number, number] | undefined =>
  patterns
    .map((pattern) => narrowness(pattern, host))
    .filter((found) => found !== undefined)
    .toSorted(([aLabels, aForm], [bLabels, bForm]) => bLabels - aLabels || bForm - aForm)[0];

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

const concerns = (people: AudienceModel, { user, groups, client }: RequestModel): boolean =>
  (user !== undefined && people.users.includes(user)) ||
  people.groups.some((group) => groups.includes(group)) ||
  people.networks.some((network) => isIn(network, client));

export function ruleVerdict(model: RuleModel, request: RequestModel): Applicability {
  if (narrowest(model.domains, request.host) === undefined) return 'other-host';
  if (model.ports.length > 0 && !model.ports.includes(request.port)) return 'other-port';
  const spared =
    concerns(model.unless, request) || narrowest(model.unless.domains, request.host) !== undefined;
  return spared ? 'spared' : 'applies';
}

export function exceptionVerdict(model: ExceptionModel, request: RequestModel): Applicability {
  if (narrowest(model.domains, request.host) === undefined) return 'other-host';
  if (request.time >= model.until) return 'expired';
  return concerns(model.for, request) ? 'applies' : 'other-people';
}

/** The entry that names the host most narrowly; among equals the first id. */
function foremost<T extends { readonly id: string; readonly domains: readonly string[] }>(
  entries: readonly T[],
  host: string,
): T | undefined {
  return entries.toSorted((a, b) => {
    const [aLabels, aForm] = narrowest(a.domains, host) ?? [0, 0];
    const [bLabels, bForm] = narrowest(b.domains, host) ?? [0, 0];
    return bLabels - aLabels || bForm - aForm || (a.id < b.id ? -1 : 1);
  })[0];
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
      request.host,
    );
    if (locked !== undefined) return `block by rule ${locked.id}`;
    const exempt = foremost(exceptions, request.host);
    if (exempt !== undefined) return `forward by exception ${exempt.id}`;
    const block = foremost(blocking, request.host);
    if (block !== undefined) return `block by rule ${block.id}`;
    const allow = foremost(
      rules.filter(({ action }) => action === 'allow'),
      request.host,
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
