import { expiredExceptions } from '../policy/policy-tests.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { loadPolicies } from './load.ts';
import type { PolicyStore } from './store.ts';

/** The version that runs now, whether it is another one than before, and what in it should be mended. */
export type Reloaded = {
  readonly policy: string;
  readonly changed: boolean;
  readonly warnings: readonly Problem[];
};

/** Reads the policy folder anew and puts it in force. */
export type Reloader = {
  /** Whoever asks while a reload is waiting to begin shares that one. */
  reload(): Promise<Result<Reloaded>>;
  /** From now on nothing is put in force any more, not even by a reload under way. */
  close(): void;
};

/**
 * Whatever is wrong with the folder leaves the running set as it is. Reloads run one after the other, so that an older
 * state of the folder never takes the place of a newer one. `clock` gives milliseconds since the epoch;
 * `cache` is that of `loadPolicies`.
 */
export function createReloader(
  folder: string,
  store: PolicyStore,
  clock: () => number,
  cache?: string,
): Reloader {
  let running: Promise<unknown> = Promise.resolve();
  let waiting: Promise<Result<Reloaded>> | undefined;
  let isOpen = true;
  const reloadNow = async (): Promise<Result<Reloaded>> => {
    waiting = undefined; // what is asked from here on may be about files that this one has read already
    const now = clock();
    const next = await loadPolicies(folder, now, cache);
    if (!next.ok) return next;
    // An exception that has ended in the running set too does not make that one better: lists are renewed every hour.
    const known = new Set(expiredExceptions(store.current(), now).map(({ problem }) => problem));
    const expired = expiredExceptions(next.value, now);
    const added = expired.filter(({ problem }) => !known.has(problem));
    if (added.length > 0) return fail(added);
    const { version } = next.value;
    const changed = isOpen && version !== store.current().version;
    if (changed) store.replace(next.value);
    return succeed({ policy: version, changed, warnings: expired });
  };
  return {
    reload() {
      if (waiting !== undefined) return waiting;
      const next = running.then(reloadNow);
      waiting = next;
      running = next.catch(() => {}); // whoever asked for it hears of it; the next one begins all the same
      return next;
    },
    close() {
      isOpen = false;
    },
  };
}
