import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { fail, type Result, succeed } from '../policy/result.ts';
import { CHANGED, type Fault, type Reading, readUnchanged } from './read-unchanged.ts';

/**
 * The bytes of a file in the policy folder, as `readUnchanged` gives them. `root` is the folder's real path. A link may
 * point elsewhere in the folder, as mounted configuration does, but not out of it. Throws what the system throws.
 */
export function readWithinFolder(
  root: string,
  path: string,
  reading: Reading,
): Result<Uint8Array<ArrayBuffer>, Fault> {
  const real = withinFolder(root, path);
  if (!real.ok) return real;
  const bytes = readUnchanged(real.value, reading);
  if (!bytes.ok) return bytes;
  // The path as a whole must still lead there: a folder on the way may have been exchanged for a link.
  return realpathSync(path) === real.value ? bytes : fail({ problem: CHANGED, hint: reading.changedHint });
}

/** The real path. */
function withinFolder(root: string, path: string): Result<string, Fault> {
  const real = realpathSync(path);
  return real.startsWith(root + sep)
    ? succeed(real)
    : fail({
        problem: 'the link leads out of the policy folder',
        hint: 'put the file itself into the folder',
      });
}
