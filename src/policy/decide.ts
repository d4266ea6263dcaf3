import type { SpecialRange } from './address.ts';
import type { Facts } from './facts.ts';
import { OWN_HOST } from './host.ts';
import type { Covering, Origin } from './matching/host-index.ts';
import { networkContains } from './network.ts';
import {
  type Action,
  type Audience,
  type Department,
  type Exception,
  type PolicySet,
  type Row,
  type Rule,
  rowOf,
  type Standing,
} from './policy.ts';
import { scheduleVerdict } from './times/schedule.ts';

export type Decision =
  | { readonly action: 'forward'; readonly reason: ForwardReason; readonly wouldBlock?: BlockReason }
  | { readonly action: 'block'; readonly reason: BlockReason };

export type ForwardReason =
  | { readonly code: 'rule'; readonly rule: Rule; readonly by: Evidence }
  | { readonly code: 'exception'; readonly exception: Exception; readonly by: Evidence }
  | { readonly code: 'default' }
  /** The proxy answers itself, and forwards nothing. */
  | { readonly code: 'own-site' };

export type BlockReason =
  | { readonly code: 'rule'; readonly rule: Rule; readonly by: Evidence }
  | { readonly code: 'default' }
  | { readonly code: 'department-unknown' }
  | { readonly code: 'port-forbidden'; readonly port: number }
  | { readonly code: 'address-forbidden'; readonly address: string; readonly range: ForbiddenRange }
  | { readonly code: 'proxy-loop' }
  /** The proxy's own site, asked for in a way in which it is not to be had. */
  | { readonly code: 'own-site' }
  /** A tunnel to an address in place of a name. */
  | { readonly code: 'address-literal' }
  /** A tunnel that does not open with a ClientHello, or not in time. */
  | { readonly code: 'not-tls' }
  | { readonly code: 'client-hello-unreadable'; readonly problem: string }
  | { readonly code: 'sni-missing' }
  /** The ClientHello names another host than the CONNECT, or what is no host name. */
  | { readonly code: 'sni-mismatch'; readonly sni: string }
  | { readonly code: 'ech-forbidden' };

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

/** A rule or an exception that applies, and one of its sets that covers the host. */
type Applying<T> = { readonly entry: T; readonly match: Covering };

/** Of each row of the truth table, the one of those that apply that goes before the others. */
type Foremost = { [row in Row]: Applying<Rule> | undefined } & { exempt: Applying<Exception> | undefined };

const nothingYet = (): Foremost => ({
  locked: undefined,
  exempt: undefined,
  blocking: undefined,
  allowing: undefined,
  observedLocked: undefined,
  observedBlocking: undefined,
});

/**
 * The decision on one request: a truth table, free of order.
 *
 * 1. a matching locked block rule → block; 2. an unexpired exception → forward; 3. a block rule → block, by the most
 * specific; 4. an allow rule → forward; 5. nothing → the department's default. In observe mode what would have been
 * blocked is forwarded, and the decision says so.
 */
export function decide(facts: Facts, policies: PolicySet): Decision {
  if (facts.host === OWN_HOST) return decideOwnSite(facts);
  const department = facts.department === undefined ? undefined : policies.departments.get(facts.department);
  if (department === undefined) return { action: 'block', reason: { code: 'department-unknown' } };
  const covering = department.hosts.covering(facts.host, facts.addresses);
  const foremost = nothingYet();
  for (const match of covering) {
    const named = department.bySet.get(match.set);
    if (named === undefined) continue; // a set that only others name
    considerStanding(named.always, match, foremost);
    for (const rule of named.conditional)
      if (ruleApplies(rule, match, facts, covering) === 'applies') {
        const row = rowOf(rule);
        foremost[row] = moreSpecific(foremost[row], rule, match);
      }
    for (const exception of named.exceptions)
      if (exceptionApplies(exception, match, facts) === 'applies')
        foremost.exempt = moreSpecific(foremost.exempt, exception, match);
  }
  return conclude(department, foremost, policies);
}

/** No policy is asked: the site is there for all, those in no department first of all, and by http and https only. */
function decideOwnSite({ via, port }: Facts): Decision {
  const isVisit = (via === 'http' && port === 80) || (via === 'connect' && port === 443);
  return isVisit
    ? { action: 'forward', reason: { code: 'own-site' } }
    : { action: 'block', reason: { code: 'own-site' } };
}

/** The rows one by one: most sets have a rule in one of them, and a loop over their names would cost as much again. */
function considerStanding(rules: Standing, match: Covering, foremost: Foremost): void {
  const { locked, blocking, allowing, observedLocked, observedBlocking } = rules;
  if (locked !== undefined) foremost.locked = moreSpecific(foremost.locked, locked, match);
  if (blocking !== undefined) foremost.blocking = moreSpecific(foremost.blocking, blocking, match);
  if (allowing !== undefined && countsFor(allowing, match))
    foremost.allowing = moreSpecific(foremost.allowing, allowing, match);
  if (observedLocked !== undefined)
    foremost.observedLocked = moreSpecific(foremost.observedLocked, observedLocked, match);
  if (observedBlocking !== undefined)
    foremost.observedBlocking = moreSpecific(foremost.observedBlocking, observedBlocking, match);
}

