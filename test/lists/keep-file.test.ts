import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOwnName } from '../../src/files/replace-file.ts';
import { keepFile } from '../../src/lists/keep-file.ts';
import { folderWith } from '../support/temp-dir.ts';

test('a file that was replaced stands again as it was, and nothing is left beside it', () => {
  const folder = folderWith({ 'a.txt': 'old' });
  const kept = keepFile(join(folder, 'a.txt'));
  const [beside = ''] = readdirSync(folder).filter((name) => name !== 'a.txt');
  expect(isOwnName(beside)).toBe(true); // so that whoever watches the folder passes it over
  replace(join(folder, 'a.txt'));
  kept.putBack();
  kept.forget();
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['a.txt']);
});

test('a file that may stay replaced leaves nothing beside it', () => {
  const folder = folderWith({ 'a.txt': 'old' });
  const kept = keepFile(join(folder, 'a.txt'));
  replace(join(folder, 'a.txt'));
  kept.forget();
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['a.txt']);
});

test('where there was no file, none is left', () => {
  const folder = folderWith({ 'other.txt': '' });
  const kept = keepFile(join(folder, 'a.txt'));
  replace(join(folder, 'a.txt'));
  kept.putBack();
  kept.forget();
  expect(readdirSync(folder)).toEqual(['other.txt']);
});

/** As a list is written: another file takes the name. */
function replace(path: string): void {
  rmSync(path, { force: true });
  writeFileSync(path, 'new');
}
