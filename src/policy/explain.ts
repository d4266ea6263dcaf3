import {
  type Applicability,
  type Decision,
  decide,
  type Evidence,
  exceptionApplies,
  ruleApplies,
} from './decide.ts';
import type { Facts } from './facts.ts';
import type { Covering } from './matching/host-index.ts';
import type { Department, Exception, PolicySet, Rule } from './policy.ts';

export type Verdict<T> = {
  readonly of: T;
  readonly verdict: Applicability;
  /** By which of its entries it covers the host; undefined where it names other hosts. */
  readonly by: Evidence | undefined;
};

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
  const covering = department?.hosts.covering(facts.host, facts.addresses) ?? [];
  const judge = <T extends Rule | Exception>(of: T, ask: (match: Covering) => Applicability): Verdict<T> => {
    const matches = covering
      .filter(({ set }) => of.target.sets.includes(set))
      .toSorted((a, b) => b.specificity - a.specificity);
    const verdicts = matches.map((match) => ({ match, verdict: ask(match) }));
    const best =
      verdicts.find(({ verdict }) => verdict === 'applies') ??
      verdicts.find(({ verdict }) => verdict !== 'other-host');
    if (best === undefined) return { of, verdict: 'other-host', by: undefined };
    const { set, specificity } = best.match;
    return { of, verdict: best.verdict, by: { set, origin: policies.hosts.originOf(set), specificity } };
  };
  return {
    decision: decide(facts, policies),
    department,
    rules: (department?.rules ?? []).map((rule) =>
      judge(rule, (match) => ruleApplies(rule, match, facts, covering)),
    ),
    exceptions: (department?.exceptions ?? []).map((exception) =>
      judge(exception, (match) => exceptionApplies(exception, match, facts)),
    ),
  };
}

/** `service deepseek: deepseek.com`: where the entry that covers the host stands, and the entry itself. */
export function describeEvidence(by: Evidence, facts: Facts, policies: PolicySet): string {
  const entry = policies.hosts.entryOf(by, facts.host, facts.addresses);
  switch (by.origin.kind) {
    case 'rule':
      return entry;
    case 'service':
      return `service ${by.origin.service}: ${entry}`;
    case 'category':
      return `list ${by.origin.category}: ${entry}`;
  }
}
