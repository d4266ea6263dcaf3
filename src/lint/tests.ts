import { type Decision, decide } from '../policy/decide.ts';
import { explain } from '../policy/explain.ts';
import type { Department, Exception, Place, PolicySet, PolicyTest, Rule } from '../policy/policy.ts';
import { factsOfTest } from '../policy/policy-tests.ts';
import type { Finding, LintedFolder } from './finding.ts';
import { type Held, heldByPlace } from './written.ts';

/** Rules and exceptions that no test of any department rests on, and departments that have no tests at all. */
export function findUntested({ policies }: LintedFolder, now: number): readonly Finding[] {
  const departments = [...policies.departments.values()];
  const tested = new Set(departments.flatMap((department) => decidersIn(department, policies, now)));
  const untested = <T extends Rule | Exception>(held: ReadonlyMap<Place, readonly Held<T>[]>): readonly T[] =>
    [...held.values()]
      // Where no department has a test, `no-tests` says it once.
      .filter((all) => all.some(({ department }) => department.tests.length > 0))
      .flatMap((all) => all[0]?.of ?? [])
      .filter(({ at }) => !tested.has(at));
  return [
    ...departments
      .filter(({ tests }) => tests.length === 0)
      .map(({ id, at }) => ({
        code: 'no-tests' as const,
        at,
        problem: `the department \`${id}\` has no tests`,
        hint: 'add `tests:` with requests that it must block and requests that it must forward',
      })),
    ...untested(heldByPlace(policies, ({ rules }) => rules)).map(({ id, at, action, mode }) => ({
      code: 'untested-rule' as const,
      at,
      problem: `no test rests on the rule \`${id}\``,
      hint:
        action === 'block' && mode === 'observe'
          ? `add one: { request: …, expect: forward, wouldBlock: ${id} }`
          : `add one: { request: …, expect: ${action === 'block' ? 'block' : 'forward'}, rule: ${id} }`,
    })),
    ...untested(heldByPlace(policies, ({ exceptions }) => exceptions.filter(({ until }) => until > now))).map(
      ({ id, at }) => ({
        code: 'untested-exception' as const,
        at,
        problem: `no test rests on the exception \`${id}\``,
        hint: `add one: { request: …, client: …, at: …, expect: forward, exception: ${id} }`,
      }),
    ),
  ];
}

/** Tests without `at` that a clock decides: an exception, or a rule with `when`. */
export function findTimeless({ policies }: LintedFolder, now: number): readonly Finding[] {
  return [...policies.departments.values()].flatMap((department) =>
    department.tests
      .filter(({ time }) => time === undefined)
      .flatMap((test) => {
        const reason = clockBehind(test, department, policies, now);
        if (reason === undefined) return [];
        const problem = `${test.url.text}: the outcome changes by itself, because ${reason}`;
        return {
          code: 'test-without-time' as const,
          at: test.at,
          problem,
          hint: `add at: ${toMinute(now)}, or whatever time is meant`,
        };
      }),
  );
}

/** `2026-11-23T06:00:00Z` */
const toMinute = (instant: number): string => new Date(instant).toISOString().replace(/:[\d.]+Z$/, ':00Z');

/** Where the rules and exceptions stand that decide the department's tests, or would in enforce mode. */
const decidersIn = (department: Department, policies: PolicySet, now: number): readonly Place[] =>
  department.tests.flatMap((test) =>
    entriesBehind(decide(factsOfTest(test, department, now), policies)).map(({ at }) => at),
  );

function entriesBehind(decision: Decision): readonly (Rule | Exception)[] {
  const reasons = [decision.reason, decision.action === 'forward' ? decision.wouldBlock : undefined];
  return reasons.flatMap((reason) => {
    if (reason?.code === 'rule') return reason.rule;
    return reason?.code === 'exception' ? reason.exception : [];
  });
}

function clockBehind(
  test: PolicyTest,
  department: Department,
  policies: PolicySet,
  now: number,
): string | undefined {
  const { decision, rules } = explain(factsOfTest(test, department, now), policies);
  const deciding = entriesBehind(decision);
  const exception = deciding.find((entry) => 'until' in entry);
  if (exception !== undefined) return `the exception \`${exception.id}\` ends`;
  const timed =
    deciding.find((entry) => 'when' in entry && entry.when !== undefined) ??
    rules.find(
      ({ of, verdict }) => (verdict === 'not-yet' || verdict === 'other-time') && wouldTurn(of, decision),
    )?.of;
  return timed === undefined ? undefined : `the rule \`${timed.id}\` holds at some times only`;
}

/** Whether a rule that sleeps now changes the action when it wakes; an exception has been asked for before. */
const wouldTurn = ({ action, mode }: Rule, decision: Decision): boolean =>
  action === 'block'
    ? mode === 'enforce' && decision.action === 'forward'
    : decision.action === 'block' && decision.reason.code === 'default';
