import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { outcomeOf, ROOT, spawnClean } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';

const bench = (...args: readonly string[]) =>
  outcomeOf(spawnClean(process.execPath, ['bench/run.ts', ...args], { cwd: ROOT }));

test('the usage names every bench that the documents explain, and no other', async () => {
  const { status, stdout } = await bench('--help');
  const named = [...stdout.matchAll(/^ {2}([a-z]\S*) {2,}/gm)].map(([, name]) => name);
  const table = readFileSync(join(ROOT, 'docs/performance.md'), 'utf8').split('\n## ')[0] ?? '';
  const explained = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
  );
  expect(named).toHaveLength(17);
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

const point = (size: number, postern: number) => ({
  what: '',
  unit: 'µs',
  postern,
  curve: { growing: 'tunnels', line: 'new', size, at: String(size) },
});
const earlier = (bench: string, ...figures: readonly object[]) =>
  JSON.stringify({ bench, machine: [], sections: [{ title: '', notes: [], figures }] });
const beside = (postern: number) => ({
  what: '',
  unit: 'µs',
  chart: 'HTTP',
  target: { kind: 'ratio', to: 'Squid', atMost: 1 },
  postern,
  peers: { Squid: 100 },
});

test('charts of earlier reports are drawn without measuring, of each bench the last one', async () => {
  const lines = [
    earlier('growth-tunnels', point(1, 10), point(10, 20)),
    earlier('forward', beside(70)),
    '',
    earlier('forward', beside(80)),
  ];
  const folder = folderWith({ 'reports.jsonl': lines.join('\n') });
  const files = ['--svg', `${folder}/bars.svg`, '--curves', `${folder}/curves.svg`];
  expect(await bench('--from', `${folder}/reports.jsonl`, ...files)).toMatchObject({ status: 0, stdout: '' });
  expect(readFileSync(`${folder}/bars.svg`, 'utf8')).toMatch(/>0\.80</);
  expect(readFileSync(`${folder}/bars.svg`, 'utf8')).not.toMatch(/>0\.70</);
  expect(readFileSync(`${folder}/curves.svg`, 'utf8')).toContain('new: 10 µs → 20 µs, × 2');
});

test.each([
  ['is not there', undefined, /cannot be read/],
  ['is none', 'postern bench: forward\n', /reports\.jsonl:1 is no report/],
])('a file of earlier reports that %s is wrong usage, and nothing is drawn', async (_, text, problem) => {
  const folder = folderWith(text === undefined ? {} : { 'reports.jsonl': text });
  const drawn = await bench('--from', `${folder}/reports.jsonl`, '--svg', `${folder}/bars.svg`);
  expect(drawn).toMatchObject({ status: 2, stderr: expect.stringMatching(problem) });
  expect(existsSync(`${folder}/bars.svg`)).toBe(false);
});
