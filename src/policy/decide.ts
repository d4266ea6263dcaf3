import type { SpecialRange } from './address.ts';
import type { Facts } from './facts.ts';
import type { Covering, Origin } from './matching/host-index.ts';
import { networkContains } from './network.ts';
import type { Action, Audience, Department, Exception, PolicySet, Rule } from './policy.ts';
import { scheduleVerdict } from './times/schedule.ts';

export type Decision =
  | { readonly action: 'forward'; readonly reason: ForwardReason; readonly wouldBlock?: BlockReason }
  | { readonly action: 'block'; readonly reason: BlockReason };

export type ForwardReason =
  | { readonly code: 'rule'; readonly rule: Rule; readonly by: Evidence }
  | { readonly code: 'exception'; readonly exception: Exception; readonly by: Evidence }
  | { readonly code: 'default' };

export type BlockReason =
  | { readonly code: 'rule'; readonly rule: Rule; readonly by: Evidence }
  | { readonly code: 'default' }
  | { readonly code: 'department-unknown' }
  | { readonly code: 'port-forbidden'; readonly port: number }
  | { readonly code: 'address-forbidden'; readonly address: string; readonly range: ForbiddenRange }
  | { readonly code: 'proxy-loop' };

/** By which of its entries a rule or an exception covers the host: where they stand, and how narrow it is. */
export type Evidence = { readonly set: number; readonly origin: Origin; readonly specificity: number };

/** A special range, or an address that the proxy itself listens on. */
export type ForbiddenRange = SpecialRange | 'own-listener';

/** Whether a rule or an exception applies to a request, and if not, what stands in its way. */
export type Applicability =
  | 'applies'
  | 'other-host'
  | 'other-port'
  | 'not-yet' // by its `when`, as are the next two
  | 'over'
  | 'other-time'
  | 'spared' // by its `unless`
  | 'other-people'
  | 'expired';

/** A rule or an exception that applies, and the narrowest of its sets that covers the host. */
type Applying<T> = { readonly entry: T; readonly match: Covering };

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
  const covering = department.hosts.covering(facts.host, facts.addresses);
  const rules: Applying<Rule>[] = [];
  const exceptions: Applying<Exception>[] = [];
  for (const match of covering) {
    for (const rule of department.rulesBySet.get(match.set) ?? [])
      if (ruleApplies(rule, match, facts, covering) === 'applies') rules.push({ entry: rule, match });
    for (const exception of department.exceptionsBySet.get(match.set) ?? [])
      if (exceptionApplies(exception, match, facts) === 'applies')
        exceptions.push({ entry: exception, match });
  }
  return conclude(department, rules, exceptions, policies);
}

/** Whether a rule one of whose sets is `match` applies, given all the sets that cover the host. */
export function ruleApplies(
  rule: Rule,
  match: Covering,
  facts: Facts,
  covering: readonly Covering[],
): Applicability {
  // A name that leads to a blocked address among others is blocked; to be allowed, all of them must be.
  if (match.partly && rule.action === 'allow') return 'other-host';
  if (rule.ports.size > 0 && !rule.ports.has(facts.port)) return 'other-port';
  const timely = rule.when === undefined ? 'in-force' : scheduleVerdict(rule.when, facts.time);
  if (timely !== 'in-force') return timely;
  if (includes(rule.unless, facts)) return 'spared';
  const { sets } = rule.unless.target;
  // Whichever way is the safe one: a block spares only what lies in `unless` with all its addresses, an allowance
  // already what lies there with one.
  const counts = ({ partly }: Covering): boolean => !partly || rule.action === 'allow';
  if (sets.length > 0 && covering.some((each) => counts(each) && sets.includes(each.set))) return 'spared';
  return 'applies';
}

/** Whether an exception one of whose sets is `match` applies. */
export function exceptionApplies(exception: Exception, match: Covering, facts: Facts): Applicability {
  if (match.partly) return 'other-host';
  if (facts.time >= exception.until) return 'expired';
  return includes(exception.for, facts) ? 'applies' : 'other-people';
}

function conclude(
  department: Department,
  rules: readonly Applying<Rule>[],
  exceptions: readonly Applying<Exception>[],
  policies: PolicySet,
): Decision {
  const exempt = mostSpecific(exceptions);
  const isObserving = department.mode === 'observe' || rules.some(({ entry }) => isObserved(entry));
  if (!isObserving) return weigh(rules, exempt, department.default, policies);
  const enforced = rules.filter(({ entry }) => !isObserved(entry));
  const actual = weigh(
    enforced,
    exempt,
    department.mode === 'enforce' ? department.default : 'allow',
    policies,
  );
  if (actual.action === 'block') return actual;
  const intended = weigh(rules, exempt, department.default, policies);
  return intended.action === 'block' ? { ...actual, wouldBlock: intended.reason } : actual;
}

const isObserved = (rule: Rule): boolean => rule.action === 'block' && rule.mode === 'observe';

/** Rows 1 to 5 of the truth table, over the rules given and the exception that goes before the others. */
function weigh(
  rules: readonly Applying<Rule>[],
  exempt: Applying<Exception> | undefined,
  otherwise: Action,
  policies: PolicySet,
): Decision {
  let locked: Applying<Rule> | undefined;
  let blocking: Applying<Rule> | undefined;
  let allowing: Applying<Rule> | undefined;
  for (const rule of rules) {
    if (rule.entry.action === 'allow') allowing = moreSpecific(allowing, rule);
    else if (rule.entry.locked) locked = moreSpecific(locked, rule);
    else blocking = moreSpecific(blocking, rule);
  }
  if (locked !== undefined) return { action: 'block', reason: because(locked, policies) };
  if (exempt !== undefined) {
    const by = evidence(exempt.match, policies);
    return { action: 'forward', reason: { code: 'exception', exception: exempt.entry, by } };
  }
  if (blocking !== undefined) return { action: 'block', reason: because(blocking, policies) };
  if (allowing !== undefined) return { action: 'forward', reason: because(allowing, policies) };
  return { action: otherwise === 'block' ? 'block' : 'forward', reason: { code: 'default' } };
}

const because = ({ entry: rule, match }: Applying<Rule>, policies: PolicySet) =>
  ({ code: 'rule', rule, by: evidence(match, policies) }) as const;

const evidence = ({ set, specificity }: Covering, policies: PolicySet): Evidence => ({
  set,
  origin: policies.hosts.originOf(set),
  specificity,
});

function includes(audience: Audience, facts: Facts): boolean {
  return (
    (facts.user !== undefined && audience.users.has(facts.user)) ||
    (audience.groups.size > 0 && (facts.groups ?? []).some((group) => audience.groups.has(group))) ||
    audience.networks.some((network) => networkContains(network, facts.client))
  );
}

/** The one whose match is the narrowest; among equals the one whose id is first in the alphabet. */
function mostSpecific<T extends { readonly id: string }>(
  applying: readonly Applying<T>[],
): Applying<T> | undefined {
  let foremost: Applying<T> | undefined;
  for (const each of applying) foremost = moreSpecific(foremost, each);
  return foremost;
}

function moreSpecific<T extends { readonly id: string }>(
  a: Applying<T> | undefined,
  b: Applying<T>,
): Applying<T> {
  if (a === undefined) return b;
  const difference = a.match.specificity - b.match.specificity;
  // Ids are not compared by locale: the tie must break alike on every machine.
  return difference > 0 || (difference === 0 && a.entry.id <= b.entry.id) ? a : b;
}
