import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, onTestFinished, test } from 'vitest';
import { jsonOf, outcomeOf, postern, spawnClean, spawnPostern } from '../support/cli.ts';
import { request } from '../support/client.ts';
import {
  BROKEN_POLICY,
  freshFolder,
  isListening,
  lineReader,
  startServe,
  TRADE_POLICY,
} from '../support/serve.ts';
import { writeIn } from '../support/temp-dir.ts';

const modeOf = (path: string) => statSync(path).mode & 0o777;
const hasCurl = spawnSync('curl', ['--version']).status === 0;
const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

/** Starts `serve` for a person, and waits for the end of its greeting. */
async function startForPerson(cwd: string, ...args: readonly string[]) {
  const child = spawnPostern(['serve', '--listen', '127.0.0.1:0', ...args], { cwd });
  const out = lineReader(child, child.stdout as Readable);
  const err = lineReader(child, child.stderr as Readable);
  await out.next((line) => line.includes('Ctrl+C stops'), err.text);
  return { greeting: out.text(), warnings: err.text() };
}

describe('in a fresh folder', () => {
  test('it makes its CA, its log and its socket, each for those whom it concerns', async () => {
    const cwd = freshFolder();
    const { logFile } = await startServe({ cwd });
    expect(modeOf(join(cwd, 'certs/ca.key'))).toBe(0o600);
    expect(modeOf(join(cwd, 'certs'))).toBe(0o700);
    expect(logFile).toBe(join(cwd, 'var/log/decisions.ndjson'));
    expect(modeOf(logFile) & 0o007).toBe(0);
    expect(modeOf(join(cwd, 'var/postern.sock'))).toBe(0o600);
  });

  test('it tells a person where it listens, what is in force and what to try', async () => {
    const { greeting, warnings } = await startForPerson(freshFolder());
    expect(greeting).toMatch(/Postern \d+\.\d+\.\d+ is running, process \d+\./);
    expect(greeting).toMatch(/^ {2}proxy {5}127\.0\.0\.1:\d+$/m);
    expect(greeting).toMatch(/^ {2}policies {2}policies: 1 department, 1 rule, sha256:[0-9a-f]{12}$/m);
    expect(greeting).toContain('  log       var/log/decisions.ndjson');
    expect(greeting).toContain('bin/postern explain https://chat.deepseek.com/');
    expect(greeting).toContain('a browser must trust certs/ca.crt');
    expect(warnings).toContain('created a CA in certs: keep ca.key secret');
  });

  test.skipIf(!hasCurl)(
    'what it tells to try works as it stands (skipped where there is no curl)',
    async () => {
      const cwd = freshFolder();
      const { greeting } = await startForPerson(cwd);
      const commands = greeting.split('\n').filter((line) => line.startsWith('  curl '));
      expect(commands).toHaveLength(2);
      for (const command of commands) {
        const { status, stdout } = await outcomeOf(spawnClean('sh', ['-c', command], { cwd }));
        expect(status).toBe(0);
        expect(stdout).toContain('chat.deepseek.com');
        expect(stdout).toMatch(/[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}/);
      }
    },
  );

  test('it tells a program the same in one line', async () => {
    const cwd = freshFolder();
    const child = spawnPostern(['serve', '--json', '--listen', '127.0.0.1:0'], { cwd });
    const out = lineReader(child, child.stdout as Readable);
    const created = JSON.parse(await out.next(() => true));
    expect(created).toEqual({ kind: 'ca-created', directory: join(cwd, 'certs') });
    const listening = JSON.parse(await out.next(() => true));
    expect(listening).toEqual({
      kind: 'listening',
      endpoints: [{ host: '127.0.0.1', port: expect.any(Number), scheme: 'http', proxyProtocol: false }],
      log: join(cwd, 'var/log/decisions.ndjson'),
      pid: child.pid,
      workers: 1,
    });
    expect(listening.endpoints[0].port).toBeGreaterThan(0);
    expect((await request(listening.endpoints[0].port, 'http://chat.deepseek.com/')).status).toBe(403);
  });
});

