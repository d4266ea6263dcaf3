import type { Problem } from '../policy/result.ts';
import type { Reloaded } from '../policy-store/reload.ts';
import type { Resource } from '../supervisor/resources.ts';
import type { WorkerEvent } from '../supervisor/workers.ts';

/** What a running Postern has to tell the person at its terminal; decisions go to the decision log. */
export type Announcement =
  | { readonly kind: 'ca-created'; readonly directory: string }
  | ProxyAnnouncement
  | WorkerAnnouncement
  | ({ readonly kind: 'reloaded' } & Reloaded)
  | { readonly kind: 'reload-refused'; readonly problems: readonly Problem[] }
  | { readonly kind: 'certificates-renewed' }
  | { readonly kind: 'certificates-refused'; readonly problems: readonly Problem[] }
  /** Another CA signs for block pages from now on. */
  | { readonly kind: 'ca-renewed'; readonly subject: string; readonly sha256Fingerprint: string }
  | { readonly kind: 'ca-refused'; readonly problems: readonly Problem[] };

/** What a proxy says of itself while it serves. */
export type ProxyAnnouncement =
  | { readonly kind: 'warning'; readonly problem: Problem }
  | { readonly kind: 'log-recovered'; readonly directory: string }
  /** There is enough again of what a warning said was short. */
  | { readonly kind: 'relieved'; readonly resource: Resource };

/** The same of one of several, which counts from 1; and what befalls it. */
export type WorkerAnnouncement = (ProxyAnnouncement & { readonly worker: number }) | WorkerEvent;

export type Announce = (announcement: Announcement) => void;
