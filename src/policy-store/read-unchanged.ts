import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { fail, type Result, succeed } from '../policy/result.ts';

export type Fault = { readonly problem: string; readonly hint: string };

export const CHANGED: Fault = { problem: 'it changed while it was read', hint: 'save it again, or reload' };

/** A link is not followed, and a pipe that has come in the file's place is not waited for. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The bytes of a file as it was at one moment: half of the old text and half of the new could be good policy that
 * nobody wrote. Everything is asked of the opened file, since the path may lead elsewhere a moment later. Throws what
 * the system throws when the file cannot be opened or read.
 */
export function readUnchanged(path: string, maxBytes: number): Result<Buffer, Fault> {
  const descriptor = openSync(path, OPEN_FLAGS);
  try {
    const before = fstatSync(descriptor, { bigint: true });
    if (!before.isFile())
      return fail({ problem: 'it is not a file', hint: 'a pipe or a device would never end: remove it' });
    if (before.size > maxBytes)
      return fail({
        problem: `the file is ${Math.ceil(Number(before.size) / 1e6)} MB large`,
        hint: `a policy file is text of at most ${Math.floor(maxBytes / 1e6)} MB`,
      });
    const bytes = readBytes(descriptor, Number(before.size));
    const isWhole =
      bytes.length === Number(before.size) &&
      isSame(before, fstatSync(descriptor, { bigint: true })) &&
      isSame(before, lstatSync(path, { bigint: true }));
    return isWhole ? succeed(bytes) : fail(CHANGED);
  } finally {
    closeSync(descriptor);
  }
}

/** As many bytes as there are, up to `size`. */
function readBytes(descriptor: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let length = 0;
  while (length < size) {
    const read = readSync(descriptor, bytes, length, size - length, null);
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

const isSame = (before: BigIntStats, after: BigIntStats): boolean =>
  before.dev === after.dev &&
  before.ino === after.ino &&
  before.size === after.size &&
  before.mtimeNs === after.mtimeNs;