describe('in a folder where it ran before', () => {
  test('it keeps its CA, and continues its log', async () => {
    const cwd = freshFolder();
    const first = await startServe({ cwd });
    await request(first.port, 'http://chat.deepseek.com/1');
    await first.end('SIGTERM');
    const certificate = readFileSync(join(cwd, 'certs/ca.crt'), 'utf8');
    const second = await startServe({ cwd });
    await request(second.port, 'http://chat.deepseek.com/2');
    expect(readFileSync(join(cwd, 'certs/ca.crt'), 'utf8')).toBe(certificate);
    const decisions = second.log().filter(({ event }) => event === 'decision');
    expect(decisions.map(({ path }) => path)).toEqual(['/1', '/2']);
  });

  test('it starts after a crash, and its socket works', async () => {
    const cwd = freshFolder();
    const crashed = await startServe({ cwd });
    expect(await crashed.end('SIGKILL')).toEqual({ status: null, signal: 'SIGKILL' });
    expect(existsSync(join(cwd, 'var/postern.sock'))).toBe(true);
    const { pid } = await startServe({ cwd });
    expect(jsonOf(await postern(['status', '--json'], { cwd }))).toMatchObject({ ok: true, pid });
  });
});

describe('as it is configured', () => {
  test('it listens on all addresses that are named', async () => {
    const { endpoints } = await startServe({
      cwd: freshFolder(),
      args: ['--listen', '127.0.0.1:0', '--listen', '127.0.0.1:0'],
    });
    expect(endpoints).toHaveLength(2);
    for (const { port } of endpoints) expect(await isListening(port)).toBe(true);
  });

  test.skipIf(!hasIpv6)('it writes IPv6 addresses in brackets (skipped where there is no IPv6)', async () => {
    const cwd = freshFolder();
    const { greeting } = await startForPerson(cwd, '--listen', '[::1]:0');
    expect(greeting).toMatch(/^ {2}proxy {5}127\.0\.0\.1:\d+, \[::1\]:\d+$/m);
    expect((await postern(['status'], { cwd })).stdout).toMatch(/listening +127\.0\.0\.1:\d+, \[::1\]:\d+/);
  });

  test('without pages over HTTPS it needs no CA, and makes none', async () => {
    const cwd = freshFolder();
    await startServe({ cwd, env: { POSTERN_BLOCK_PAGE_HTTPS: 'refuse' } });
    expect(existsSync(join(cwd, 'certs'))).toBe(false);
  });

  test('its state folder is made even when the log is elsewhere', async () => {
    const cwd = freshFolder();
    const { logFile } = await startServe({
      cwd,
      env: { POSTERN_LOG_DIR: 'audit', POSTERN_STATE: 'run/postern' },
    });
    expect(logFile).toBe(join(cwd, 'audit/decisions.ndjson'));
    const status = await postern(['status', '--json', '--state', 'run/postern'], { cwd });
    expect(jsonOf(status)).toMatchObject({ ok: true });
  });
});

