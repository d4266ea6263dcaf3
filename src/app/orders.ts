import type { Look } from '../block-page/look.ts';
import type { Problem, Result } from '../policy/result.ts';
import type { PolicySnapshot } from '../policy-store/snapshot.ts';
import type { ListenerCredentials } from '../proxy/listeners.ts';
import type { Endpoint } from '../supervisor/listen.ts';
import type { AuthorityPems } from '../tls/authority.ts';
import type { TicketSecret } from '../tls/ticket-keys.ts';
import type { ProxySetup, ProxyStatus } from './proxy.ts';

/**
 * What the primary orders a worker to do, in plain values: one after the other, but `stop` at once. Each but `stop`,
 * `forget` and `ticket-secret` is answered.
 */
export type Order =
  /** Comes first, and once: serve, with these policies. */
  | { readonly kind: 'start'; readonly setup: ProxySetup; readonly policies: PolicySnapshot }
  /** Make ready to go over to these policies. */
  | { readonly kind: 'prepare'; readonly policies: PolicySnapshot }
  /** Go over to those that were prepared. */
  | { readonly kind: 'commit'; readonly version: string }
  /** Let go of those that were prepared. */
  | { readonly kind: 'forget' }
  | { readonly kind: 'certificates'; readonly certificates: ListenerCredentials }
  | { readonly kind: 'authority'; readonly authority: AuthorityPems }
  | { readonly kind: 'look'; readonly look: Look }
  | { readonly kind: 'ticket-secret'; readonly secret: TicketSecret }
  | { readonly kind: 'reopen-log' }
  | { readonly kind: 'status' }
  | { readonly kind: 'stop' };

/** What a worker answers to each. */
export type Answers = {
  readonly start: Result<{ readonly endpoints: readonly Endpoint[] }>;
  readonly prepare: Result<undefined>;
  readonly commit: undefined;
  readonly forget: undefined;
  readonly certificates: undefined;
  readonly authority: undefined;
  readonly look: undefined;
  readonly 'ticket-secret': undefined;
  readonly 'reopen-log': Problem | undefined;
  readonly status: ProxyStatus;
};

/** The orders that a worker carries out one after the other. */
export type AnsweredOrder = Exclude<Order, { readonly kind: 'stop' }>;
