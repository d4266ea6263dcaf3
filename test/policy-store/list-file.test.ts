import { appendFileSync, renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { readListFile } from '../../src/policy-store/list-file.ts';
import { errorOf, unwrap } from '../policy/support.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

/** What happens to the file just after a part of it has been read. */
const meanwhile = vi.hoisted(() => ({ happens: (): void => {} }));

vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>();
  const readSync = (...read: Parameters<typeof original.readSync>): number => {
    const bytes = original.readSync(...read);
    meanwhile.happens();
    return bytes;
  };
  return { ...original, readSync };
});

const MEGABYTE = 1_000_000;

function readWhile(happens: (path: string) => void) {
  const folder = folderWith({ 'lists/a.txt': 'a.kr\n' });
  meanwhile.happens = () => {
    meanwhile.happens = () => {};
    happens(join(folder, 'lists', 'a.txt'));
  };
  return readListFile(folder, 'a', MEGABYTE);
}

test.each([
  ['grew', (path: string) => appendFileSync(path, 'b.kr\n')],
  ['was written anew at the same size', (path: string) => utimesSync(path, 1, 1)],
])('a list that %s while it was read is refused', (_, happens) => {
  expect(errorOf(readWhile(happens))).toEqual({
    problem: 'it changed while it was read',
    hint: 'write lists under another name and rename them into place',
  });
});

test('a list that another took the place of while it was read is the one that was opened', () => {
  const bytes = readWhile((path) => {
    const other = writeIn(folderWith(), 'b.txt', 'b.kr\n');
    renameSync(other, path);
  });
  expect(new TextDecoder().decode(unwrap(bytes))).toBe('a.kr\n');
});

test('a list is read to its last byte, and refused when there is no room for it', () => {
  const folder = folderWith({ 'lists/a.txt': `${'a'.repeat(200_000)}z` });
  expect(unwrap(readListFile(folder, 'a', 200_001)).at(-1)).toBe('z'.charCodeAt(0));
  expect(errorOf(readListFile(folder, 'a', 200_000)).problem).toBe('the list is 1 MB large');
});
