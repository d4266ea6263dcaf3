import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { categoriesIn, compile } from '../../src/policy/compile.ts';
import { decide } from '../../src/policy/decide.ts';
import { explain } from '../../src/policy/explain.ts';
import type { Facts } from '../../src/policy/facts.ts';
import { printDepartment } from '../../src/policy/language/print.ts';
import { type PolicyFile, parsePolicies } from '../../src/policy/parse.ts';
import type { Department, Target } from '../../src/policy/policy.ts';
import { readPolicyFolder } from '../../src/policy-store/read-folder.ts';
import { describeDecision, type Files, host, listsOf, policiesOf, unwrap } from '../policy/support.ts';
import {
  anyDepartments,
  anyRequest,
  type DepartmentModel,
  type ExceptionModel,
  exceptionVerdict,
  type HostsModel,
  LISTS,
  type RequestModel,
  type RuleModel,
  referenceDecision,
  ruleVerdict,
} from './policy-reference.ts';

/** The order in which the parts of a policy are written; by default as they come. */
type Order = <T>(values: readonly T[]) => readonly T[];
const asTheyCome: Order = (values) => values;

/** What names hosts, without the keys that name none. */
const hostsEntry = ({ domains, categories, addresses, patterns }: HostsModel, order: Order) =>
  Object.fromEntries(
    Object.entries({ domains, categories, addresses, patterns })
      .filter(([, named]) => named.length > 0)
      .map(([key, named]) => [key, order(named)]),
  );

const ruleEntry = (rule: RuleModel, order: Order) => {
  const { id, action, ports, when, unless, locked, mode } = rule;
  const { users, groups, networks } = unless;
  return {
    id,
    [action]: hostsEntry(rule, order),
    ...(ports.length > 0 ? { ports: order(ports) } : {}),
    ...(when === undefined ? {} : { when }),
    unless: { users, groups, networks: order(networks), ...hostsEntry(unless, order) },
    ...(action === 'block' ? { locked, mode } : {}),
  };
};

const exceptionEntry = (exception: ExceptionModel, order: Order) => ({
  id: exception.id,
  for: exception.for,
  allow: hostsEntry(exception, order),
  until: new Date(exception.until).toISOString(),
  approvedBy: 'cio',
});

/** A department as files: half of its rules and exceptions come from a base when `split`. */
function filesOf({ id, rules, exceptions, ...rest }: DepartmentModel, order: Order, split: boolean): Files {
  const halves = <T>(values: readonly T[]): readonly [readonly T[], readonly T[]] => {
    const ordered = order(values);
    const half = split ? Math.floor(ordered.length / 2) : 0;
    return [ordered.slice(0, half), ordered.slice(half)];
  };
  const [sharedRules, ownRules] = halves(rules.map((rule) => ruleEntry(rule, order)));
  const [sharedExceptions, ownExceptions] = halves(
    exceptions.map((exception) => exceptionEntry(exception, order)),
  );
  const base = { base: `${id}-base`, rules: sharedRules, exceptions: sharedExceptions };
  const own = {
    department: id,
    title: id,
    extends: [`${id}-base`],
    ...rest,
    rules: ownRules,
    exceptions: ownExceptions,
  };
  return { [`${id}-base.yaml`]: JSON.stringify(base), [`${id}.yaml`]: JSON.stringify(own) };
}

function compiled(departments: readonly DepartmentModel[], order: Order = asTheyCome, split = false) {
  const files = departments.flatMap((department) => Object.entries(filesOf(department, order, split)));
  return policiesOf(Object.fromEntries(order(files)), listsOf(LISTS));
}

const factsOf = ({ host: name, user, addresses, ...request }: RequestModel): Facts => ({
  ...request,
  host: host(name),
  via: 'connect',
  method: 'CONNECT',
  ...(user === undefined ? {} : { user }),
  ...(addresses === undefined ? {} : { addresses }),
});

/** A shuffle that a failing run can repeat. */
function shuffling(seed: number): Order {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return (values) =>
    values
      .map((value) => [next(), value] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, value]) => value);
}

const requests = fc.array(anyRequest, { minLength: 1, maxLength: 20 });

test('the engine decides as the truth table says', () => {
  const decided = new Set<string>();
  fc.assert(
    fc.property(anyDepartments, requests, (departments, asked) => {
      const policies = compiled(departments);
      for (const request of asked) {
        const decision = describeDecision(decide(factsOf(request), policies));
        expect(decision).toBe(referenceDecision(departments, request));
        decided.add(decision.replaceAll(/(rule|exception) \S+?(?=,|$)/g, '$1'));
      }
    }),
    { numRuns: 600 },
  );
  // Else the policies or requests above have become too narrow to prove anything.
  expect([...decided].toSorted()).toEqual([
    'block by default',
    'block by department-unknown',
    'block by rule',
    'forward by default',
    'forward by default, would block by default',
    'forward by default, would block by rule',
    'forward by exception',
    'forward by exception, would block by rule',
    'forward by rule',
    'forward by rule, would block by rule',
  ]);
});

