import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { outcomeOf, ROOT, spawnClean } from '../support/cli.ts';

const bench = (...args: readonly string[]) =>
  outcomeOf(spawnClean(process.execPath, ['bench/run.ts', ...args], { cwd: ROOT }));

test('the usage names every bench that the documents explain, and no other', async () => {
  const { status, stdout } = await bench('--help');
  const named = [...stdout.matchAll(/^ {2}([a-z]\S*) {2,}/gm)].map(([, name]) => name);
  const table = readFileSync(join(ROOT, 'docs/performance.md'), 'utf8').split('\n## ')[0] ?? '';
  const explained = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect(named).toHaveLength(11);
  expect(explained.toSorted()).toEqual(named.toSorted());
  expect(status).toBe(0);
});

test('wrong usage measures nothing, and says what is wrong', async () => {
  expect(await bench('forward', '--rounds', '0')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringMatching(/^--rounds takes a whole number from 1 to 100\n\nnpm run bench/),
  });
});
