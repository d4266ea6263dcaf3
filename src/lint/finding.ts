import type { PolicyLists } from '../policy/compile.ts';
import type { ParsedPolicies } from '../policy/parse.ts';
import type { Place, PolicySet } from '../policy/policy.ts';

/** What lint looks for, by the codes that a `# lint-ok:` names. */
export const CODES = {
  'shadowed-rule': 'A rule that can never decide, because others always decide before it.',
  'shadowed-exception': 'An exception that locked rules never let through.',
  'needless-exception': 'An exception that lifts nothing: no rule blocks what it names.',
  'listed-below-parent': 'A domain that another one of the same list covers.',
  'duplicate-entry': 'An entry that the same list has already.',
  'shared-suffix': 'A domain under which many unrelated people have their sites, or a public suffix itself.',
  'single-label': 'A domain without a dot, which covers no site on the Internet.',
  'exception-ends-soon': 'An exception that ends within 30 days.',
  'rule-ends-soon': 'A rule whose `when` ends within 14 days.',
  'rule-over': 'A rule whose `when` has ended: it is off.',
  'review-due': 'A rule that was to be reviewed by now.',
  'no-tests': 'A department without tests.',
  'untested-rule': 'A rule that no test rests on.',
  'untested-exception': 'An exception that no test rests on.',
  'unreachable-department': 'A department that no client can belong to.',
  'people-unseen': 'Users or groups that a rule spares or an exception is for, where live traffic has none.',
  'blocked-alternative': 'A way out that a block page offers and the same department blocks.',
  'unused-base': 'A base that no department extends.',
  'unused-list': 'A list that nothing names.',
  'ignored-list-file': 'A file in `lists/` that nothing reads, because of its name.',
  'test-without-time': 'A test without `at` whose outcome changes with time.',
  'unreachable-route': 'An entry of `egress.upstream` behind one that carries everything.',
  'everything-internal': 'A network in `egress.internalNetworks` that is all of IPv4 or IPv6.',
  'contrary-limits': 'A limit that can never be reached, because another one comes before it.',
  'pac-fallback': 'A PAC file that lets clients go around a proxy that does not answer.',
  'pac-public-network': 'A network in `pac.direct` that is not a private one.',
  'pac-any-suffix':
    'A name of the form `a.*` in `egress.internalNames` that goes by the proxy, whatever `pac.direct` says.',
  'certificate-ends-soon': 'A certificate of a listener that ends within 14 days.',
  'useless-lint-ok': 'A `# lint-ok:` that silences nothing.',
} as const;

export type Code = keyof typeof CODES;

/** Something that is allowed and probably not meant: what, where, and what to do. It changes no decision. */
export type Finding = {
  readonly code: Code;
  readonly at: Place;
  /** Where the rule, exception, test or service begins that it is in, if it is in one. */
  readonly within?: Place;
  readonly problem: string;
  readonly hint: string;
  readonly fix?: Fix;
};

/** A change to one file that leaves every decision's action as it is. */
export type Fix = {
  readonly file: string;
  /** UTF-16 offsets in the file's text; `end` is not part of what is replaced. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** What it does, for people: `removed api.deepseek.com: deepseek.com covers it`. */
  readonly change: string;
};

/** A policy folder that compiles, as it is written and as it decides. */
export type LintedFolder = {
  readonly parsed: ParsedPolicies;
  readonly lists: Pick<PolicyLists, 'available' | 'ignored'>;
  readonly policies: PolicySet;
};

/** Looks for one kind of thing, or for a few of one kin. `now` is in milliseconds since the epoch. */
export type Check = (folder: LintedFolder, now: number) => readonly Finding[];
