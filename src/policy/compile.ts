import { createHash } from 'node:crypto';
import { checkClaims } from './claims.ts';
import { buildCatalog } from './language/catalog.ts';
import { type Inherited, inherit, type Written } from './language/inherit.ts';
import type {
  AudienceEntry,
  BaseFile,
  DepartmentFile,
  ExceptionEntry,
  RuleEntry,
} from './language/schema.ts';
import { createTargets, type Targets } from './language/targets.ts';
import { buildHostIndex } from './matching/host-index.ts';
import type { CompiledLists } from './matching/host-list.ts';
import { MAX_PATTERNS_SIZE } from './matching/host-pattern.ts';
import { createNameTableBuilder } from './matching/name-table.ts';
import { buildMembership } from './membership.ts';
import { indexBySet } from './naming.ts';
import type { ParsedPolicies } from './parse.ts';
import type { Audience, Department, Exception, PolicySet, PolicyTest, Rule } from './policy.ts';
import { fail, inFileOrder, type Problem, type Result, succeed } from './result.ts';
import type { Located } from './yaml/yaml-source.ts';

/** The lists of a policy folder: the names of all, and what those say that the rules name. */
export type PolicyLists = {
  readonly available: readonly string[];
  /** Files in `lists/` that are no lists, because of their names: `vpn.list`. */
  readonly ignored: readonly string[];
  readonly compiled: CompiledLists;
  /** Of what the lists say; the same contents have the same version. */
  readonly version: string;
};

export const NO_LISTS: PolicyLists = {
  available: [],
  ignored: [],
  compiled: {
    names: [],
    counts: [],
    table: createNameTableBuilder().build(),
    anySuffix: [],
    patterns: [],
    networks: [],
    withAddresses: [],
  },
  version: '',
};

/** Puts parsed policies together into one immutable set, or says all that stands in the way. */
export function compile(parsed: ParsedPolicies, lists = NO_LISTS): Result<PolicySet> {
  const problems: Problem[] = [];
  const catalog = buildCatalog(parsed.catalogs, problems);
  const targets = createTargets(catalog, {
    available: lists.available,
    ignored: lists.ignored,
    read: lists.compiled.names,
  });
  const bases = indexBases(parsed.bases, problems);
  const departments = new Map<string, Sightless>();
  for (const file of parsed.departments) {
    const id = file.value.department;
    const other = departments.get(id);
    if (other !== undefined) {
      const problem = `the department \`${id}\` stands twice, also at ${other.at}`;
      problems.push({ at: file.at(['department']), problem, hint: 'rename one' });
      continue; // a copy: its networks and rules clash as well, and would only hide this
    }
    const inherited = keep(problems, inherit(file, bases));
    if (inherited !== undefined) departments.set(id, buildDepartment(file, inherited, targets, problems));
  }
  checkBases(bases, targets, problems);
  checkClaims(unique(parsed.departments), problems);
  if (departments.size === 0 && problems.length === 0)
    problems.push({
      at: 'policies',
      problem: 'there is no department',
      hint: 'add a file with `department:`',
    });
  if (problems.length > 0) return fail(inFileOrder(problems));
  const hosts = buildHostIndex(targets.sets(), lists.compiled);
  const seeing = [...departments.values()].map((built) => ({ ...built, hosts: hosts.viewOf(setsOf(built)) }));
  const tooCostly = seeing.filter((department) => department.hosts.patternsSize > MAX_PATTERNS_SIZE);
  if (tooCostly.length > 0) return fail(inFileOrder(tooCostly.map(tooManyPatterns)));
  return succeed({
    version: versionOf(parsed, lists),
    departments: new Map(seeing.map((department) => [department.id, department])),
    membership: buildMembership(seeing),
    hosts,
  });
}

const tooManyPatterns = ({ id, at, hosts }: Department): Problem => ({
  at,
  problem: `\`${id}\` names too many patterns, those of its lists among them: ${hosts.patternsSize} instructions, of ${MAX_PATTERNS_SIZE}`,
  hint: 'name hosts as domains where they can be named: those cost nothing',
});

