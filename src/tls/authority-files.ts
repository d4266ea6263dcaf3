import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail, type Problem, type Result, succeed } from './result.ts';

/** Makes the folder of a CA (0700) when it is missing, so that it survives a power cut (fsync(2)). */
export function makeFolder(directory: string): Result<undefined> {
  return writing(directory, () => {
    const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (made === undefined) return;
    const parent = openSync(dirname(made), 'r');
    try {
      fsyncSync(parent);
    } finally {
      closeSync(parent);
    }
  });
}

/** Writes something at `at`; what the system says against it becomes a problem. */
export function writing(at: string, write: () => void): Result<undefined> {
  try {
    write();
    return succeed(undefined);
  } catch (error) {
    return fail(writeProblem(at, systemErrorCode(error)));
  }
}

/**
 * The content of a file whose mode has none of the bits in `forbidden`. The mode is that of the open file, so that the
 * file cannot be swapped between the check and the reading.
 */
export function readFileWithin(
  path: string,
  forbidden: number,
  ifMissing = RESTORE_CA,
  secret = 'the private key',
): Result<Buffer> {
  try {
    const descriptor = openSync(path, 'r');
    try {
      const mode = fstatSync(descriptor).mode & 0o777;
      return (mode & forbidden) === 0
        ? succeed(readFileSync(descriptor))
        : fail(modeProblem(path, mode, forbidden, secret));
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return fail(readProblem(path, systemErrorCode(error), ifMissing));
  }
}

const RESTORE_CA =
  'a CA is the two files ca.key and ca.crt: restore what is missing, or create a CA in an empty directory';

const modeProblem = (path: string, mode: number, forbidden: number, secret: string): Problem => ({
  at: path,
  problem: `${secret} is open to other users (mode 0${mode.toString(8)})`,
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

export const existsProblem = (path: string): Problem => ({
  at: path,
  problem: 'it exists already, and a CA is never overwritten',
  hint: 'name another directory, or replace the CA that is there with `postern ca rotate`',
});

const writeProblem = (path: string, code: string): Problem =>
  code === 'EEXIST'
    ? existsProblem(path)
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
