import type { PolicySet } from '../policy/policy.ts';
import { expiredExceptions } from '../policy/policy-tests.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { type CompiledFolder, loadFolder } from './load.ts';

/** The version that runs now, whether it is another one than before, and what in it should be mended. */
export type Reloaded = {
  readonly policy: string;
  readonly changed: boolean;
  readonly warnings: readonly Problem[];
};

/** What decides now, and how another set takes its place: everywhere, or with a problem nowhere. */
export type InForce = {
  current(): PolicySet;
  replace(next: CompiledFolder): Promise<Result<undefined>>;
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
 * `cache` is that of `loadFolder`.
 */
export function createReloader(
  folder: string,
  inForce: InForce,
  clock: () => number,
  cache?: string,
): Reloader {
  let running: Promise<unknown> = Promise.resolve();
  let waiting: Promise<Result<Reloaded>> | undefined;
  let isOpen = true;
  const reloadNow = async (): Promise<Result<Reloaded>> => {
    waiting = undefined; // what is asked from here on may be about files that this one has read already
    const now = clock();
    const next = await loadFolder(folder, now, cache);
    if (!next.ok) return next;
    const { policies } = next.value;
    // An exception that has ended in the running set too does not make that one better: lists are renewed every hour.
    const known = new Set(expiredExceptions(inForce.current(), now).map(({ problem }) => problem));
    const expired = expiredExceptions(policies, now);
    const added = expired.filter(({ problem }) => !known.has(problem));
    if (added.length > 0) return fail(added);
    const { version } = policies;
    const changed = isOpen && version !== inForce.current().version;
    const replaced = changed ? await inForce.replace(next.value) : succeed(undefined);
    return replaced.ok ? succeed({ policy: version, changed, warnings: expired }) : replaced;
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
