import { readFileSync, realpathSync, statSync } from 'node:fs';
import { type PreparedFile, prepareFile } from '../files/replace-file.ts';
import { fail, type Result, succeed } from '../policy/result.ts';

/** A file that is to have another text than the one that was read. */
export type Replacement = {
  /** How messages call it. */
  readonly name: string;
  readonly path: string;
  readonly before: string;
  readonly after: string;
};

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/**
 * Puts the new texts in place of the old ones, each file at one stroke, with its mode, its owner and its byte order
 * mark. All of them lie ready before the first is replaced. A file that somebody has changed since it was read, and any
 * failure until then, leaves all of them as they are.
 */
export function replaceFiles(replacements: readonly Replacement[]): Result<undefined> {
  const prepared: PreparedFile[] = [];
  let name = '';
  try {
    for (const replacement of replacements) {
      name = replacement.name;
      const real = realpathSync(replacement.path);
      const bytes = readFileSync(real);
      if (new TextDecoder().decode(bytes) !== replacement.before)
        return fail([
          { at: name, problem: 'the file has changed meanwhile', hint: 'nothing was written: try again' },
        ]);
      const mark = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : '';
      prepared.push(prepareFile(real, [mark, replacement.after], statSync(real)));
    }
    for (const file of prepared) file.replace();
    return succeed(undefined);
  } catch (error) {
    const problem = `the file cannot be written: ${(error as Error).message}`;
    return fail([{ at: name, problem, hint: 'check who may write in its folder' }]);
  } finally {
    for (const file of prepared) file.discard();
  }
}
