import type { Verdict } from '../decision-log/parse-line.ts';
import type { Facts } from '../policy/facts.ts';
import { addressLiteral } from '../policy/host.ts';
import { type Exception, lineOf, type PolicySet, type Rule } from '../policy/policy.ts';

/**
 * What the log does not hold: the addresses that a name resolved to, and the groups of a user. A rule that asks for
 * them cannot be decided anew for every line.
 */
export type Unlogged = 'addresses' | 'groups';

/** A rule or an exception that asks for what the log does not hold. */
export type PartlySeen = { readonly id: string; readonly source: string; readonly asks: readonly Unlogged[] };

/** The rules and exceptions of the policies that ask for what the log does not hold; shared ones once. */
export function partlySeen(policies: PolicySet): readonly PartlySeen[] {
  const entries = [...policies.departments.values()].flatMap(({ rules, exceptions }) => [
    ...rules.map((rule) => ({ id: rule.id, source: lineOf(rule.at), asks: ofRule(rule) })),
    ...exceptions.map((exception) => ({
      id: exception.id,
      source: lineOf(exception.at),
      asks: ofException(exception),
    })),
  ]);
  const asking = entries.filter(({ asks }) => asks.length > 0);
  return [...new Map(asking.map((entry) => [entry.source, entry])).values()];
}

/**
 * Whether the rule or exception that decided then still stands in the department, and asks for what the log does not
 * hold: that it does not decide now proves nothing.
 */
export function seesMoreThanTheLog(
  before: Verdict,
  { host }: Facts,
  departmentId: string | undefined,
  policies: PolicySet,
): boolean {
  const department = departmentId === undefined ? undefined : policies.departments.get(departmentId);
  if (department === undefined) return false;
  const isName = addressLiteral(host) === undefined;
  return [before.ground, before.wouldBlock].some((ground) => {
    const asks =
      ground?.code === 'rule'
        ? ofRule(department.rules.find(({ id }) => id === ground.id))
        : ground?.code === 'exception'
          ? ofException(department.exceptions.find(({ id }) => id === ground.id))
          : [];
    return asks.includes('groups') || (isName && asks.includes('addresses'));
  });
}

function ofRule(rule: Rule | undefined): readonly Unlogged[] {
  if (rule === undefined) return [];
  const { target, unless } = rule;
  return [
    ...(target.addresses.length + unless.target.addresses.length > 0 ? (['addresses'] as const) : []),
    ...(unless.groups.size > 0 ? (['groups'] as const) : []),
  ];
}

function ofException(exception: Exception | undefined): readonly Unlogged[] {
  if (exception === undefined) return [];
  return [
    ...(exception.target.addresses.length > 0 ? (['addresses'] as const) : []),
    ...(exception.for.groups.size > 0 ? (['groups'] as const) : []),
  ];
}
