import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fail, type Result, succeed } from '../policy/result.ts';

/** A file that is to have another text than the one that was read. */
export type Replacement = {
  /** How messages call it. */
  readonly name: string;
  readonly path: string;
  readonly before: string;
  readonly after: string;
};

/**
 * Puts the new texts in place of the old ones, each file at one stroke, with its mode, its owner and its byte order
 * mark. All of them lie ready before the first is replaced. A file that somebody has changed since it was read, and any
 * failure until then, leaves all of them as they are.
 */
export function replaceFiles(replacements: readonly Replacement[]): Result<undefined> {
  const ready: { readonly temporary: string; readonly real: string }[] = [];
  let name = '';
  try {
    for (const replacement of replacements) {
      name = replacement.name;
      const real = realpathSync(replacement.path);
      const bytes = readFileSync(real);
      if (new TextDecoder().decode(bytes) !== replacement.before) {
        discard(ready);
        return fail([
          { at: name, problem: 'the file has changed meanwhile', hint: 'nothing was written: try again' },
        ]);
      }
      const mark = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : Buffer.alloc(0);
      // A hidden name: the policy folder is watched, and what begins with a dot is not read.
      const temporary = join(dirname(real), `.${basename(real)}.${process.pid}`);
      ready.push({ temporary, real });
      writeLike(statSync(real), temporary, Buffer.concat([mark, Buffer.from(replacement.after)]));
    }
    for (const { temporary, real } of ready) renameSync(temporary, real);
    return succeed(undefined);
  } catch (error) {
    discard(ready);
    const problem = `the file cannot be written: ${(error as Error).message}`;
    return fail([{ at: name, problem, hint: 'check who may write in its folder' }]);
  }
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

function writeLike({ mode, uid, gid }: Stats, path: string, bytes: Buffer): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    if (uid !== process.getuid?.() || gid !== process.getgid?.()) fchownSync(file, uid, gid);
    fchmodSync(file, mode & 0o7777); // after the owner: to change that clears some of the mode's bits
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const discard = (ready: readonly { readonly temporary: string }[]): void => {
  for (const { temporary } of ready) rmSync(temporary, { force: true });
};