/** A department before all sets of hosts are known, and with them its view of them. */
type Sightless = Omit<Department, 'hosts'>;

/** All the sets of hosts that a department's rules and exceptions name. */
export const setsOf = ({
  rules,
  exceptions,
}: Pick<Department, 'rules' | 'exceptions'>): ReadonlySet<number> =>
  new Set(
    [
      ...rules.flatMap(({ target, unless }) => [target, unless.target]),
      ...exceptions.map(({ target }) => target),
    ].flatMap(({ sets }) => sets),
  );

/** Names of the lists that the rules and exceptions of the files name, whether there are such lists or not. */
export function categoriesIn(parsed: ParsedPolicies): ReadonlySet<string> {
  const files = [...parsed.departments, ...parsed.bases].map(({ value }) => value);
  const hosts = files.flatMap(({ rules = [], exceptions = [] }) => [
    ...rules.flatMap(({ block, allow, unless }) => [block, allow, unless]),
    ...exceptions.map(({ allow }) => allow),
  ]);
  return new Set(hosts.flatMap((entry) => entry?.categories ?? []));
}

/** Each file's name and text, hashed in the order of the names: the same files give the same version anywhere. */
function versionOf(parsed: ParsedPolicies, lists: PolicyLists): string {
  const hash = createHash('sha256');
  const files = [...parsed.departments, ...parsed.bases, ...parsed.catalogs];
  for (const { file, text } of files.toSorted((a, b) => (a.file < b.file ? -1 : 1)))
    hash.update(JSON.stringify([file, text]));
  hash.update(lists.version);
  return `sha256:${hash.digest('hex')}`;
}

function indexBases(
  files: readonly Located<BaseFile>[],
  problems: Problem[],
): Map<string, Located<BaseFile>> {
  const bases = new Map<string, Located<BaseFile>>();
  for (const file of files) {
    if (bases.has(file.value.base))
      problems.push({
        at: file.at(['base']),
        problem: `the base \`${file.value.base}\` stands twice`,
        hint: 'rename one',
      });
    bases.set(file.value.base, file);
  }
  return bases;
}

/** A base that nobody extends yet is held to the same rules, so that its mistakes show when they are made. */
function checkBases(
  bases: ReadonlyMap<string, Located<BaseFile>>,
  targets: Targets,
  problems: Problem[],
): void {
  for (const base of bases.values()) {
    const inherited = keep(problems, inherit(base, bases));
    if (inherited !== undefined) buildEntries(inherited, base.value.base, 'enforce', targets, problems);
  }
}

/** The rules and exceptions of a department or a base, of its own and inherited. */
function buildEntries(
  inherited: Inherited,
  owner: string,
  mode: Department['mode'],
  targets: Targets,
  problems: Problem[],
): Pick<Department, 'rules' | 'exceptions'> {
  const rules = inherited.rules.map((written) => buildRule(written, mode, targets, problems));
  const exceptions = inherited.exceptions.map((written) => buildException(written, targets, problems));
  checkUnique(rules, 'rule', owner, problems);
  checkUnique(exceptions, 'exception', owner, problems);
  return { rules, exceptions };
}

function buildDepartment(
  file: Located<DepartmentFile>,
  inherited: Inherited,
  targets: Targets,
  problems: Problem[],
): Sightless {
  const { department: id, title, members, tests } = file.value;
  const mode = inherited.mode ?? 'enforce';
  const { rules, exceptions } = buildEntries(inherited, id, mode, targets, problems);
  return {
    id,
    title: withoutUndefined(title),
    members: { ...buildAudience(members ?? {}), ports: new Set(members?.ports) },
    default: inherited.default ?? 'block', // missing means blocked
    mode,
    contact: withoutUndefined(inherited.contact ?? {}),
    page: inherited.page,
    rules,
    exceptions,
    tests: (tests ?? []).map((test, index) => buildTest(test, file.at(['tests', index]))),
    at: file.at(['department']),
    bySet: indexBySet(rules, exceptions),
  };
}

