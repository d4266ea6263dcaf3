import type { ProxyError } from '../../policy/proxy-error.ts';
import type { Parent } from './parent.ts';
import type { Hop } from './route.ts';

/** How long a parent that could not be reached is left alone: twice as long each time, up to a bound. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/** What is known of a parent by the attempts to reach it. */
export type ParentState =
  | { readonly name: string; readonly state: 'up' }
  | { readonly name: string; readonly state: 'down'; readonly cause: ProxyError; readonly downMs: number };

/**
 * Which parents can be reached, as told by the requests that try: nothing is sent to ask. It counts whether TCP and TLS
 * connect, and not what a parent answers, for that is as often about the target, which clients choose.
 */
export type Health = {
  /** The hops to try: those that are up or due to be tried again, else all, the one that failed longest ago first. */
  inOrder(hops: readonly Hop[]): readonly Hop[];
  /** Of a parent that is down one request at a time finds out whether it still is. */
  begin(parent: Parent): void;
  reached(parent: Parent): void;
  missed(parent: Parent, cause: ProxyError): void;
  stateOf(parent: Parent): ParentState;
};

type Down = {
  readonly cause: ProxyError;
  readonly since: number;
  readonly failedAt: number;
  readonly pauseMs: number;
  readonly retryAt: number;
};

/** `now` gives milliseconds of a clock that is never set back. */
export function createHealth(now: () => number): Health {
  const downs = new Map<string, Down>();
  const downOf = (hop: Hop): Down | undefined => (hop === 'direct' ? undefined : downs.get(hop.name));
  return {
    inOrder(hops) {
      const usable = hops.filter((hop) => (downOf(hop)?.retryAt ?? 0) <= now());
      return usable.length > 0
        ? usable
        : hops.toSorted((a, b) => (downOf(a)?.failedAt ?? 0) - (downOf(b)?.failedAt ?? 0));
    },
    begin({ name }) {
      const down = downs.get(name);
      if (down !== undefined) downs.set(name, { ...down, retryAt: now() + down.pauseMs });
    },
    reached: ({ name }) => void downs.delete(name),
    missed({ name }, cause) {
      const before = downs.get(name);
      const pauseMs = before === undefined ? FIRST_PAUSE_MS : Math.min(before.pauseMs * 2, MAX_PAUSE_MS);
      const failedAt = now();
      downs.set(name, {
        cause,
        since: before?.since ?? failedAt,
        failedAt,
        pauseMs,
        retryAt: failedAt + pauseMs,
      });
    },
    stateOf({ name }) {
      const down = downs.get(name);
      return down === undefined
        ? { name, state: 'up' }
        : { name, state: 'down', cause: down.cause, downMs: now() - down.since };
    },
  };
}
