import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { CHANGED, type Fault, type Reading } from '../files/read-unchanged.ts';
import { readWithinFolder } from '../files/within-folder.ts';
import { returnableBuffer } from '../policy/matching/returnable-buffer.ts';
import { fail, type Result } from '../policy/result.ts';

/** Some 25 million names. */
const MAX_LIST_BYTES = 512 * 2 ** 20;

/**
 * The bytes of the list `lists/<name>.txt`, as they were at one moment; at most `room` of them. A link may point
 * elsewhere in the policy folder, but not out of it.
 */
export function readListFile(policyFolder: string, name: string, room: number): Result<Uint8Array, Fault> {
  const reading: Reading = {
    maxBytes: Math.min(room, MAX_LIST_BYTES),
    allocate: returnableBuffer,
    noun: 'list',
    tooLargeHint: 'a list holds 512 MB at most, and all lists that are in use 1 GB',
    changedHint: 'write lists under another name and rename them into place',
  };
  const read = () =>
    readWithinFolder(realpathSync(policyFolder), join(policyFolder, 'lists', `${name}.txt`), reading);
  try {
    const bytes = read();
    // An import has put a new list in its place, as it should: that one is whole.
    return !bytes.ok && bytes.error.problem === CHANGED ? read() : bytes;
  } catch (error) {
    return fail(faultOf(error as NodeJS.ErrnoException));
  }
}

const faultOf = (error: NodeJS.ErrnoException): Fault =>
  error.code === 'ENOENT'
    ? { problem: 'there is no such list', hint: 'import it, or mend its name in the policies' }
    : { problem: `the list cannot be read: ${error.message}`, hint: 'check that it is there and readable' };
