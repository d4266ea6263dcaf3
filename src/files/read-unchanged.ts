import { type BigIntStats, closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { fail, type Result, succeed } from '../policy/result.ts';

/** Why a file is not taken, and what to do about it; the caller knows what the file is called. */
export type Fault = { readonly problem: string; readonly hint: string };

/** What a file of one kind may be, and how messages speak of it. */
export type Reading = {
  readonly maxBytes: number;
  /** Gives the memory for at least so many bytes; a buffer of just that size when it is not said. */
  readonly allocate?: (bytes: number) => ArrayBuffer;
  /** What the file is: `file`, `list`. */
  readonly noun: string;
  /** `own`: nobody but this process's user and root may be able to have written it; anybody when it is not said. */
  readonly writers?: 'own';
  /** What to do about one that is larger than `maxBytes`. */
  readonly tooLargeHint: string;
  /** What to do about one that changes while it is read. */
  readonly changedHint: string;
};

export const CHANGED = 'it changed while it was read';

/** A link is not followed, and a pipe that has come in the file's place is not waited for. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The bytes of a file as it was at one moment: half of the old text and half of the new could be good policy that
 * nobody wrote. Everything is asked of the opened file, since the path may lead elsewhere a moment later; at the end
 * the path must still lead to it. Fails when it is no regular file, too large, another's, or has changed meanwhile.
 * Throws what the system throws when the file cannot be opened or read.
 */
export function readUnchanged(path: string, reading: Reading): Result<Uint8Array<ArrayBuffer>, Fault> {
  const descriptor = openSync(path, OPEN_FLAGS);
  try {
    const before = fstatSync(descriptor, { bigint: true });
    if (!before.isFile())
      return fail({ problem: 'it is not a file', hint: 'a pipe or a device would never end: remove it' });
    if (reading.writers === 'own' && !isOwn(before))
      return fail({ problem: `others may have written the ${reading.noun}`, hint: 'delete it' });
    const size = Number(before.size);
    if (size > reading.maxBytes)
      return fail({
        problem: `the ${reading.noun} is ${Math.ceil(size / 1e6)} MB large`,
        hint: reading.tooLargeHint,
      });
    const bytes = new Uint8Array(reading.allocate?.(size) ?? new ArrayBuffer(size), 0, size);
    const isWhole =
      fill(bytes, descriptor) &&
      isSame(before, fstatSync(descriptor, { bigint: true })) &&
      isSame(before, lstatSync(path, { bigint: true }));
    return isWhole ? succeed(bytes) : fail({ problem: CHANGED, hint: reading.changedHint });
  } finally {
    closeSync(descriptor);
  }
}

/** Whether only this process's user and root may write the file; elsewhere than on POSIX systems all files are 0's. */
const isOwn = ({ uid, mode }: BigIntStats): boolean =>
  (uid === 0n || uid === BigInt(process.geteuid?.() ?? 0)) && (mode & OTHERS_WRITE) === 0n;

/** The permission of the group and of others to write. */
const OTHERS_WRITE = 0o022n;

/** Whether the file had bytes enough. */
function fill(bytes: Uint8Array, descriptor: number): boolean {
  for (let length = 0; length < bytes.length; ) {
    const read = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (read === 0) return false;
    length += read;
  }
  return true;
}

const isSame = (before: BigIntStats, after: BigIntStats): boolean =>
  before.dev === after.dev &&
  before.ino === after.ino &&
  before.size === after.size &&
  before.mtimeNs === after.mtimeNs;
