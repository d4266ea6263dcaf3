import { existsSync, readFileSync } from 'node:fs';
import { replaceFile } from '../files/replace-file.ts';
import { writing } from './authority-files.ts';
import { type AuthorityFolder, membersOf, ownerIn, pathsIn, rootOf } from './authority-folder.ts';
import { exportPem } from './export.ts';
import type { Result } from './result.ts';

/** Has `ca.crt` say what clients are to trust: one root, or two while one CA is exchanged for another. */
export function publishRoots(directory: string, folder: AuthorityFolder): Result<undefined> {
  const path = pathsIn(directory).certificate;
  const text = membersOf(folder)
    .map((stored) => exportPem(rootOf(stored)))
    .join('');
  return writing(path, () => {
    if (existsSync(path) && readFileSync(path, 'latin1') === text) return;
    replaceFile(path, [text], { mode: 0o644, ...ownerIn(directory) });
  });
}
