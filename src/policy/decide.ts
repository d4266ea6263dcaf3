import type { SpecialRange } from './address.ts';
import { patternCovers } from './domain-pattern.ts';
import type { Facts } from './facts.ts';
import { networkContains } from './network.ts';
import type { Action, Audience, Department, Exception, PolicySet, Rule } from './policy.ts';

export type Decision =
  | { readonly action: 'forward'; readonly reason: ForwardReason; readonly wouldBlock?: BlockReason }
  | { readonly action: 'block'; readonly reason: BlockReason };

export type ForwardReason =
  | { readonly code: 'rule'; readonly rule: Rule }
  | { readonly code: 'exception'; readonly exception: Exception }
  | { readonly code: 'default' };

export type BlockReason =
  | { readonly code: 'rule'; readonly rule: Rule }
  | { readonly code: 'default' }
  | { readonly code: 'department-unknown' }
  | { readonly code: 'port-forbidden'; readonly port: number }
  | { readonly code: 'address-forbidden'; readonly address: string; readonly range: ForbiddenRange }
  | { readonly code: 'proxy-loop' };

/** A special range, or an address that the proxy itself listens on. */
export type ForbiddenRange = SpecialRange | 'own-listener';

/** Whether a rule or an exception applies to a request, and if not, what stands in its way. */
export type Applicability =
  | 'applies'
  | 'other-host'
  | 'other-port'
  | 'spared' // by its `unless`
  | 'other-people'
  | 'expired';

/**
 * The decision on one request: a truth table, free of order.
 *
 * 1. a matching locked block rule → block; 2. an unexpired exception → forward; 3. a block rule → block, by the most
 * specific; 4. an allow rule → forward; 5. nothing → the department's default. In observe mode what would have been
 * blocked is forwarded, and the decision says so.
 */
export function decide(facts: Facts, policies: PolicySet): Decision {
  const department = facts.department === undefined ? undefined : policies.departments.get(facts.department);
  if (department === undefined) return { action: 'block', reason: { code: 'department-unknown' } };
  const rules = mostSpecificFirst(
    department.rulesByHost.find(facts.host).filter(({ value }) => ruleApplies(value, facts) === 'applies'),
  );
  const exceptions = department.exceptionsByHost
    .find(facts.host)
    .filter(({ value }) => exceptionApplies(value, facts) === 'applies');
  return conclude(department, rules, mostSpecificFirst(exceptions)[0]);
}

/** Everything but the host, which the index has already matched. */
export function ruleApplies(rule: Rule, facts: Facts): Applicability {
  if (rule.ports.size > 0 && !rule.ports.has(facts.port)) return 'other-port';
  if (includes(rule.unless, facts)) return 'spared';
  if (rule.unless.domains.some((pattern) => patternCovers(pattern, facts.host))) return 'spared';
  return 'applies';
}

/** Everything but the host, which the index has already matched. */
export function exceptionApplies(exception: Exception, facts: Facts): Applicability {
  if (facts.time >= exception.until) return 'expired';
  return includes(exception.for, facts) ? 'applies' : 'other-people';
}

function conclude(
  department: Department,
  rules: readonly Rule[],
  exception: Exception | undefined,
): Decision {
  const enforced = rules.filter((rule) => rule.action === 'allow' || rule.mode === 'enforce');
  const actual = weigh(enforced, exception, department.mode === 'enforce' ? department.default : 'allow');
  if (actual.action === 'block') return actual;
  const intended = weigh(rules, exception, department.default);
  return intended.action === 'block' ? { ...actual, wouldBlock: intended.reason } : actual;
}

/** Rows 1 to 5 of the truth table, over the rules given. */
function weigh(rules: readonly Rule[], exception: Exception | undefined, otherwise: Action): Decision {
  const blocking = rules.filter((rule) => rule.action === 'block');
  const locked = blocking.find((rule) => rule.locked);
  if (locked !== undefined) return { action: 'block', reason: { code: 'rule', rule: locked } };
  if (exception !== undefined) return { action: 'forward', reason: { code: 'exception', exception } };
  if (blocking[0] !== undefined) return { action: 'block', reason: { code: 'rule', rule: blocking[0] } };
  const allowing = rules.find((rule) => rule.action === 'allow');
  if (allowing !== undefined) return { action: 'forward', reason: { code: 'rule', rule: allowing } };
  return { action: otherwise === 'block' ? 'block' : 'forward', reason: { code: 'default' } };
}

function includes(audience: Audience, facts: Facts): boolean {
  return (
    (facts.user !== undefined && audience.users.has(facts.user)) ||
    (facts.groups ?? []).some((group) => audience.groups.has(group)) ||
    audience.networks.some((network) => networkContains(network, facts.client))
  );
}

function mostSpecificFirst<T extends { readonly id: string }>(
  matches: readonly { readonly value: T; readonly specificity: number }[],
): readonly T[] {
  return matches
    .toSorted((a, b) => b.specificity - a.specificity || compareIds(a.value.id, b.value.id))
    .map(({ value }) => value);
}

// Not by locale: the tie must break alike on every machine.
const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
