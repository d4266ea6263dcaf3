import type { Host } from './host.ts';
import type { DomainPattern } from './matching/domain-pattern.ts';
import type { HostIndex, HostView } from './matching/host-index.ts';
import type { HostPattern } from './matching/host-pattern.ts';
import type { Members, Membership } from './membership.ts';
import type { Network } from './network.ts';
import type { Schedule } from './times/schedule.ts';

/** The languages that every Postern speaks; an installation may add others. */
export const LANGUAGES = ['en', 'ko'] as const;

/** As BCP 47 writes it: `en`, `ko`, `pt-BR`. */
export type Language = string;

/** One text in one or more languages; at least one is there. */
export type LocalizedText = {
  readonly en?: string;
  readonly ko?: string;
  readonly [language: Language]: string | undefined;
};

export type Mode = 'enforce' | 'observe';
export type Action = 'block' | 'allow';

/** Where in the policy files something stands: `policies/trade-ministry.yaml:14:5`. */
export type Place = string;

/** `policies/trade-ministry.yaml:14`, as the log and the commands show it. */
export const lineOf = (place: Place): string => place.replace(/:\d+$/, '');

/** Who or what a rule spares, or an exception is for: any one of these suffices. */
export type Audience = {
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly networks: readonly Network[];
};

/** The hosts that a rule or an exception names: any one of these suffices. */
export type Target = {
  /** Ids in the catalog; a selector is resolved to the services that it selects. */
  readonly services: readonly string[];
  readonly domains: readonly DomainPattern[];
  /** Names of lists. */
  readonly categories: readonly string[];
  readonly addresses: readonly Network[];
  readonly patterns: readonly HostPattern[];
  /** All of these as numbers of sets in the policy set's `hosts`. */
  readonly sets: readonly number[];
};

export type Rule = {
  readonly id: string;
  readonly action: Action;
  readonly target: Target;
  /** Empty: every port. */
  readonly ports: ReadonlySet<number>;
  /** Undefined: always. */
  readonly when: Schedule | undefined;
  readonly unless: Audience & { readonly target: Target };
  readonly locked: boolean;
  /** The rule's own, else its department's. */
  readonly mode: Mode;
  readonly status: 403 | 451;
  readonly reason: LocalizedText | undefined;
  readonly reference: string | undefined;
  readonly alternatives: readonly Alternative[];
  /** The template of its block page; undefined: that of the department. */
  readonly page: string | undefined;
  /** The day on which somebody should ask whether the rule is still wanted, `2026-06-30`. */
  readonly review: string | undefined;
  readonly at: Place;
};

export type Alternative = { readonly title: LocalizedText; readonly url: string };

export type Exception = {
  readonly id: string;
  readonly target: Target;
  readonly for: Audience;
  /** Milliseconds since the epoch; at this instant the exception has ended. */
  readonly until: number;
  readonly approvedBy: string;
  readonly ticket: string | undefined;
  readonly at: Place;
};

export type Contact = { readonly email?: string; readonly phone?: string; readonly url?: string };

export type Department = {
  readonly id: string;
  readonly title: LocalizedText;
  readonly members: Members;
  readonly default: Action;
  readonly mode: Mode;
  readonly contact: Contact;
  /** The template of its pages; undefined: the one for everybody. */
  readonly page: string | undefined;
  readonly rules: readonly Rule[];
  readonly exceptions: readonly Exception[];
  readonly tests: readonly PolicyTest[];
  readonly at: Place;
  /** The rules and exceptions by the sets of hosts that they name. */
  readonly bySet: ReadonlyMap<number, Naming>;
  /** Which of those sets cover a host. */
  readonly hosts: HostView;
};

/** What in a department names one set of hosts. */
export type Naming = {
  /** Of the rules that hold for whatever port, at whatever time and for everybody, the one that decides in each row. */
  readonly always: Standing;
  readonly conditional: readonly Rule[];
  readonly exceptions: readonly Exception[];
};

/** Where a rule stands in the truth table of `decide`; what only observes stands beside what is enforced. */
export type Row = 'locked' | 'blocking' | 'allowing' | 'observedLocked' | 'observedBlocking';

export type Standing = { readonly [row in Row]: Rule | undefined };

export function rowOf({ action, mode, locked }: Pick<Rule, 'action' | 'mode' | 'locked'>): Row {
  if (action === 'allow') return 'allowing'; // allowances are never only observed
  if (mode === 'observe') return locked ? 'observedLocked' : 'observedBlocking';
  return locked ? 'locked' : 'blocking';
}

/** Whether a rule holds for whatever port, at whatever time and for everybody. */
export const isUnconditional = ({ ports, when, unless }: Rule): boolean =>
  ports.size === 0 &&
  when === undefined &&
  unless.target.sets.length === 0 &&
  unless.users.size + unless.groups.size + unless.networks.length === 0;

/** A promise in the policy file about one request, checked before the policy goes live. */
export type PolicyTest = {
  readonly url: RequestUrl;
  readonly client: string | undefined;
  readonly user: string | undefined;
  readonly groups: readonly string[];
  /** What the host's name leads to; undefined: not looked up. */
  readonly addresses: readonly string[] | undefined;
  /** Milliseconds since the epoch; undefined: now. */
  readonly time: number | undefined;
  readonly expect: 'forward' | 'block';
  /** What must decide: a rule, an exception or the default; any when all are undefined. */
  readonly rule: string | undefined;
  readonly exception: string | undefined;
  readonly default: boolean;
  /** In observe mode, the rule that would have blocked; true: whatever would have. */
  readonly wouldBlock: string | boolean | undefined;
  readonly at: Place;
};

/** The parts of a URL that matter to a decision. */
export type RequestUrl = {
  readonly text: string;
  readonly scheme: 'http' | 'https' | 'ws' | 'wss';
  readonly host: Host;
  readonly port: number;
  readonly path: string;
};

/** All departments at one moment; immutable, and identified by the hash of the files it was read from. */
export type PolicySet = {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly version: string;
  readonly departments: ReadonlyMap<string, Department>;
  readonly membership: Membership;
  /** The one matcher of all departments; each has its view of it. */
  readonly hosts: HostIndex;
};