describe('what keeps it from starting ends with 1, and says what to do', () => {
  const run = (cwd: string, ...args: readonly string[]) =>
    postern(['serve', '--listen', '127.0.0.1:0', ...args], { cwd });

  test('a port in use', async () => {
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as net.AddressInfo;
    const result = await postern(['serve', '--listen', `127.0.0.1:${port}`], { cwd: freshFolder() });
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(
      `127.0.0.1:${port}  the address is in use\n    hint: stop what listens there, or choose another with --listen HOST:PORT\n1 problem\n`,
    );
  });

  test('one port in use closes the others again', async () => {
    const { port } = await startServe({ cwd: freshFolder() });
    const result = await run(freshFolder(), '--listen', `127.0.0.1:${port}`);
    expect(result).toMatchObject({ status: 1, stderr: expect.stringContaining('the address is in use') });
  });

  test('an address of another machine', async () => {
    const result = await postern(['serve', '--listen', '192.0.2.1:0'], { cwd: freshFolder() });
    expect(result).toMatchObject({ status: 1 });
    expect(result.stderr).toContain('this machine does not have the address');
  });

  // Covers: EV-22
  test('a CA key that others can read', async () => {
    const cwd = freshFolder();
    await postern(['ca', 'init'], { cwd });
    const key = join(cwd, 'certs/ca.key');
    chmodSync(key, 0o644);
    const result = await run(cwd);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toBe(
      `${key}  the private key is open to other users (mode 0644)\n    hint: chmod 600 ${key}\n1 problem\n`,
    );
  });

  test('half a CA', async () => {
    const cwd = freshFolder();
    writeIn(cwd, 'certs/ca.crt', 'half of a CA');
    const result = await run(cwd);
    expect(result).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('ca.key  the file does not exist'),
    });
    expect(existsSync(join(cwd, 'certs/ca.key'))).toBe(false);
  });

  test('broken policies: every problem of every file, and nothing is made', async () => {
    const cwd = freshFolder(BROKEN_POLICY);
    writeIn(cwd, 'policies/second.yaml', 'department: second\ntitle: Second\nmode: off\n');
    const result = await run(cwd);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('policies/trade.yaml:4:1  unknown key `defautl`');
    expect(result.stderr).toContain('policies/second.yaml:3:7  unknown mode `off`');
    expect(readdirSync(cwd)).toEqual(['policies']);
  });

  test('the same, for a program', async () => {
    const result = await run(freshFolder(BROKEN_POLICY), '--json');
    expect(result).toMatchObject({ status: 1, stderr: '' });
    expect(jsonOf(result)).toMatchObject({ ok: false, problems: [{ at: 'policies/trade.yaml:4:1' }] });
  });

  test('another Postern with the same state folder, which goes on as it was', async () => {
    const cwd = freshFolder();
    const first = await startServe({ cwd });
    const result = await run(cwd);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(
      `${join(cwd, 'var')}  another Postern, process ${first.pid}, runs with this state folder\n    hint: stop it`,
    );
    expect(jsonOf(await postern(['status', '--json'], { cwd }))).toMatchObject({ ok: true, pid: first.pid });
    expect((await request(first.port, 'http://chat.deepseek.com/')).status).toBe(403);
  });

  test('one with the same state folder that does not answer', async () => {
    const cwd = freshFolder();
    mkdirSync(join(cwd, 'var'));
    const hung = net.createServer((socket) => socket.destroy()).listen(join(cwd, 'var/postern.sock'));
    onTestFinished(() => void hung.close());
    await once(hung, 'listening');
    const { status, stderr } = await run(cwd);
    expect(status).toBe(1);
    expect(stderr).toContain('another Postern, which does not answer, runs with this state folder');
  });

  test('a policy whose own test does not hold', async () => {
    const cwd = freshFolder(
      `${TRADE_POLICY}tests:\n  - { request: "https://deepseek.com/", expect: forward }\n`,
    );
    const result = await run(cwd);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('policies/trade.yaml:9:5');
  });

  test('a log folder that cannot be', async () => {
    const cwd = freshFolder();
    writeIn(cwd, 'var', 'a file where the folder should be');
    const result = await run(cwd);
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain(`${join(cwd, 'var/log')}  the decision log cannot be opened`);
    expect(result.stderr).toContain('hint: make the folder writable, or set `log.dir`');
  });

  test('a broken configuration', async () => {
    const cwd = freshFolder();
    writeIn(cwd, 'postern.yaml', 'listen: 3128\n');
    const result = await postern(['serve'], { cwd });
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toContain('postern.yaml:1:9  `listen` is not a list');
  });
});

describe('what is worth a warning does not keep it from starting', () => {
  test('an exception that has ended', async () => {
    const cwd = freshFolder(`${TRADE_POLICY}exceptions:
  - id: research
    allow: { domains: [deepseek.com] }
    for: { users: [kim] }
    until: 2024-12-31T18:00:00+09:00
    approvedBy: cio
`);
    const { warnings } = await startForPerson(cwd);
    expect(warnings).toContain(
      'policies/trade.yaml:9:5  the exception `research` ended at 2024-12-31T09:00:00.000Z',
    );
  });
});