test('no order of files, rules, exceptions or domains, and no split into files, changes a decision', () => {
  fc.assert(
    fc.property(anyDepartments, requests, fc.nat(), fc.boolean(), (departments, asked, seed, split) => {
      const written = compiled(departments);
      const rewritten = compiled(departments, shuffling(seed), split);
      for (const request of asked) {
        const facts = factsOf(request);
        expect(describeDecision(decide(facts, rewritten))).toBe(describeDecision(decide(facts, written)));
      }
    }),
    { numRuns: 300 },
  );
});

test('an explanation holds the decision itself, and each verdict is what the policy language says', () => {
  fc.assert(
    fc.property(anyDepartments, requests, (departments, asked) => {
      const policies = compiled(departments);
      for (const request of asked) {
        const facts = factsOf(request);
        const { decision, rules, exceptions } = explain(facts, policies);
        expect(decision).toEqual(decide(facts, policies));
        const department = departments.find(({ id }) => id === request.department);
        expect(rules.map(({ of, verdict }) => [of.id, verdict])).toEqual(
          (department?.rules ?? []).map((rule) => [rule.id, ruleVerdict(rule, request)]),
        );
        expect(exceptions.map(({ of, verdict }) => [of.id, verdict])).toEqual(
          (department?.exceptions ?? []).map((exception) => [
            exception.id,
            exceptionVerdict(exception, request),
          ]),
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('whatever decides has applied, and when the default decides, nothing that enforces has', () => {
  fc.assert(
    fc.property(anyDepartments, requests, (departments, asked) => {
      const policies = compiled(departments);
      for (const request of asked) {
        const { decision, rules, exceptions } = explain(factsOf(request), policies);
        const { reason } = decision;
        const applied = rules.filter(({ verdict }) => verdict === 'applies').map(({ of }) => of);
        const exempted = exceptions.filter(({ verdict }) => verdict === 'applies').map(({ of }) => of);
        if (reason.code === 'rule') {
          expect(applied).toContain(reason.rule);
          expect(reason.rule.action).toBe(decision.action === 'block' ? 'block' : 'allow');
          if (decision.action === 'block') expect(reason.rule.mode).toBe('enforce');
        }
        if (reason.code === 'exception') expect(exempted).toContain(reason.exception);
        if (reason.code === 'default') {
          expect(exempted).toEqual([]);
          expect(applied.filter(({ action, mode }) => action === 'allow' || mode === 'enforce')).toEqual([]);
        }
      }
    }),
    { numRuns: 300 },
  );
});

/** All that a department means, without where it stands and how its hosts are numbered. */
function meaningOf({ rules, exceptions, tests, bySet: _bySet, hosts: _hosts, ...rest }: Department) {
  const hosts = ({ sets: _sets, ...target }: Target) => target;
  return {
    ...rest,
    at: undefined,
    rules: rules.map((rule) => ({
      ...rule,
      target: hosts(rule.target),
      unless: { ...rule.unless, target: hosts(rule.unless.target) },
      at: undefined,
    })),
    exceptions: exceptions.map((exception) => ({
      ...exception,
      target: hosts(exception.target),
      at: undefined,
    })),
    tests: tests.map((each) => ({ ...each, at: undefined })),
  };
}

test('a department that is printed and parsed again is the same department', () => {
  fc.assert(
    fc.property(anyDepartments, fc.boolean(), (departments, split) => {
      const printed = compiled(departments, asTheyCome, split).departments;
      const files = [...printed.values()].map((department) => [
        `${department.id}.yaml`,
        printDepartment(department),
      ]);
      const again = policiesOf(Object.fromEntries(files), listsOf(LISTS)).departments;
      expect([...again.values()].map(meaningOf)).toEqual([...printed.values()].map(meaningOf));
    }),
    { numRuns: 200 },
  );
});

test('so are the shipped ones, with their selectors written out', () => {
  const shipped = unwrap(readPolicyFolder(fileURLToPath(new URL('../../policies', import.meta.url))));
  const compileFiles = (files: readonly PolicyFile[]) => {
    const parsed = unwrap(parsePolicies(files));
    // What the lists say does not matter here, only that they are there.
    const lists = listsOf(
      Object.fromEntries([...categoriesIn(parsed)].map((name) => [name, ['listed.example.org']])),
    );
    return unwrap(compile(parsed, lists)).departments;
  };
  const printed = [...compileFiles(shipped).values()];
  const catalogs = shipped.filter(({ name }) => name.includes('/catalog/'));
  const files = printed.map((department) => ({
    name: `${department.id}.yaml`,
    text: printDepartment(department),
  }));
  expect([...compileFiles([...catalogs, ...files]).values()].map(meaningOf)).toEqual(printed.map(meaningOf));
});
