import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fail, type Result, succeed } from '../policy/result.ts';
import { returnableBuffer } from '../policy/returnable-buffer.ts';

type Fault = { readonly problem: string; readonly hint: string };

/** Some 25 million names. */
const MAX_LIST_BYTES = 512 * 2 ** 20;

/** A pipe is opened without waiting for its other end, and a link that has come in the file's place is not followed. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * The bytes of the list `lists/<name>.txt`, as they were at one moment; at most `room` of them. A link may point
 * elsewhere in the policy folder, as mounted configuration does, but not out of it.
 */
export function readListFile(policyFolder: string, name: string, room: number): Result<Uint8Array, Fault> {
  let file: number | undefined;
  try {
    const real = realpathSync(join(policyFolder, 'lists', `${name}.txt`));
    if (!real.startsWith(realpathSync(policyFolder) + sep))
      return fail({
        problem: 'the link leads out of the policy folder',
        hint: 'put the file itself into the folder',
      });
    file = openSync(real, OPEN_FLAGS);
    return readWhole(file, Math.min(room, MAX_LIST_BYTES));
  } catch (error) {
    return fail(faultOf(error as NodeJS.ErrnoException));
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readWhole(file: number, most: number): Result<Uint8Array, Fault> {
  const before = fstatSync(file, { bigint: true });
  if (!before.isFile())
    return fail({ problem: 'it is not a file', hint: 'a pipe or a device would never end: remove it' });
  if (before.size > most)
    return fail({
      problem: `the list is ${Math.ceil(Number(before.size) / 1e6)} MB large`,
      hint: 'a list holds 512 MB at most, and all lists that are in use 1 GB',
    });
  const bytes = new Uint8Array(returnableBuffer(Number(before.size)), 0, Number(before.size));
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(file, bytes, length, bytes.length - length, null);
    if (read === 0) break;
    length += read;
  }
  if (length < bytes.length || !isSame(before, fstatSync(file, { bigint: true })))
    return fail({
      problem: 'it changed while it was read',
      hint: 'write lists under another name and rename them into place',
    });
  return succeed(bytes);
}

const isSame = (before: BigIntStats, after: BigIntStats): boolean =>
  before.size === after.size && before.mtimeNs === after.mtimeNs && before.ino === after.ino;

const faultOf = (error: NodeJS.ErrnoException): Fault =>
  error.code === 'ENOENT'
    ? { problem: 'there is no such list', hint: 'import it, or mend its name in the policies' }
    : { problem: `the list cannot be read: ${error.message}`, hint: 'check that it is there and readable' };
