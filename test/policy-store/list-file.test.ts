import { appendFileSync, renameSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
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

/** Reads the list `a.kr` and does something to it after the first `times` reads. */
function readWhile(times: number, happens: (path: string, time: number) => void) {
  const folder = folderWith({ 'lists/a.txt': 'a.kr\n' });
  let time = 0;
  meanwhile.happens = () => {
    time += 1;
    if (time <= times) happens(join(folder, 'lists', 'a.txt'), time);
  };
  onTestFinished(() => {
    meanwhile.happens = () => {};
  });
  return readListFile(folder, 'a', MEGABYTE);
}

function replaceByRename(path: string, time: number): void {
  renameSync(writeIn(folderWith(), 'b.txt', `b${time}.kr\n`), path);
}

test.each([
  ['grows', (path: string) => appendFileSync(path, 'b.kr\n')],
  ['is written anew at the same size', (path: string, time: number) => utimesSync(path, time, time)],
  ['is replaced again and again', replaceByRename],
])('a list that %s while it is read is refused', (_, happens) => {
  expect(errorOf(readWhile(Number.POSITIVE_INFINITY, happens))).toEqual({
    problem: 'it changed while it was read',
    hint: 'write lists under another name and rename them into place',
  });
});

test('a list that an import replaces while it is read is read as the import wrote it', () => {
  const bytes = unwrap(readWhile(1, replaceByRename));
  expect(new TextDecoder().decode(bytes)).toBe('b1.kr\n');
});

test('a list is read to its last byte, and refused when there is no room for it', () => {
  const folder = folderWith({ 'lists/a.txt': `${'a'.repeat(200_000)}z` });
  expect(unwrap(readListFile(folder, 'a', 200_001)).at(-1)).toBe('z'.charCodeAt(0));
  expect(errorOf(readListFile(folder, 'a', 200_000)).problem).toBe('the list is 1 MB large');
});
