import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replaceFiles } from '../../src/cli/replace-files.ts';
import { folderWith } from '../support/temp-dir.ts';

const FILES = { 'a.yaml': 'one', 'b.yaml': 'two' };
const replacement = (folder: string, name: string, before: string) => ({
  name,
  path: join(folder, name),
  before,
  after: 'new',
});

test('files get their new texts, and nothing else is left', () => {
  const folder = folderWith(FILES);
  const done = replaceFiles([replacement(folder, 'a.yaml', 'one'), replacement(folder, 'b.yaml', 'two')]);
  expect(done.ok).toBe(true);
  expect(readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))).toEqual(['new', 'new']);
});

test.each([
  ['one of them has changed since it was read', 'b.yaml', 'older', 'the file has changed meanwhile'],
  ['one of them is gone', 'c.yaml', 'three', 'the file cannot be written: ENOENT'],
])('nothing is written when %s', (_why, name, before, problem) => {
  const folder = folderWith(FILES);
  const done = replaceFiles([replacement(folder, 'a.yaml', 'one'), replacement(folder, name, before)]);
  expect(done).toMatchObject({ ok: false, error: [{ at: name, problem: expect.stringContaining(problem) }] });
  expect(readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))).toEqual(['one', 'two']);
});

test('the mode stays, whatever the umask', () => {
  const folder = folderWith(FILES);
  chmodSync(join(folder, 'a.yaml'), 0o666);
  replaceFiles([replacement(folder, 'a.yaml', 'one')]);
  expect(statSync(join(folder, 'a.yaml')).mode & 0o777).toBe(0o666);
});