function buildRule(
  { entry, at }: Written<RuleEntry>,
  departmentMode: Department['mode'],
  targets: Targets,
  problems: Problem[],
): Rule {
  const action = entry.block === undefined ? 'allow' : 'block';
  return {
    id: entry.id,
    action,
    target: targets.build(entry[action], (...path) => at(action, ...path), problems),
    ports: toSet(entry.ports),
    when: entry.when,
    unless: {
      ...buildAudience(entry.unless ?? {}),
      target: targets.build(entry.unless, (...path) => at('unless', ...path), problems),
    },
    locked: entry.locked ?? false,
    mode: entry.mode ?? departmentMode,
    status: entry.status ?? 403,
    reason: entry.reason === undefined ? undefined : withoutUndefined(entry.reason),
    reference: entry.reference,
    alternatives: (entry.alternatives ?? []).map(({ title, url }) => ({
      title: withoutUndefined(title),
      url,
    })),
    page: entry.page,
    review: entry.review,
    at: at(),
  };
}

function buildException(
  { entry, at }: Written<ExceptionEntry>,
  targets: Targets,
  problems: Problem[],
): Exception {
  return {
    id: entry.id,
    target: targets.build(entry.allow, (...path) => at('allow', ...path), problems),
    for: buildAudience(entry.for),
    until: entry.until,
    approvedBy: entry.approvedBy,
    ticket: entry.ticket,
    at: at(),
  };
}

function buildTest(test: NonNullable<DepartmentFile['tests']>[number], at: string): PolicyTest {
  return {
    url: test.request,
    client: test.client,
    user: test.user,
    groups: test.groups ?? [],
    addresses: test.addresses,
    time: test.at,
    expect: test.expect,
    rule: test.rule,
    exception: test.exception,
    default: test.default ?? false,
    wouldBlock: test.wouldBlock,
    at,
  };
}

function buildAudience(entry: AudienceEntry): Audience {
  return { users: toSet(entry.users), groups: toSet(entry.groups), networks: entry.networks ?? NO_NETWORKS };
}

/**
 * What thousands of rules leave empty is one and the same object: that takes less memory, and a decision finds it in
 * the processor's caches.
 */
const toSet = <T extends string | number>(values: readonly T[] | undefined): ReadonlySet<T> =>
  values === undefined || values.length === 0 ? (NOTHING as ReadonlySet<T>) : new Set(values);

const NOTHING: ReadonlySet<never> = new Set();
const NO_NETWORKS: Audience['networks'] = [];

function checkUnique(
  entries: readonly { readonly id: string; readonly at: string }[],
  what: 'rule' | 'exception',
  owner: string,
  problems: Problem[],
): void {
  const first = new Map<string, string>();
  for (const { id, at } of entries) {
    const earlier = first.get(id);
    first.set(id, earlier ?? at);
    if (earlier === undefined) continue;
    // Of a file and its base, the file is the one to change: others extend the base too.
    const [here, other] = fileOf(earlier) === fileOf(at) ? [at, earlier] : [earlier, at];
    const problem = `the ${what} \`${id}\` stands twice in \`${owner}\`, also at ${other}`;
    problems.push({
      at: here,
      problem,
      hint: `rename one: the log names ${what === 'rule' ? 'a' : 'an'} ${what} by its id`,
    });
  }
}

const fileOf = (place: string): string => place.replace(/:\d+:\d+$/, '');

/** Of files with the same department the first, as `compile` takes them. */
function unique(files: readonly Located<DepartmentFile>[]): readonly Located<DepartmentFile>[] {
  return files.filter(
    (file, index) => files.findIndex(({ value }) => value.department === file.value.department) === index,
  );
}

/** The value, or undefined with its problems noted. */
function keep<T>(problems: Problem[], result: Result<T>): T | undefined {
  if (result.ok) return result.value;
  for (const problem of result.error) problems.push(problem); // too many, perhaps, to be arguments
  return undefined;
}

function withoutUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