/** A name that leads to a blocked address among others is blocked; to be allowed, all of them must be. */
const countsFor = (rule: Rule, match: Covering): boolean => !match.partly || rule.action === 'block';

/** Whether a rule one of whose sets is `match` applies, given all the sets that cover the host. */
export function ruleApplies(
  rule: Rule,
  match: Covering,
  facts: Facts,
  covering: readonly Covering[],
): Applicability {
  if (!countsFor(rule, match)) return 'other-host';
  if (rule.ports.size > 0 && !rule.ports.has(facts.port)) return 'other-port';
  const timely = rule.when === undefined ? 'in-force' : scheduleVerdict(rule.when, facts.time);
  if (timely !== 'in-force') return timely;
  if (includes(rule.unless, facts)) return 'spared';
  return sparesHost(rule, covering) ? 'spared' : 'applies';
}

/** Whether the host lies in the rule's `unless`. */
function sparesHost({ action, unless }: Rule, covering: readonly Covering[]): boolean {
  const { sets } = unless.target;
  if (sets.length === 0) return false;
  // Whichever way is the safe one: a block spares only what lies in `unless` with all its addresses, an allowance
  // already what lies there with one.
  return covering.some(({ set, partly }) => (!partly || action === 'allow') && sets.includes(set));
}

/** Whether an exception one of whose sets is `match` applies. */
export function exceptionApplies(exception: Exception, match: Covering, facts: Facts): Applicability {
  if (match.partly) return 'other-host';
  if (facts.time >= exception.until) return 'expired';
  return includes(exception.for, facts) ? 'applies' : 'other-people';
}

function conclude(department: Department, foremost: Foremost, policies: PolicySet): Decision {
  const isLenient = department.mode === 'observe' && department.default === 'block';
  const actual = weigh(foremost, isLenient ? 'allow' : department.default, policies);
  const { observedLocked, observedBlocking } = foremost;
  const isObserving = isLenient || observedLocked !== undefined || observedBlocking !== undefined;
  if (actual.action === 'block' || !isObserving) return actual;
  const intended = weigh(asIfEnforced(foremost), department.default, policies);
  return intended.action === 'block' ? { ...actual, wouldBlock: intended.reason } : actual;
}

/** Allowances and exceptions always are. */
const asIfEnforced = (foremost: Foremost): Foremost => ({
  ...foremost,
  locked: foremostOf(foremost.locked, foremost.observedLocked),
  blocking: foremostOf(foremost.blocking, foremost.observedBlocking),
});

/** Rows 1 to 5 of the truth table. */
function weigh(
  { locked, exempt, blocking, allowing }: Foremost,
  otherwise: Action,
  policies: PolicySet,
): Decision {
  if (locked !== undefined) return { action: 'block', reason: because(locked, policies) };
  if (exempt !== undefined) {
    const by = evidence(exempt.match, policies);
    return { action: 'forward', reason: { code: 'exception', exception: exempt.entry, by } };
  }
  if (blocking !== undefined) return { action: 'block', reason: because(blocking, policies) };
  if (allowing !== undefined) return { action: 'forward', reason: because(allowing, policies) };
  return otherwise === 'block' ? BLOCK_BY_DEFAULT : FORWARD_BY_DEFAULT;
}

const BLOCK_BY_DEFAULT: Decision = { action: 'block', reason: { code: 'default' } };
const FORWARD_BY_DEFAULT: Decision = { action: 'forward', reason: { code: 'default' } };

const because = ({ entry: rule, match }: Applying<Rule>, policies: PolicySet) =>
  ({ code: 'rule', rule, by: evidence(match, policies) }) as const;

const evidence = ({ set, specificity }: Covering, policies: PolicySet): Evidence => ({
  set,
  origin: policies.hosts.originOf(set),
  specificity,
});

function includes({ users, groups, networks }: Audience, facts: Facts): boolean {
  if (facts.user !== undefined && users.has(facts.user)) return true;
  if (groups.size > 0 && facts.groups?.some((group) => groups.has(group))) return true;
  return networks.length > 0 && networks.some((network) => networkContains(network, facts.client));
}

/** The one whose match is the narrowest; among equals the one whose id is first in the alphabet. */
function moreSpecific<T extends Rule | Exception>(
  foremost: Applying<T> | undefined,
  entry: T,
  match: Covering,
): Applying<T> {
  if (foremost === undefined) return { entry, match };
  const difference = foremost.match.specificity - match.specificity;
  // Ids are not compared by locale: the tie must break alike on every machine.
  return difference > 0 || (difference === 0 && foremost.entry.id <= entry.id) ? foremost : { entry, match };
}

const foremostOf = (
  a: Applying<Rule> | undefined,
  b: Applying<Rule> | undefined,
): Applying<Rule> | undefined => (b === undefined ? a : moreSpecific(a, b.entry, b.match));
