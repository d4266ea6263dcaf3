import { type Applicability, type Decision, decide, exceptionApplies, ruleApplies } from './decide.ts';
import { patternCovers } from './domain-pattern.ts';
import type { Facts } from './facts.ts';
import type { Department, Exception, PolicySet, Rule } from './policy.ts';

export type Verdict<T> = { readonly of: T; readonly verdict: Applicability };

/** A decision and what each rule and exception of the department had to say. */
export type Explanation = {
  readonly decision: Decision;
  readonly department: Department | undefined;
  readonly rules: readonly Verdict<Rule>[];
  readonly exceptions: readonly Verdict<Exception>[];
};

/** The decision comes from `decide` itself and each verdict from the questions that `decide` asks. */
export function explain(facts: Facts, policies: PolicySet): Explanation {
  const department = facts.department === undefined ? undefined : policies.departments.get(facts.department);
  const names = (entry: Rule | Exception): boolean =>
    entry.domains.some((pattern) => patternCovers(pattern, facts.host));
  return {
    decision: decide(facts, policies),
    department,
    rules: (department?.rules ?? []).map((rule) => ({
      of: rule,
      verdict: names(rule) ? ruleApplies(rule, facts) : 'other-host',
    })),
    exceptions: (department?.exceptions ?? []).map((exception) => ({
      of: exception,
      verdict: names(exception) ? exceptionApplies(exception, facts) : 'other-host',
    })),
  };
}
