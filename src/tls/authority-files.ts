import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { fail, type Problem, type Result, succeed } from './result.ts';

export type NewFile = { readonly path: string; readonly content: string; readonly mode: number };

/**
 * Writes all of `files` into `directory`, or none. The directory is made (0700) when missing; a file that exists is
 * never replaced; each file has its mode from the moment it exists; all are on disk when this returns.
 */
export function writeNewFiles(directory: string, files: readonly NewFile[]): Result<undefined> {
  const created: string[] = [];
  let at = directory;
  try {
    const madeDirectory = mkdirSync(directory, { recursive: true, mode: 0o700 });
    for (const file of files) {
      at = file.path;
      const descriptor = openSync(file.path, 'wx', file.mode);
      created.push(file.path);
      writeDurably(descriptor, file);
    }
    at = directory;
    syncDirectory(directory);
    if (madeDirectory !== undefined) syncDirectory(dirname(madeDirectory));
    return succeed(undefined);
  } catch (error) {
    for (const path of created) rmSync(path, { force: true });
    return fail(writeProblem(at, systemErrorCode(error)));
  }
}

function writeDurably(descriptor: number, { content, mode }: NewFile): void {
  try {
    fchmodSync(descriptor, mode); // the umask may have taken bits away
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A new file survives a power cut only when its directory is on disk too (fsync(2)). */
function syncDirectory(directory: string): void {
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The content of a file whose mode has none of the bits in `forbidden`. The mode is that of the open file, so that the
 * file cannot be swapped between the check and the reading.
 */
export function readFileWithin(path: string, forbidden: number, ifMissing = RESTORE_CA): Result<Buffer> {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const mode = fstatSync(descriptor).mode & 0o777;
      return (mode & forbidden) === 0
        ? succeed(readFileSync(descriptor))
        : fail(modeProblem(path, mode, forbidden));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return fail(readProblem(path, systemErrorCode(error), ifMissing));
  }
}

const RESTORE_CA =
  'a CA is the two files ca.key and ca.crt: restore what is missing, or create a CA in an empty directory';

const modeProblem = (path: string, mode: number, forbidden: number): Problem => ({
  at: path,
  problem: `the private key is open to other users (mode 0${mode.toString(8)})`,
  hint: `chmod ${(mode & ~forbidden).toString(8)} ${path}`,
});

const readProblem = (path: string, code: string, ifMissing: string): Problem =>
  code === 'ENOENT'
    ? { at: path, problem: 'the file does not exist', hint: ifMissing }
    : {
        at: path,
        problem: `the file cannot be read (${code})`,
        hint: 'it must be a file that the user Postern runs as may read',
      };

const writeProblem = (path: string, code: string): Problem =>
  code === 'EEXIST'
    ? {
        at: path,
        problem: 'it exists already, and a CA is never overwritten',
        hint: 'name another directory, or move the CA that is there out of the way',
      }
    : {
        at: path,
        problem: `it cannot be written (${code})`,
        hint: 'name a directory that the user Postern runs as may write to, on a disk with space left',
      };

/** The `code` of a failed system call (`ENOENT`); anything else is a bug and is thrown on. */
function systemErrorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && 'syscall' in error) return String(error.code);
  throw error;
}
