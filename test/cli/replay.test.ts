import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { progressLine, startProgress } from '../../src/cli/progress.ts';
import { jsonOf, postern } from '../support/cli.ts';
import { request } from '../support/client.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { BLOCKING_POLICY, startProxy } from '../support/proxy.ts';
import { STRICTER_POLICY, TRADE_POLICY } from '../support/serve.ts';
import { folderWith } from '../support/temp-dir.ts';

const line = (number: number, more: Readonly<Record<string, unknown>> = {}): string =>
  `${JSON.stringify({
    v: 1,
    time: `2026-11-22T06:00:0${number}.000Z`,
    event: 'decision',
    id: `01KAQWERTY000000000000000${number}`,
    department: 'trade',
    client: '127.0.0.1',
    via: 'connect',
    method: 'CONNECT',
    host: 'www.example.org',
    port: 443,
    action: 'forward',
    reason: 'default',
    policy: 'sha256:0123456789abcdef',
    ...more,
  })}\n`;

const BLOCKED = { host: 'chat.deepseek.com', action: 'block', reason: 'rule', rule: 'deepseek' };

const folder = (log: string, policy = STRICTER_POLICY): string =>
  folderWith({ 'candidate/trade.yaml': policy, 'a.ndjson': log });

const replay = (cwd: string, ...args: readonly string[]) =>
  postern(['replay', 'a.ndjson', '--policies', 'candidate', ...args], { cwd });

describe('the text', () => {
  test('says how many requests would change, where, for whom, and by which rule', async () => {
    const log = line(1) + line(2, { client: '127.0.0.1', user: 'hong' }) + line(3, BLOCKED);
    const { status, stdout, stderr } = await replay(folder(log));
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    expect(stdout.replace(/→ sha256:\w+/, '→ sha256:new')).toBe(
      `3 requests of 2026-11-22 06:00 – 06:00 UTC replayed: 2 would change

  policies  sha256:0123456789ab → sha256:new

  department  requests  forward → block  block → forward  newly observed  no longer observed  other reason
  trade              3                2                0               0                   0             0

  requests  hosts  people  what         rule
         2      1       2  would block  rule example  candidate/trade.yaml:8

trade: 2 would be blocked, and were forwarded (2 people, 1 host)
  requests  host             now by                                before
         2  www.example.org  rule example  candidate/trade.yaml:8  the department's default
  requests  user or client  now by                                before
         1  127.0.0.1       rule example  candidate/trade.yaml:8  the department's default
         1  hong            rule example  candidate/trade.yaml:8  the department's default

  - each request was decided at its own time
`,
    );
  });

  test('shows names that would act on the terminal harmless', async () => {
    const { stdout } = await replay(folder(line(1, { user: 'a\u001b[2J\u202eb\nc' })));
    expect(stdout).toContain('a\ufffd[2J\ufffdb c');
  });
});

test('a log with as many departments and versions as lines is told, the first thousand by name', async () => {
  const log = Array.from({ length: 200_000 }, (_, index) =>
    line(1, { department: `d${index}`, policy: `sha256:${index}` }),
  ).join('');
  const { status, stdout, stderr } = await replay(folder(log), '--top', '1');
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
  expect(stdout).toContain('sha256:2 and 998 more');
  expect(stdout).toMatch(/^ {2}\(others\) +199,000 /m);
});

