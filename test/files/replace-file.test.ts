import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOwnName, prepareFile, replaceFile } from '../../src/files/replace-file.ts';
import { folderWith } from '../support/temp-dir.ts';

const ACCESS = { mode: 0o640 };

const textsIn = (folder: string): Readonly<Record<string, string>> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));

test('the parts become the file, and nothing else is left', () => {
  const folder = folderWith({ a: 'old' });
  replaceFile(join(folder, 'a'), ['one ', '', Buffer.from('two')], ACCESS);
  replaceFile(join(folder, 'new'), [], ACCESS);
  expect(textsIn(folder)).toEqual({ a: 'one two', new: '' });
});

test('while it is written the old file stands, and the other is one of our own that only we read', () => {
  const folder = folderWith({ a: 'old' });
  function* parts() {
    yield 'first';
    const [temporary = '', ...others] = readdirSync(folder).filter((name) => name !== 'a');
    expect(others).toEqual([]);
    expect(temporary).toMatch(/^\.a\.[0-9a-f]+\.tmp$/);
    expect(isOwnName(temporary)).toBe(true);
    expect(statSync(join(folder, temporary)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('old');
  }
  replaceFile(join(folder, 'a'), parts(), ACCESS);
  expect(textsIn(folder)).toEqual({ a: 'first' });
});

test('a hidden file gets no second dot', () => {
  const folder = folderWith();
  const prepared = prepareFile(join(folder, '.cache'), ['text'], ACCESS);
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^\.cache\.[0-9a-f]+\.tmp$/)]);
  prepared.discard();
});

test('the file gets the mode that is asked for, whatever the umask and the old file', () => {
  const path = join(folderWith({ a: 'old' }), 'a');
  chmodSync(path, 0o600);
  replaceFile(path, ['new'], { mode: 0o100_666 }); // with the bits of a file's kind, as `stat` gives it
  expect(statSync(path).mode & 0o7777).toBe(0o666);
});

test('what fails on the way leaves the old file, and nothing else', () => {
  const folder = folderWith({ a: 'old' });
  function* failing() {
    yield 'half';
    throw new Error('no more');
  }
  expect(() => replaceFile(join(folder, 'a'), failing(), ACCESS)).toThrow('no more');
  expect(textsIn(folder)).toEqual({ a: 'old' });
});

test('what cannot take the name leaves nothing behind', () => {
  const folder = folderWith({ 'taken/inside': '' });
  expect(() => replaceFile(join(folder, 'taken'), ['new'], ACCESS)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(folder)).toEqual(['taken']);
});

test('without its folder nothing is made, and the fault is told', () => {
  const folder = folderWith();
  expect(() => replaceFile(join(folder, 'gone/a'), ['new'], ACCESS)).toThrow('ENOENT');
  const prepared = prepareFile(join(folder, 'a'), ['new'], ACCESS);
  rmSync(folder, { recursive: true });
  expect(() => prepared.replace()).toThrow('ENOENT');
  expect(() => prepared.discard()).not.toThrow();
  mkdirSync(folder); // for the clean-up
});

test('to discard what has become the file removes nothing', () => {
  const path = join(folderWith(), 'a');
  const prepared = prepareFile(path, ['new'], ACCESS);
  expect(existsSync(path)).toBe(false);
  prepared.replace();
  prepared.discard();
  expect(readFileSync(path, 'utf8')).toBe('new');
});

test.each([
  ['.compiled.cache', true],
  ['policies.cache', true],
  ['.policies.cache.0123456789abcdef.tmp', true],
  ['.compiled.cache.0123456789abcdef.tmp', true],
  ['.trade-ministry.yaml.0123456789abcdef.tmp', true],
  ['trade-ministry.yaml', false],
  ['.trade-ministry.yaml.swp', false],
  ['.trade-ministry.yaml.0123.tmp', false],
  ['.0123456789abcdef.tmp', false],
  ['compiled.cache', false],
  ['other-policies.cache', false],
  ['policies.cache.yaml', false],
  ['..data', false], // mounted configuration changes by it
  ['..data_tmp', false],
])('%s: it is %s that Postern writes it for itself', (name, is) => {
  expect(isOwnName(name)).toBe(is);
});
