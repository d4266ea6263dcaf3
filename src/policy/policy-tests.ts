import { type Decision, decide, exceptionApplies } from './decide.ts';
import { type Facts, factsOfUrl } from './facts.ts';
import type { Department, PolicySet, PolicyTest } from './policy.ts';
import type { Problem } from './result.ts';

/** Runs every department's `tests:` with the set itself; what comes back are the tests that fail. */
export function runPolicyTests(policies: PolicySet, now: number): readonly Problem[] {
  return [...policies.departments.values()].flatMap((department) =>
    department.tests.flatMap((test) => {
      const owner = test.client === undefined ? undefined : policies.departmentByNetwork.find(test.client);
      if (owner !== undefined && owner !== department.id) return [foreignClient(test, department, owner)];
      const facts = factsOfTest(test, department, now);
      const decision = decide(facts, policies);
      return passes(test, decision) || restsOnEnded(test, department, facts, policies)
        ? []
        : [failedTest(test, facts, decision)];
    }),
  );
}

/** How many tests the set carries. */
export function countPolicyTests(policies: PolicySet): number {
  return [...policies.departments.values()].reduce((sum, { tests }) => sum + tests.length, 0);
}

/** Exceptions that have ended and still stand in a file: whoever reads it would take them to be in force. */
export function expiredExceptions(policies: PolicySet, now: number): readonly Problem[] {
  const expired = [...policies.departments.values()]
    .flatMap((department) => department.exceptions)
    .filter((exception) => now >= exception.until)
    .map(({ id, until, at }) => ({
      at,
      problem: `the exception \`${id}\` ended at ${new Date(until).toISOString()}`,
      hint: 'remove it, or have it approved anew with a later `until`',
    }));
  return [...new Map(expired.map((problem) => [problem.at, problem])).values()];
}

function factsOfTest(test: PolicyTest, department: Department, now: number): Facts {
  const network = department.networks[0]?.text.replace(/\/\d+$/, '');
  return factsOfUrl(test.url, {
    time: test.time ?? now,
    department: department.id,
    client: test.client ?? network ?? '0.0.0.0',
    ...(test.user === undefined ? {} : { user: test.user }),
    groups: test.groups,
  });
}

function passes(test: PolicyTest, decision: Decision): boolean {
  const ruleId = decision.reason.code === 'rule' ? decision.reason.rule.id : undefined;
  return decision.action === test.expect && (test.rule === undefined || test.rule === ruleId);
}

function foreignClient({ at, client }: PolicyTest, department: Department, owner: string): Problem {
  const problem = `the client ${client} belongs to \`${owner}\`, so \`${department.id}\` never decides for it`;
  return { at, problem, hint: `test it in \`${owner}\`, or use an address of this department` };
}

/**
 * A test without a time that an exception decided until it ended. That exception is reported by `expiredExceptions`;
 * to report the test too would keep a program from starting on the day after.
 */
function restsOnEnded(test: PolicyTest, department: Department, facts: Facts, policies: PolicySet): boolean {
  const passedUntil = (end: number): boolean => passes(test, decide({ ...facts, time: end - 1 }, policies));
  return (
    test.time === undefined &&
    department.exceptionsByHost
      .find(facts.host)
      .some(({ value }) => exceptionApplies(value, facts) === 'expired' && passedUntil(value.until))
  );
}

function failedTest(test: PolicyTest, facts: Facts, decision: Decision): Problem {
  const wanted = test.rule === undefined ? test.expect : `${test.expect} by the rule \`${test.rule}\``;
  return {
    at: test.at,
    problem: `${test.url.text}: expected ${wanted}, but it is ${decision.action} by ${describeReason(decision)}`,
    hint: explainCommand(test, facts),
  };
}

/** The command that explains this very request. */
function explainCommand(test: PolicyTest, { department, client, user, groups = [] }: Facts): string {
  const options = [
    `--department ${department}`,
    `--client ${client}`,
    ...(user === undefined ? [] : [`--user ${user}`]),
    ...groups.map((group) => `--group '${group}'`),
    ...(test.time === undefined ? [] : [`--at ${new Date(test.time).toISOString()}`]),
  ];
  return `postern explain ${test.url.text} ${options.join(' ')}`;
}

function describeReason({ reason }: Decision): string {
  switch (reason.code) {
    case 'rule':
      return `the rule \`${reason.rule.id}\``;
    case 'exception':
      return `the exception \`${reason.exception.id}\``;
    case 'default':
      return 'the default';
    case 'department-unknown':
    case 'port-forbidden':
    case 'address-forbidden':
    case 'proxy-loop':
      return reason.code;
  }
}
