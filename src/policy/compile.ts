import { createHash } from 'node:crypto';
import { buildCatalog, type Catalog, selectDomains } from './catalog.ts';
import { buildDomainIndex } from './domain-index.ts';
import type { DomainPattern } from './domain-pattern.ts';
import { type Inherited, inherit, type Written } from './inherit.ts';
import { buildNetworkIndex } from './network-index.ts';
import type { ParsedPolicies } from './parse.ts';
import type { Audience, Department, Exception, PolicySet, PolicyTest, Rule } from './policy.ts';
import { fail, inFileOrder, type Problem, type Result, succeed } from './result.ts';
import type { AudienceEntry, BaseFile, DepartmentFile, ExceptionEntry, RuleEntry, Target } from './schema.ts';
import type { Located } from './yaml-source.ts';

/** Puts parsed policies together into one immutable set, or says all that stands in the way. */
export function compile(parsed: ParsedPolicies): Result<PolicySet> {
  const problems: Problem[] = [];
  const catalog = buildCatalog(parsed.catalogs, problems);
  const bases = indexBases(parsed.bases, problems);
  const departments = new Map<string, Department>();
  for (const file of parsed.departments) {
    const id = file.value.department;
    const other = departments.get(id);
    if (other !== undefined) {
      const problem = `the department \`${id}\` stands twice, also at ${other.at}`;
      problems.push({ at: file.at(['department']), problem, hint: 'rename one' });
      continue; // a copy: its networks and rules clash as well, and would only hide this
    }
    const inherited = keep(problems, inherit(file, bases));
    if (inherited !== undefined) departments.set(id, buildDepartment(file, inherited, catalog, problems));
  }
  checkBases(bases, catalog, problems);
  checkNetworks(unique(parsed.departments), problems);
  if (departments.size === 0 && problems.length === 0)
    problems.push({
      at: 'policies',
      problem: 'there is no department',
      hint: 'add a file with `department:`',
    });
  if (problems.length > 0) return fail(inFileOrder(problems));
  return succeed({
    version: versionOf(parsed),
    departments,
    departmentByNetwork: buildNetworkIndex(
      [...departments.values()].flatMap(({ id, networks }) =>
        networks.map((network) => [network, id] as const),
      ),
    ),
  });
}

/** Each file's name and text, hashed in the order of the names: the same files give the same version anywhere. */
function versionOf(parsed: ParsedPolicies): string {
  const hash = createHash('sha256');
  const files = [...parsed.departments, ...parsed.bases, ...parsed.catalogs];
  for (const { file, text } of files.toSorted((a, b) => (a.file < b.file ? -1 : 1)))
    hash.update(JSON.stringify([file, text]));
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
  catalog: Catalog,
  problems: Problem[],
): void {
  for (const base of bases.values()) {
    const inherited = keep(problems, inherit(base, bases));
    if (inherited !== undefined) buildEntries(inherited, base.value.base, 'enforce', catalog, problems);
  }
}

/** The rules and exceptions of a department or a base, of its own and inherited. */
function buildEntries(
  inherited: Inherited,
  owner: string,
  mode: Department['mode'],
  catalog: Catalog,
  problems: Problem[],
): Pick<Department, 'rules' | 'exceptions'> {
  const rules = inherited.rules.map((written) => buildRule(written, mode, catalog, problems));
  const exceptions = inherited.exceptions.map((written) => buildException(written, catalog, problems));
  checkUnique(rules, 'rule', owner, problems);
  checkUnique(exceptions, 'exception', owner, problems);
  return { rules, exceptions };
}

function buildDepartment(
  file: Located<DepartmentFile>,
  inherited: Inherited,
  catalog: Catalog,
  problems: Problem[],
): Department {
  const { department: id, title, members, tests } = file.value;
  const mode = inherited.mode ?? 'enforce';
  const { rules, exceptions } = buildEntries(inherited, id, mode, catalog, problems);
  return {
    id,
    title: withoutUndefined(title),
    networks: members?.networks ?? [],
    default: inherited.default ?? 'block', // missing means blocked
    mode,
    contact: withoutUndefined(inherited.contact ?? {}),
    rules,
    exceptions,
    tests: (tests ?? []).map((test, index) => buildTest(test, file.at(['tests', index]))),
    at: file.at(['department']),
    rulesByHost: buildDomainIndex(
      rules.flatMap((rule) => rule.domains.map((domain) => [domain, rule] as const)),
    ),
    exceptionsByHost: buildDomainIndex(
      exceptions.flatMap((exception) => exception.domains.map((domain) => [domain, exception] as const)),
    ),
  };
}

function buildRule(
  { entry, at }: Written<RuleEntry>,
  departmentMode: Department['mode'],
  catalog: Catalog,
  problems: Problem[],
): Rule {
  const action = entry.block === undefined ? 'allow' : 'block';
  return {
    id: entry.id,
    action,
    domains: domainsOf(entry[action], catalog, (...path) => at(action, ...path), problems),
    ports: new Set(entry.ports),
    unless: { ...buildAudience(entry.unless ?? {}), domains: entry.unless?.domains ?? [] },
    locked: entry.locked ?? false,
    mode: entry.mode ?? departmentMode,
    status: entry.status ?? 403,
    reason: entry.reason === undefined ? undefined : withoutUndefined(entry.reason),
    reference: entry.reference,
    alternatives: (entry.alternatives ?? []).map(({ title, url }) => ({
      title: withoutUndefined(title),
      url,
    })),
    at: at(),
  };
}

function buildException(
  { entry, at }: Written<ExceptionEntry>,
  catalog: Catalog,
  problems: Problem[],
): Exception {
  return {
    id: entry.id,
    domains: domainsOf(entry.allow, catalog, (...path) => at('allow', ...path), problems),
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
    time: test.at,
    expect: test.expect,
    rule: test.rule,
    at,
  };
}

function buildAudience(entry: AudienceEntry): Audience {
  return { users: new Set(entry.users), groups: new Set(entry.groups), networks: entry.networks ?? [] };
}

function domainsOf(
  target: Target | undefined,
  catalog: Catalog,
  at: (...path: (string | number)[]) => string,
  problems: Problem[],
): readonly DomainPattern[] {
  const listed = target?.domains ?? [];
  if (target?.services === undefined) return listed;
  const selected = selectDomains(catalog, target.services, (...path) => at('services', ...path), problems);
  return [...listed, ...selected];
}

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

function checkNetworks(files: readonly Located<DepartmentFile>[], problems: Problem[]): void {
  const claimed = new Map<string, { readonly department: string; readonly at: string }>();
  for (const file of files)
    (file.value.members?.networks ?? []).forEach(({ text }, index) => {
      const { department } = file.value;
      const at = file.at(['members', 'networks', index]);
      const other = claimed.get(text);
      if (other === undefined) claimed.set(text, { department, at });
      else if (other.department === department)
        problems.push({ at, problem: `the network ${text} stands twice`, hint: 'remove one' });
      else
        problems.push({
          at,
          problem: `the network ${text} already belongs to \`${other.department}\`, at ${other.at}`,
          hint: 'a network belongs to one department; a narrower one may lie inside it',
        });
    });
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
