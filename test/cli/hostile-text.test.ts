import { expect, test } from 'vitest';
import { postern } from '../support/cli.ts';
import { TRADE_POLICY } from '../support/serve.ts';
import { folderWith } from '../support/temp-dir.ts';

/** What acts on a terminal: controls but the line's end, and those that turn text about. */
const ACTING = /[[\p{Cc}\p{Cf}]--\n]/v;
const KEY = 'a\u001b]0;title\u0007\u202eb';

const check = (files: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  postern(['check', ...args], { cwd: folderWith(files) });

// Covers: EV-27
test.each<[string, Readonly<Record<string, string>>]>([
  ['a key', { 'policies/trade.yaml': `${TRADE_POLICY}"a\\e]0;title\\a\\u202eb": 1\n` }],
  ['a value', { 'policies/trade.yaml': 'department: trade\ntitle: Trade\ndefault: "a\\e[2J\\u202e"\n' }],
  ['the name of a file', { [`policies/${KEY}.yaml`]: 'department: trade\n' }],
])('problems show %s that would act on the terminal harmless', async (_name, files) => {
  const { status, stdout, stderr } = await check(files);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).not.toMatch(ACTING);
  expect(stderr).toContain('\ufffd');
});

test('warnings and what was mended are shown harmless too', async () => {
  const rule = '  - { id: twice, block: { domains: [x.kr, x.kr] } }\n';
  const files = { [`policies/${KEY}.yaml`]: TRADE_POLICY.replace('rules:\n', `rules:\n${rule}`) };
  const warned = await check(files);
  expect(warned.stderr).toContain('[duplicate-entry]');
  expect(warned.stdout + warned.stderr).not.toMatch(ACTING);
  const { stdout } = await check(files, '--fix');
  expect(stdout).toContain('removed');
  expect(stdout).not.toMatch(ACTING);
});

test('JSON has the text as it is', async () => {
  const { stdout } = await check({ [`policies/${KEY}.yaml`]: 'department: trade\n' }, '--json');
  expect(JSON.stringify(JSON.parse(stdout))).toContain(JSON.stringify(KEY).slice(1, -1));
});

test('the tables of departments and of lists show titles and sources harmless', async () => {
  const cwd = folderWith({
    'policies/trade.yaml': TRADE_POLICY.replace('title: Trade', 'title: "a\\u202eb\\e[2J"'),
    'policies/lists/h.txt': `# postern list\n# source: ${KEY}\n# format: plain\na.example\n`,
  });
  for (const args of [['show'], ['list', 'stats']]) {
    const { status, stdout } = await postern(args, { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain('\ufffd');
    expect(stdout).not.toMatch(ACTING);
  }
});
