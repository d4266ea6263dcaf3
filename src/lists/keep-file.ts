import { randomBytes } from 'node:crypto';
import { constants, copyFileSync, linkSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A file as it was, or that there was none. */
export type KeptFile = {
  /** Has it stand at its path again, at one stroke. Throws as `node:fs` does. */
  putBack(): void;
  /** Lets go of what is kept; nothing happens when it was put back. */
  forget(): void;
};

/** Keeps the file at this path while another one takes its place. Throws as `node:fs` does. */
export function keepFile(path: string): KeptFile {
  // A name of the kind that whoever watches or reads the folder passes over.
  const kept = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}.tmp`);
  if (!holdUnder(kept, path)) return { putBack: () => rmSync(path, { force: true }), forget: () => {} };
  return { putBack: () => renameSync(kept, path), forget: () => rmSync(kept, { force: true }) };
}

/** Whether there is anything to hold. */
function holdUnder(kept: string, path: string): boolean {
  try {
    linkSync(path, kept);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    copyFileSync(path, kept, constants.COPYFILE_EXCL); // not every file system has hard links
  }
  return true;
}
