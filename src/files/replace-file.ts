import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Whose a file is and who may do what with it, as `node:fs` says it; without an owner it is the process's. */
export type Access = { readonly mode: number; readonly uid?: number; readonly gid?: number };

/** The new bytes of a file, on the disk beside it under a name that nobody reads. */
export type PreparedFile = {
  /** Has them take the file's name, at one stroke. Throws what the system throws; then the old file stands. */
  replace(): void;
  /** The same, unless somebody has the name: then it throws `EEXIST`, and that file stands. */
  create(): void;
  /** Removes them, unless they have become the file. Never throws. */
  discard(): void;
};

/** `.<name>.<random>.tmp`: folders are watched, and what begins with a dot is not read. */
const temporaryName = (name: string): string =>
  `${name.replace(/^\.?/, '.')}.${randomBytes(8).toString('hex')}.tmp`;

/** What `temporaryName` gives, the cache of the compiled lists, and that of the policies, should the state lie there. */
const OWN_NAME = /^(?:\.compiled\.cache|policies\.cache|\..+\.[0-9a-f]{16}\.tmp)$/;

/** Whether a file of that name, without a folder, is one that Postern writes for itself: nobody's change. */
export const isOwnName = (name: string): boolean => OWN_NAME.test(name);

/**
 * Writes the parts, one after another, to the disk beside `path`, and leaves `path` as it is. Throws what the system
 * throws; then nothing is left behind.
 */
export function prepareFile(
  path: string,
  parts: Iterable<string | Uint8Array>,
  access: Access,
): PreparedFile {
  const folder = dirname(path);
  const temporary = join(folder, temporaryName(basename(path)));
  const file = openSync(temporary, 'wx', 0o600); // nobody else sees half of it
  let isTemporary = true;
  const discard = (): void => {
    if (isTemporary) removeQuietly(temporary);
    isTemporary = false;
  };
  try {
    writeAll(file, parts, access);
  } catch (error) {
    discard();
    throw error;
  }
  return {
    discard,
    replace: () =>
      inFolder(folder, () => {
        renameSync(temporary, path);
        isTemporary = false;
      }),
    create: () => inFolder(folder, () => linkSync(temporary, path)),
  };
}

/** Does something to a name in a folder, so that it lasts. */
function inFolder(folder: string, act: () => void): void {
  const descriptor = openSync(folder, 'r'); // first, so that a failure comes before anything is done
  try {
    act();
    syncQuietly(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Replaces the file, or makes it, at one stroke: whoever reads it sees all of the old bytes or all of the new ones, after
 * a power failure too. Throws what the system throws; then the old file stands and nothing is left behind.
 */
export function replaceFile(path: string, parts: Iterable<string | Uint8Array>, access: Access): void {
  const prepared = prepareFile(path, parts, access);
  try {
    prepared.replace();
  } finally {
    prepared.discard();
  }
}

/** Makes the file at one stroke, and never replaces one: throws `EEXIST` then, and what the system throws else. */
export function createFile(path: string, parts: Iterable<string | Uint8Array>, access: Access): void {
  const prepared = prepareFile(path, parts, access);
  try {
    prepared.create();
  } finally {
    prepared.discard();
  }
}

/** Gives the file another name in its folder, at one stroke: what had that name before is gone. */
export function renameFile(path: string, to: string): void {
  inFolder(dirname(to), () => renameSync(path, to));
}

/** Removes the file for good. */
export function removeFile(path: string): void {
  inFolder(dirname(path), () => unlinkSync(path));
}

/** Closes the file, whatever happens. */
function writeAll(file: number, parts: Iterable<string | Uint8Array>, { mode, uid, gid }: Access): void {
  try {
    const made = fstatSync(file);
    const owner = { uid: uid ?? made.uid, gid: gid ?? made.gid };
    if (owner.uid !== made.uid || owner.gid !== made.gid) fchownSync(file, owner.uid, owner.gid);
    for (const part of parts) writeFileSync(file, part);
    // Whatever the umask; and after the owner and the text, for either clears some of the mode's bits.
    fchmodSync(file, mode & 0o7777);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The folder has gone, and the file with it; or what failed before this says why.
  }
}

/** So that the new name too is on the disk. */
function syncQuietly(folder: number): void {
  try {
    fsyncSync(folder);
  } catch {
    // Some file systems cannot sync a folder. The file has been replaced, and to say otherwise would be wrong.
  }
}
