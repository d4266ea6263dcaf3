import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Reading } from '../../src/files/read-unchanged.ts';
import { readWithinFolder } from '../../src/files/within-folder.ts';
import { errorOf, unwrap } from '../policy/support.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

const READING: Reading = { maxBytes: 100, noun: 'file', tooLargeHint: '', changedHint: '' };
const OUTSIDE = {
  problem: 'the link leads out of the policy folder',
  hint: 'put the file itself into the folder',
};

test('a file is read through links that stay in the folder, as mounted configuration has them', () => {
  const root = folderWith({ '..2026/a.yaml': 'text' });
  symlinkSync('..2026', join(root, '..data'));
  symlinkSync('..data/a.yaml', join(root, 'a.yaml'));
  const bytes = unwrap(readWithinFolder(root, join(root, 'a.yaml'), READING));
  expect(Buffer.from(bytes).toString()).toBe('text');
});

// Covers: EV-40
test('a link out of the folder is refused, whether it is the file or a folder on the way', () => {
  const outside = folderWith({ 'a.yaml': 'text' });
  const root = folderWith();
  symlinkSync(join(outside, 'a.yaml'), join(root, 'a.yaml'));
  symlinkSync(outside, join(root, 'below'));
  for (const path of ['a.yaml', 'below/a.yaml'])
    expect(errorOf(readWithinFolder(root, join(root, path), READING))).toEqual(OUTSIDE);
});

test('a folder whose name begins with that of the policy folder is another one', () => {
  const parent = folderWith();
  const path = writeIn(parent, 'policies-old/a.yaml', 'text');
  mkdirSync(join(parent, 'policies'));
  symlinkSync(path, join(parent, 'policies/a.yaml'));
  const root = join(parent, 'policies');
  expect(errorOf(readWithinFolder(root, join(root, 'a.yaml'), READING))).toEqual(OUTSIDE);
});
