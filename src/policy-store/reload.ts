import { expiredExceptions } from '../policy/policy-tests.ts';
import { fail, type Result, succeed } from '../policy/result.ts';
import { loadPolicies } from './load.ts';
import type { PolicyStore } from './store.ts';

/** The version that runs now, and whether it is another one than before. */
export type Reloaded = { readonly policy: string; readonly changed: boolean };

/** Reads the policy folder anew and puts it in force, when asked. */
export type Reload = () => Promise<Result<Reloaded>>;

/**
 * Whatever is wrong with the folder, an exception that has ended included, leaves the running set as it is. Reloads
 * run one after the other, so that an older state of the folder never takes the place of a newer one. `clock` gives
 * milliseconds since the epoch.
 */
export function createReload(folder: string, store: PolicyStore, clock: () => number): Reload {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const next = last.then(() => reloadPolicies(folder, store, clock()));
    last = next.catch(() => {}); // whoever asked for it hears of it; the next one begins all the same
    return next;
  };
}

async function reloadPolicies(folder: string, store: PolicyStore, now: number): Promise<Result<Reloaded>> {
  const next = await loadPolicies(folder, now);
  if (!next.ok) return next;
  const expired = expiredExceptions(next.value, now);
  if (expired.length > 0) return fail(expired);
  const { version } = next.value;
  const changed = version !== store.current().version;
  if (changed) store.replace(next.value);
  return succeed({ policy: version, changed });
}