describe('the exit status', () => {
  test('is 0 when nothing changes, also when another rule decides alike', async () => {
    const other = { ...BLOCKED, rule: 'ai' };
    const { status, stdout } = await replay(folder(line(1, other), TRADE_POLICY), '--reasons');
    expect(status).toBe(0);
    expect(stdout).toContain('replayed: none would change');
    expect(stdout).toContain('trade: 1 would be decided alike for another reason');
  });

  test.each<[string, string, readonly string[], string]>([
    ['nothing can be read', 'GET / HTTP/1.1\n', [], '1 of 1 lines could not be read'],
    ['there is no request', '', [], 'they hold no request'],
    ['the filter leaves out all', line(1), ['--host', 'korea.kr'], 'it leaves out all 1 requests'],
  ])('is 1 when %s', async (_name, log, args, problem) => {
    const { status, stdout, stderr } = await replay(folder(log), ...args);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(problem);
  });

  test('is 1 when a log or the policies are not there', async () => {
    const cwd = folder(line(1));
    const args = ['--policies', 'candidate'];
    expect(await postern(['replay', 'gone.ndjson', ...args], { cwd })).toMatchObject({ status: 1 });
    expect(await replay(cwd, '--policies', 'gone')).toMatchObject({ status: 1 });
  });

  test.each([
    ['--top', '0'],
    ['--at', 'soon'],
    ['--host', 'a b'],
    ['--format', 'csv'],
  ])('is 2 for a mistake on the command line: %s %s', async (...args) => {
    expect(await replay(folder(line(1)), ...args)).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('what could not be read or compared', () => {
  test('is told, and the rest is replayed', async () => {
    const gap = '{"v":1,"time":"2026-11-23T17:15:43.756Z","event":"gap","lines":8}\n';
    const refused = line(3, { action: 'block', reason: 'port-forbidden' });
    const { stdout } = await replay(folder(`${line(1)}{"v":1,"ti\n${refused}${gap}`));
    expect(stdout).toContain('1 request the proxy refused itself');
    expect(stdout).toContain('1 of 4 lines could not be read, the first: a.ndjson:2 it is not JSON');
    expect(stdout).toContain('the log says that 8 of its lines were lost');
  });
});

describe('the filters', () => {
  test.each<[string, readonly string[], number]>([
    ['from a time on', ['--since', '2026-11-22T06:00:02Z'], 2],
    ['before a time', ['--until', '2026-11-22T15:00:02+09:00'], 1],
    ['for hosts', ['--host', 'deepseek.com'], 1],
    ['of a department', ['--department', 'trade'], 2],
  ])('take requests %s', async (_name, args, requests) => {
    const log = line(1) + line(2, BLOCKED) + line(3, { department: null, client: '192.0.2.1' });
    expect(jsonOf(await replay(folder(log), ...args, '--json'))).toMatchObject({ requests });
  });
});

test('Markdown has no name that could become a link, a cell or a tag', async () => {
  const { stdout } = await replay(folder(line(1, { user: 'a|b`<i>@c' })), '--format', 'markdown');
  expect(stdout).toMatch(/^## 1 request of 2026-11-22 06:00 – 06:00 UTC replayed: 1 would change$/m);
  expect(stdout).toContain(String.raw`| \`\` a\|b\`<i>@c \`\` | 1 | rule example`.replaceAll('\\`', '`'));
  expect(stdout).toContain('| `www.example.org` | 1 |');
});

test('JSON has all rows, and lists them under the names of the log', async () => {
  const { departments, rules } = jsonOf(await replay(folder(line(1)), '--format', 'json')) as {
    departments: readonly object[];
    rules: object;
  };
  const after = { action: 'block', reason: 'rule', rule: 'example', source: 'candidate/trade.yaml:8' };
  const before = { action: 'forward', reason: 'default' };
  expect(departments[0]).toMatchObject({
    department: 'trade',
    nowBlocked: {
      requests: 1,
      hosts: {
        distinct: 1,
        atLeast: false,
        top: [{ name: 'www.example.org', requests: 1, before, after, ways: 1 }],
        others: 0,
      },
      people: { distinct: 1, atLeast: false },
    },
  });
  const one = { distinct: 1, atLeast: false };
  const { action: _, ...rule } = after;
  expect(rules).toEqual({
    top: [{ change: 'now-blocked', ...rule, requests: 1, hosts: one, people: one }],
    others: 0,
  });
});

test('a log of the running proxy changes by the rule that is new, and by nothing else', async () => {
  const origin = await startHttpOrigin((_request, response) => response.end('hello'));
  const proxy = await startProxy();
  for (const host of ['allowed.test', 'other.test', 'blocked.test'])
    await request(proxy.port, `http://${host}:${origin.port}/`);
  await proxy.linesOf('outcome', 3);
  const cwd = folderWith({
    'same/office.yaml': BLOCKING_POLICY,
    'candidate/office.yaml': BLOCKING_POLICY.replace('[blocked.test]', '[other.test]'),
  });
  const run = (policies: string) =>
    postern(['replay', join(proxy.logFile, '..'), '--policies', policies, '--json'], { cwd });
  const same = await run('same');
  expect(same.status).toBe(0);
  expect(jsonOf(same)).toMatchObject({ requests: 3, changes: 0 });
  const changed = await run('candidate');
  expect(changed.status).toBe(3);
  expect(jsonOf(changed)).toMatchObject({
    changes: 2,
    departments: [
      {
        department: 'office',
        nowBlocked: { hosts: { top: [{ name: 'other.test' }] } },
        nowForwarded: { hosts: { top: [{ name: 'blocked.test' }] } },
      },
    ],
  });
});

describe('the progress', () => {
  test('says how far it is, how fast, and how long it will take', () => {
    expect(progressLine({ label: 'replaying', done: 1.25e9, total: 5e9, elapsedMs: 10_000 })).toBe(
      'replaying  █████░░░░░░░░░░░░░░░  25 %  1.3 GB of 5.0 GB  125 MB/s  0:30 left',
    );
    expect(progressLine({ label: 'replaying', done: 2_000, total: undefined, elapsedMs: 1_000 })).toBe(
      'replaying  2.0 kB  2.0 kB/s',
    );
  });

  test('is drawn on a terminal alone, never wider than it, and taken away at the end', () => {
    const written: string[] = [];
    let time = 0;
    const terminal = { isTTY: true, columns: 20, write: (text: string) => written.push(text) };
    const progress = startProgress(terminal, 'replaying', 100, () => time);
    progress.advance(10);
    expect(written).toEqual([]);
    time = 200;
    progress.advance(10);
    progress.end();
    expect(written).toEqual(['\r\u001b[Kreplaying  ████░░░░', '\r\u001b[K']);
    const silent = startProgress({ ...terminal, isTTY: false }, 'replaying', 100, () => time);
    silent.advance(10);
    silent.end();
    expect(written).toHaveLength(2);
  });
});
