import { type Decision, decide } from './decide.ts';
import { explain } from './explain.ts';
import { type Facts, factsOfUrl } from './facts.ts';
import type { Department, PolicySet, PolicyTest } from './policy.ts';
import type { Problem } from './result.ts';

/** Runs every department's `tests:` with the set itself; what comes back are the tests that fail. */
export function runPolicyTests(policies: PolicySet, now: number): readonly Problem[] {
  return [...policies.departments.values()].flatMap((department) =>
    department.tests.flatMap((test) => {
      const facts = factsOfTest(test, department, now);
      const owner = policies.membership.find(facts);
      if (owner !== undefined && owner !== department.id) return [foreignAsker(test, department, owner)];
      if (owner === undefined && isStray(test, department)) return [strayClient(test, department)];
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

/** The request that a test makes, with a client of the department when it names none. */
export function factsOfTest(test: PolicyTest, department: Department, now: number): Facts {
  const network = department.members.networks[0]?.text.replace(/\/\d+$/, '');
  return factsOfUrl(test.url, {
    time: test.time ?? now,
    department: department.id,
    client: test.client ?? network ?? '0.0.0.0',
    ...(test.user === undefined ? {} : { user: test.user }),
    groups: test.groups,
    ...(test.addresses === undefined ? {} : { addresses: test.addresses }),
  });
}

function passes(test: PolicyTest, decision: Decision): boolean {
  const { reason } = decision;
  return (
    decision.action === test.expect &&
    (test.rule === undefined || (reason.code === 'rule' && reason.rule.id === test.rule)) &&
    (test.exception === undefined ||
      (reason.code === 'exception' && reason.exception.id === test.exception)) &&
    (!test.default || reason.code === 'default') &&
    (test.wouldBlock === undefined || observes(test.wouldBlock, decision))
  );
}

/** Whether observe mode has spared the request what the test says. */
function observes(wanted: string | boolean, decision: Decision): boolean {
  const observed = decision.action === 'forward' ? decision.wouldBlock : undefined;
  if (typeof wanted === 'boolean') return wanted === (observed !== undefined);
  return observed?.code === 'rule' && observed.rule.id === wanted;
}

/** Whether live no request of this client would ever come to the department: then the test would prove nothing. */
function isStray({ client, user, groups }: PolicyTest, { members }: Department): boolean {
  const isByAddress = client !== undefined && user === undefined && groups.length === 0;
  return isByAddress && members.networks.length > 0 && members.ports.size === 0;
}

const strayClient = ({ at, client }: PolicyTest, { id, members }: Department): Problem => ({
  at,
  problem: `the client ${client} belongs to no department, so it is always blocked`,
  hint: `is it a slip? \`${id}\` has ${members.networks.map(({ text }) => text).join(', ')}`,
});

function foreignAsker(test: PolicyTest, department: Department, owner: string): Problem {
  const who = test.user ?? (test.groups.length > 0 ? test.groups.join(', ') : `client ${test.client}`);
  const problem = `the ${test.user === undefined ? '' : 'user '}${who} belongs to \`${owner}\`, so \`${department.id}\` never decides for it`;
  return { at: test.at, problem, hint: `test it in \`${owner}\`, or use an address of this department` };
}

/**
 * A test without a time that an exception decided until it ended. That exception is reported by `expiredExceptions`;
 * to report the test too would keep a program from starting on the day after.
 */
function restsOnEnded(test: PolicyTest, department: Department, facts: Facts, policies: PolicySet): boolean {
  const passedUntil = (end: number): boolean => passes(test, decide({ ...facts, time: end - 1 }, policies));
  if (test.time !== undefined || department.exceptions.length === 0) return false;
  return explain(facts, policies).exceptions.some(
    ({ of, verdict }) => verdict === 'expired' && passedUntil(of.until),
  );
}

function failedTest(test: PolicyTest, facts: Facts, decision: Decision): Problem {
  const observed = decision.action === 'forward' ? decision.wouldBlock : undefined;
  const would = observed === undefined ? '' : `, and would be blocked by ${describeReason(observed)}`;
  return {
    at: test.at,
    problem: `${test.url.text}: expected ${describeWanted(test)}, but it is ${decision.action} by ${describeReason(decision.reason)}${would}`,
    hint: explainCommand(test, facts),
  };
}

function describeWanted({ expect, rule, exception, default: byDefault, wouldBlock }: PolicyTest): string {
  const decider =
    rule !== undefined
      ? ` by the rule \`${rule}\``
      : exception !== undefined
        ? ` by the exception \`${exception}\``
        : byDefault
          ? ' by the default'
          : '';
  if (wouldBlock === undefined) return expect + decider;
  if (wouldBlock === false) return `${expect}${decider}, observed by nothing`;
  return `${expect}${decider}, observed by ${wouldBlock === true ? 'what would block it' : `the rule \`${wouldBlock}\``}`;
}

/** The command that explains this very request. */
function explainCommand(
  test: PolicyTest,
  { department, client, user, groups = [], addresses = [] }: Facts,
): string {
  const options = [
    `--department ${department}`,
    `--client ${client}`,
    ...(user === undefined ? [] : [`--user ${quoted(user)}`]),
    ...groups.map((group) => `--group ${quoted(group)}`),
    ...addresses.map((address) => `--address ${address}`),
    ...(test.time === undefined ? [] : [`--at ${new Date(test.time).toISOString()}`]),
  ];
  return `postern explain ${quoted(test.url.text)} ${options.join(' ')}`;
}

/** For a shell: people copy the command, and what stands in a policy must not become one. */
const quoted = (text: string): string =>
  /^[\w.:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

function describeReason(reason: Decision['reason']): string {
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
    case 'own-site':
    case 'address-literal':
    case 'not-tls':
    case 'client-hello-unreadable':
    case 'sni-missing':
    case 'sni-mismatch':
    case 'ech-forbidden':
      return reason.code;
  }
}
