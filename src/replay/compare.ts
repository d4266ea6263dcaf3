import type { Ground, LoggedDecision, Verdict } from '../decision-log/parse-line.ts';
import { identify } from '../identity/identify.ts';
import { type Decision, decide } from '../policy/decide.ts';
import type { Facts } from '../policy/facts.ts';
import { createMemory } from '../policy/memory.ts';
import { lineOf, type PolicySet } from '../policy/policy.ts';
import { seesMoreThanTheLog } from './unlogged.ts';

/**
 * What becomes of a logged request under other policies. Each request is one of these, so that they add up.
 *
 * - `now-blocked`, `now-forwarded`: another action;
 * - `now-observed`, `not-observed`: forwarded as before, but observe mode begins or ceases to say "would be blocked";
 * - `other-ground`: the same action, by another rule;
 * - `undecided`: decided then on what the log does not hold, so that nobody can tell;
 * - `not-of-policies`: the proxy's own refusal, which stays whatever the policies say.
 */
export type Change =
  | 'same'
  | 'now-blocked'
  | 'now-forwarded'
  | 'now-observed'
  | 'not-observed'
  | 'other-ground'
  | 'undecided'
  | 'not-of-policies';

export type Comparison = {
  readonly change: Change;
  /** The department under the other policies. */
  readonly department: string | undefined;
  readonly before: Verdict;
  readonly after: Verdict;
};

/** Words for the reasons that come from the policies; every other one is the proxy's own. */
const OF_POLICIES: ReadonlySet<string> = new Set(['rule', 'exception', 'default', 'department-unknown']);

/**
 * Says of logged requests what would become of them under these policies. `at` (ms since the epoch) takes the place of
 * each request's own time. The same policies at the same time decide alike, so a line of theirs is not decided again.
 */
export function comparingWith(
  policies: PolicySet,
  at: number | undefined,
): (logged: LoggedDecision) => Comparison {
  const departmentFor = identifying(policies);
  return ({ facts, verdict: before, policy }) => {
    if (before.action === 'block' && !OF_POLICIES.has(before.ground.code))
      return { change: 'not-of-policies', department: facts.department, before, after: before };
    if (policy === policies.version && at === undefined)
      return { change: 'same', department: facts.department, before, after: before };
    const department = departmentFor(facts);
    const decision = decide({ ...facts, department, time: at ?? facts.time }, policies);
    const change = changeOf(before, decision);
    if (change === 'same') return { change, department, before, after: before };
    const after = verdictOf(decision);
    const isDecidable = change === 'other-ground' || !seesMoreThanTheLog(before, facts, department, policies);
    return { change: isDecidable ? change : 'undecided', department, before, after };
  };
}

/**
 * The department of whoever asked: by user, else by network. The log knows neither groups nor listeners, which come
 * between the two: whoever belonged to a department that takes members by these stays in it.
 */
function identifying(policies: PolicySet): (facts: Facts) => string | undefined {
  const known = createMemory<ReturnType<typeof identify>>(REMEMBERED_CLIENTS);
  const byClient = (client: string) => known(client, () => identify({ client }, policies));
  return ({ client, user, department }) => {
    const byUser =
      user === undefined ? undefined : identify({ client: NO_ADDRESS, user }, policies).department;
    if (byUser !== undefined) return byUser;
    const members = department === undefined ? undefined : policies.departments.get(department)?.members;
    const isUnseen = members !== undefined && members.groups.size + members.ports.size > 0;
    return isUnseen ? department : byClient(client).department;
  };
}

const REMEMBERED_CLIENTS = 50_000;

/** Lies in no network. */
const NO_ADDRESS = '';

function changeOf(before: Verdict, after: Decision): Change {
  if (before.action !== after.action) return after.action === 'block' ? 'now-blocked' : 'now-forwarded';
  const observed = after.action === 'forward' ? after.wouldBlock : undefined;
  if (before.wouldBlock === undefined && observed !== undefined) return 'now-observed';
  if (before.wouldBlock !== undefined && observed === undefined) return 'not-observed';
  const isSame =
    isGround(before.ground, after.reason) &&
    (before.wouldBlock === undefined || observed === undefined || isGround(before.wouldBlock, observed));
  return isSame ? 'same' : 'other-ground';
}

/** By name and not by place: a rule that moved to another line is the same rule. */
const isGround = (ground: Ground, reason: Decision['reason']): boolean =>
  ground.code === reason.code && ground.id === idOf(reason);

function idOf(reason: Decision['reason']): string | undefined {
  switch (reason.code) {
    case 'rule':
      return reason.rule.id;
    case 'exception':
      return reason.exception.id;
    case 'default':
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
      return undefined;
  }
}

function verdictOf(decision: Decision): Verdict {
  const { action, reason } = decision;
  return action === 'forward' && decision.wouldBlock !== undefined
    ? { action, ground: groundOf(reason), wouldBlock: groundOf(decision.wouldBlock) }
    : { action, ground: groundOf(reason) };
}

function groundOf(reason: Decision['reason']): Ground {
  switch (reason.code) {
    case 'rule':
      return { code: reason.code, id: reason.rule.id, source: lineOf(reason.rule.at) };
    case 'exception':
      return { code: reason.code, id: reason.exception.id, source: lineOf(reason.exception.at) };
    case 'default':
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
      return { code: reason.code };
  }
}
