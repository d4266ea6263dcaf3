import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { noCounters } from '../../src/metrics/counters.ts';
import { jsonOf, postern } from '../support/cli.ts';
import { request } from '../support/client.ts';
import { closedPort } from '../support/parent.ts';
import { freshFolder, startServe } from '../support/serve.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

describe('`postern status`', () => {
  test('tells a person what runs', async () => {
    const cwd = freshFolder();
    const { pid, port } = await startServe({ cwd });
    const { status, stdout, stderr } = await postern(['status'], { cwd });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(
      new RegExp(`^ {2}running {6}process ${pid}, since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$`, 'm'),
    );
    expect(stdout).toMatch(new RegExp(`^ {2}listening {4}127\\.0\\.0\\.1:${port}$`, 'm'));
    expect(stdout).toMatch(/^ {2}serving {6}0 connections, 0 tunnels$/m);
    expect(stdout).toMatch(/^ {2}decided {6}0 forwarded, 0 blocked, 0 refused, 0 malformed$/m);
    expect(stdout).toMatch(/^ {2}carried {6}0 B up, 0 B down$/m);
    expect(stdout).toMatch(/^ {2}taking {7}[1-9]\d+ MB of memory, busy \d+ % of the time$/m);
    expect(stdout).not.toContain('worker');
    expect(stdout).toMatch(/^ {2}policies {5}sha256:[0-9a-f]{64}$/m);
    expect(stdout).toMatch(/^ {2}departments {2}trade$/m);
    expect(stdout).toMatch(/^ {2}CA {11}ends in 365\d days, at \d{4}-\d\d-\d\dT[\d:.]+Z$/m);
  });

  test('tells a program the same', async () => {
    const cwd = freshFolder();
    const before = new Date().toISOString();
    const { pid, endpoints } = await startServe({ cwd });
    const answer = jsonOf(await postern(['status', '--json'], { cwd }));
    const seconds = { active: expect.any(Number), idle: expect.any(Number) };
    const metrics = {
      ...noCounters(),
      eventLoopSecondsTotal: seconds,
      ...{ connections: 0, tunnels: 0, residentMemoryBytes: expect.any(Number) },
    };
    expect(answer).toEqual({
      ok: true,
      pid,
      startedAt: expect.any(String),
      policy: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      departments: ['trade'],
      listen: endpoints,
      upstream: [],
      connections: 0,
      tunnels: 0,
      metrics: { ...metrics, caExpirationTimestampSeconds: expect.any(Number) },
      workers: [
        {
          worker: 1,
          pid,
          startedAt: expect.any(String),
          restarts: 0,
          state: 'serving',
          policy: answer.policy,
          connections: 0,
          tunnels: 0,
          metrics,
        },
      ],
      reloadProblems: [],
      certificateProblems: [],
      caProblems: [],
      ca: {
        subject: expect.stringMatching(/^O=Postern, CN=Postern CA [0-9a-f]{8}$/),
        sha256Fingerprint: expect.stringMatching(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/),
        notAfter: expect.any(String),
        daysLeft: expect.any(Number),
        state: 'settled',
      },
    });
    expect(String(answer.startedAt) >= before).toBe(true);
  });

  test('tells of each parent proxy whether it is up, and if not, why', async () => {
    const dead = await closedPort();
    const cwd = freshFolder();
    writeIn(
      cwd,
      'postern.yaml',
      `egress: { upstream: [{ proxies: [{ url: "http://127.0.0.1:${dead}" }] }, { proxies: [direct] }] }`,
    );
    const { port } = await startServe({ cwd });
    expect((await postern(['status'], { cwd })).stdout).toContain(`\n  upstream     127.0.0.1:${dead} up\n`);
    expect((await request(port, 'http://www.example.org/')).status).toBe(502);
    expect((await postern(['status'], { cwd })).stdout).toMatch(
      new RegExp(`^ {2}upstream {5}127\\.0\\.0\\.1:${dead} down for \\d+ seconds?: connection_refused$`, 'm'),
    );
    expect(jsonOf(await postern(['status', '--json'], { cwd }))).toMatchObject({
      upstream: [
        { name: `127.0.0.1:${dead}`, state: 'down', cause: 'connection_refused', downMs: expect.any(Number) },
      ],
    });
  });

  test('finds it by the state folder, from anywhere', async () => {
    const cwd = freshFolder();
    const { pid } = await startServe({ cwd });
    const args = ['status', '--json', '--state', join(cwd, 'var')];
    expect(jsonOf(await postern(args, { cwd: '/' }))).toMatchObject({ pid });
  });
});

describe.each(['status', 'reload'])('`postern %s` when nothing runs', (verb) => {
  test('ends with 1, and says how to start or find it', async () => {
    const cwd = folderWith();
    const result = await postern([verb], { cwd });
    expect(result).toMatchObject({ status: 1, stdout: '' });
    expect(result.stderr).toBe(
      `${join(cwd, 'var/postern.sock')}  no Postern is running here\n` +
        '    hint: start it with `postern serve`, or name its state folder with --state\n1 problem\n',
    );
  });

  test('tells a program the same', async () => {
    const result = await postern([verb, '--json'], { cwd: folderWith() });
    expect(result).toMatchObject({ status: 1, stderr: '' });
    expect(jsonOf(result)).toMatchObject({
      ok: false,
      problems: [{ problem: 'no Postern is running here' }],
    });
  });

  test('says that it does not answer, after a crash', async () => {
    const cwd = freshFolder();
    await (await startServe({ cwd })).end('SIGKILL');
    const result = await postern([verb], { cwd });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('Postern does not answer: connect ECONNREFUSED');
  });
});
