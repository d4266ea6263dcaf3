import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Reading, readUnchanged } from '../../src/files/read-unchanged.ts';
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

const READING: Reading = {
  maxBytes: 1_000_000,
  noun: 'roster',
  tooLargeHint: 'split it',
  changedHint: 'save it again',
};

test('a file is read to its last byte, an empty one too', () => {
  const folder = folderWith({ full: `${'a'.repeat(200_000)}z`, empty: '' });
  const read = (name: string) => Buffer.from(unwrap(readUnchanged(join(folder, name), READING))).toString();
  expect(read('full')).toBe(`${'a'.repeat(200_000)}z`);
  expect(read('empty')).toBe('');
});

test('the bytes lie in the memory that the caller allocates, and end where the file does', () => {
  const memory = new ArrayBuffer(100);
  const path = join(folderWith({ a: 'text' }), 'a');
  const bytes = unwrap(readUnchanged(path, { ...READING, allocate: () => memory }));
  expect(bytes.buffer).toBe(memory);
  expect(Buffer.from(bytes).toString()).toBe('text');
});

test('a file of the greatest size is read, and a larger one is refused in the words of the caller', () => {
  const path = join(folderWith({ a: 'x'.repeat(2_000_001) }), 'a');
  expect(unwrap(readUnchanged(path, { ...READING, maxBytes: 2_000_001 }))).toHaveLength(2_000_001);
  expect(errorOf(readUnchanged(path, { ...READING, maxBytes: 2_000_000 }))).toEqual({
    problem: 'the roster is 3 MB large',
    hint: 'split it',
  });
});

test.each<[string, (path: string) => void]>([
  ['grows', (path) => appendFileSync(path, 'more')],
  ['is written anew at the same size', (path) => utimesSync(path, 1, 1)],
  ['is replaced by a rename', (path) => renameSync(writeIn(folderWith(), 'b', 'text'), path)],
  [
    'is replaced by a link to itself',
    (path) => {
      renameSync(path, `${path}.old`);
      symlinkSync(`${path}.old`, path);
    },
  ],
])('a file that %s while it is read is refused', (_how, change) => {
  const path = join(folderWith({ a: 'text' }), 'a');
  meanwhile.happens = () => {
    meanwhile.happens = () => {};
    change(path);
  };
  onTestFinished(() => {
    meanwhile.happens = () => {};
  });
  expect(errorOf(readUnchanged(path, READING))).toEqual({
    problem: 'it changed while it was read',
    hint: 'save it again',
  });
});

test.each<[string, (path: string) => void]>([
  ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ['a folder', (path) => mkdirSync(path)],
])('%s is refused, and not waited for', (_what, make) => {
  const path = join(folderWith(), 'a');
  make(path);
  expect(errorOf(readUnchanged(path, READING)).problem).toBe('it is not a file');
});

test('a link is not followed, and what is missing throws', () => {
  const path = join(folderWith({ a: 'text' }), 'a');
  symlinkSync(path, `${path}.link`);
  expect(() => readUnchanged(`${path}.link`, READING)).toThrow('ELOOP');
  rmSync(path);
  expect(() => readUnchanged(path, READING)).toThrow('ENOENT');
});

test('where only our own will do, a file that others may write is refused', () => {
  const path = writeIn(folderWith(), 'roster', 'a');
  const own: Reading = { ...READING, writers: 'own' };
  for (const mode of [0o600, 0o644, 0o755]) {
    chmodSync(path, mode);
    expect(readUnchanged(path, own).ok).toBe(true);
  }
  for (const mode of [0o620, 0o602, 0o666]) {
    chmodSync(path, mode);
    expect(readUnchanged(path, READING).ok).toBe(true);
    expect(errorOf(readUnchanged(path, own)).problem).toBe('others may have written the roster');
  }
});
