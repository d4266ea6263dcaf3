import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { lint } from '../../src/lint/lint.ts';
import { compileFolder } from '../../src/policy-store/load.ts';
import { NOW, unwrap } from '../policy/support.ts';

test('the shipped policies have nothing in them that looks like a slip', async () => {
  const folder = unwrap(await compileFolder(fileURLToPath(new URL('../../policies', import.meta.url))));
  expect(lint(folder, NOW)).toEqual([]);
});
