import { expiredExceptions } from '../policy/policy-tests.ts';
import { fail, type Result, succeed } from '../policy/result.ts';
import { loadPolicies } from './load.ts';
import type { PolicyStore } from './store.ts';

/** The version that runs now, and whether it is another one than before. */
export type Reloaded = { readonly policy: string; readonly changed: boolean };

/**
 * Reads the folder anew and puts it in force. Whatever is wrong with it, an exception that has ended included, leaves
 * the running set as it is. `now` is in milliseconds since the epoch.
 */
export function reloadPolicies(folder: string, store: PolicyStore, now: number): Result<Reloaded> {
  const next = loadPolicies(folder, now);
  if (!next.ok) return next;
  const expired = expiredExceptions(next.value, now);
  if (expired.length > 0) return fail(expired);
  const { version } = next.value;
  const changed = version !== store.current().version;
  if (changed) store.replace(next.value);
  return succeed({ policy: version, changed });
}
