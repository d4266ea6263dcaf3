import type { DomainIndex } from './domain-index.ts';
import type { DomainPattern } from './domain-pattern.ts';
import type { Host } from './host.ts';
import type { Network } from './network.ts';
import type { NetworkIndex } from './network-index.ts';

export const LANGUAGES = ['en', 'ko'] as const;
export type Language = (typeof LANGUAGES)[number];

/** One text in one or both languages; at least one is there. */
export type LocalizedText = { readonly [language in Language]?: string };

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

export type Rule = {
  readonly id: string;
  readonly action: Action;
  readonly domains: readonly DomainPattern[];
  /** Empty: every port. */
  readonly ports: ReadonlySet<number>;
  readonly unless: Audience & { readonly domains: readonly DomainPattern[] };
  readonly locked: boolean;
  /** The rule's own, else its department's. */
  readonly mode: Mode;
  readonly status: 403 | 451;
  readonly reason: LocalizedText | undefined;
  readonly reference: string | undefined;
  readonly alternatives: readonly Alternative[];
  readonly at: Place;
};

export type Alternative = { readonly title: LocalizedText; readonly url: string };

export type Exception = {
  readonly id: string;
  readonly domains: readonly DomainPattern[];
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
  readonly networks: readonly Network[];
  readonly default: Action;
  readonly mode: Mode;
  readonly contact: Contact;
  readonly rules: readonly Rule[];
  readonly exceptions: readonly Exception[];
  readonly tests: readonly PolicyTest[];
  readonly at: Place;
  /** The rules and exceptions by the hosts they name. */
  readonly rulesByHost: DomainIndex<Rule>;
  readonly exceptionsByHost: DomainIndex<Exception>;
};

/** A promise in the policy file about one request, checked before the policy goes live. */
export type PolicyTest = {
  readonly url: RequestUrl;
  readonly client: string | undefined;
  readonly user: string | undefined;
  readonly groups: readonly string[];
  /** Milliseconds since the epoch; undefined: now. */
  readonly time: number | undefined;
  readonly expect: 'forward' | 'block';
  readonly rule: string | undefined;
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
  readonly departmentByNetwork: NetworkIndex<string>;
};
