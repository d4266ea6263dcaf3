import { expect, test } from 'vitest';
import { judge } from '../../bench/soak/verdict.ts';
import { outcomeOf, ROOT, spawnClean } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';

const soak = (...args: readonly string[]) =>
  outcomeOf(spawnClean(process.execPath, ['bench/soak.ts', ...args], { cwd: ROOT }));

// Covers: EV-19; EV-28; EV-32; EV-33
test('some seconds of all kinds of requests, many broken off: every promise is kept', async () => {
  const { status, stdout, stderr } = await soak('--seconds', '6', '--clients', '12');
  expect(stdout).not.toContain('BROKEN');
  expect(stdout.match(/^ {2}kept /gm)).toHaveLength(6);
  expect(stderr).toMatch(/process \d+: 12 clients at a time, 6 s/);
  expect(status).toBe(0);
}, 120_000);

test.each([
  ['--seconds', '0'],
  ['--seconds', 'ten'],
  ['--second', '1'],
])('%s %s is wrong usage', async (...args) => {
  expect(await soak(...args)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('npm run soak'),
  });
});

const decision = (id: string, client: string) => `{"event":"decision","id":"${id}","client":"${client}"}`;
const outcome = (id: string) => `{"event":"outcome","id":"${id}"}`;
const MALFORMED = '{"event":"decision","reason":"malformed","id":"m","client":"127.1.0.3"}';

test.each([
  ['all of it as it must be', [decision('a', '127.1.0.1'), outcome('a'), MALFORMED], 0, 0],
  ['a decision without an outcome', [decision('a', '127.1.0.1'), MALFORMED], 1, 0],
  ['two outcomes of one decision', [decision('a', '127.1.0.1'), outcome('a'), outcome('a'), MALFORMED], 1, 0],
  ['a request without a decision', [decision('a', '127.1.0.1'), outcome('a')], 0, 1],
  [
    'a decision too many',
    [decision('a', '127.1.0.1'), outcome('a'), decision('b', '127.1.0.1'), outcome('b'), MALFORMED],
    0,
    1,
  ],
  [
    'a client that nobody was',
    [decision('a', '127.1.0.1'), outcome('a'), MALFORMED, decision('b', '::1'), outcome('b')],
    0,
    1,
  ],
])('the log is held against the clients: %s', async (_name, lines, unpaired, mismatched) => {
  const folder = folderWith({ 'log.ndjson': `${lines.join('\n')}\n` });
  const expected = new Map([
    ['127.1.0.1', { requests: 1, isAborted: false }],
    ['127.1.0.2', { requests: 2, isAborted: true }],
    ['127.1.0.3', { requests: 1, isAborted: false }],
  ]);
  const verdict = await judge(`${folder}/log.ndjson`, expected);
  expect(verdict.unpaired).toHaveLength(unpaired);
  expect(verdict.mismatched).toHaveLength(mismatched);
});
