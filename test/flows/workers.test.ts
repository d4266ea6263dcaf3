import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { jsonOf, postern } from '../support/cli.ts';
import { connectRaw, type RawClient, request } from '../support/client.ts';
import { issueServer, newCa } from '../support/credentials.ts';
import { startHttpOrigin, startRawOrigin } from '../support/origin.ts';
import { BROKEN_POLICY, freshFolder, isListening, type Line } from '../support/serve.ts';
import { writeIn } from '../support/temp-dir.ts';
import {
  connectToAll,
  isAlive,
  policyWith,
  type ServeWorkers,
  startServeWorkers,
  tunnelThroughAll,
  type WorkerLine,
} from '../support/workers.ts';

/** Several processes on one port. */

const startEcho = () => startRawOrigin((socket) => socket.on('data', (bytes) => socket.write(bytes)));

const echoes = async (tunnel: RawClient, text: string): Promise<void> => {
  tunnel.socket.write(text);
  await tunnel.until((received) => received.endsWith(text));
};

/** What a client on a new connection is told of a host that is blocked. */
async function blocked({ port }: ServeWorkers): Promise<{ readonly rule: string; readonly code: string }> {
  const { body } = await request(port, 'http://deepseek.com/', {
    headers: { accept: 'application/problem+json' },
  });
  return JSON.parse(body) as { rule: string; code: string };
}

const decisions = (lines: readonly Line[]): readonly Line[] =>
  lines.filter(({ event }) => event === 'decision');

const workerAt = async ({ status }: ServeWorkers, number: number): Promise<WorkerLine> =>
  (await status()).workers[number - 1] as WorkerLine;

describe('two workers', () => {
  test('share one port, count together, and log each for itself, under ids of their own', async () => {
    const origin = await startEcho();
    const serve = await startServeWorkers({ plainPorts: [origin.port] });
    await connectToAll(serve);
    const tunnels = await tunnelThroughAll(serve, origin.port);
    const { connections, tunnels: sum, workers } = await serve.status();
    expect(workers).toMatchObject([
      { worker: 1, state: 'serving', restarts: 0 },
      { worker: 2, state: 'serving', restarts: 0 },
    ]);
    expect(sum).toBe(tunnels.length);
    expect(connections).toBe(workers.reduce((all, worker) => all + worker.connections, 0));
    const logs = serve.logs();
    expect(logs.map((lines) => decisions(lines).length > 0)).toEqual([true, true]);
    const ids = logs.flatMap((lines) => decisions(lines).map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    for (const tunnel of tunnels) await echoes(tunnel, 'whole');
  });

  test('are listed to a person, with what befell them', async () => {
    const serve = await startServeWorkers();
    const { pid } = await workerAt(serve, 2);
    process.kill(pid, 'SIGKILL');
    await serve.announced('worker-started');
    const { stdout } = await postern(['status'], { cwd: serve.cwd });
    const row = (worker: number): RegExp =>
      new RegExp(
        `^ {2}worker ${worker} {5}process \\d+, 0 connections, 0 tunnels, 0 decisions, \\d+ MB of memory, busy \\d+ % of the time(.*)$`,
        'm',
      );
    expect(row(1).exec(stdout)?.[1]).toBe('');
    expect(row(2).exec(stdout)?.[1]).toMatch(/^, started again 1 time, last at /);
  });

  test('are counted together, and what one counted stays in the sum when it ends', async () => {
    const serve = await startServeWorkers();
    const clients = await connectToAll(serve);
    const before = await serve.status();
    expect(before.metrics.decisionsTotal.block.rule).toBe(clients.length);
    const each = before.workers.map(({ metrics }) => metrics?.decisionsTotal.block.rule ?? 0);
    expect(each.every((count) => count > 0)).toBe(true);
    expect((each[0] as number) + (each[1] as number)).toBe(clients.length);
    process.kill((await workerAt(serve, 2)).pid, 'SIGKILL');
    await serve.announced('worker-ended');
    expect((await serve.status()).metrics.decisionsTotal.block.rule).toBe(clients.length);
    await serve.announced('worker-started');
    await blocked(serve);
    const after = await serve.status();
    expect(after.metrics.decisionsTotal.block.rule).toBe(clients.length + 1);
    expect(after.workers[1]?.metrics?.decisionsTotal.block.rule).toBeLessThanOrEqual(1);
  });

  test('are told of without the one that hangs, which is told as such', async () => {
    const serve = await startServeWorkers();
    const clients = await connectToAll(serve);
    await serve.status();
    const { pid } = await workerAt(serve, 2);
    process.kill(pid, 'SIGSTOP');
    const { workers, metrics } = await serve.status();
    expect(workers).toMatchObject([{ state: 'serving' }, { worker: 2, pid, state: 'silent' }]);
    expect(metrics.decisionsTotal.block.rule).toBe(clients.length);
    expect((await postern(['status'], { cwd: serve.cwd })).stdout).toContain(
      `worker 2     process ${pid}, does not answer\n`,
    );
    process.kill(pid, 'SIGCONT');
    await vi.waitFor(async () => expect((await workerAt(serve, 2)).state).toBe('serving'), {
      timeout: 20_000,
    });
  });

  test('leave logs that a replay reads together', async () => {
    const serve = await startServeWorkers();
    while (serve.logs().some((lines) => decisions(lines).length === 0)) await blocked(serve);
    const total = serve.logs().flatMap(decisions).length;
    const replayed = jsonOf(await postern(['replay', 'var/log', '--json'], { cwd: serve.cwd }));
    expect(replayed).toMatchObject({ requests: total, changes: 0 });
  });

  // Covers: EV-34
  test('find a request that comes back to the other one', async () => {
    const seen: unknown[] = [];
    const origin = await startHttpOrigin((incoming, response) => {
      seen.push(incoming.headers.via);
      response.end();
    });
    const serve = await startServeWorkers();
    const url = `http://allowed.test:${origin.port}/`;
    expect((await request(serve.port, url)).status).toBe(200);
    for (let time = 0; time < 20; time++)
      expect((await request(serve.port, url, { headers: { via: String(seen[0]) } })).status).toBe(502);
    expect(seen).toHaveLength(1);
  });
});

describe('a worker that is killed', () => {
  // Covers: EV-28
  test('leaves the port open and the other worker alone, and is started again; its log is whole', async () => {
    const origin = await startEcho();
    const serve = await startServeWorkers({ plainPorts: [origin.port] });
    const tunnels = await tunnelThroughAll(serve, origin.port, 2);
    const [first, second] = (await serve.status()).workers as [WorkerLine, WorkerLine];
    const codes: string[] = [];
    const failures: unknown[] = [];
    let isOver = false;
    const client = async (): Promise<void> => {
      while (!isOver)
        await blocked(serve).then(
          ({ code }) => codes.push(code),
          ({ code }: NodeJS.ErrnoException) => failures.push(code),
        );
    };
    const clients = Array.from({ length: 4 }, client);
    await vi.waitFor(() => expect(codes.length).toBeGreaterThan(20), { timeout: 20_000 });
    process.kill(second.pid, 'SIGKILL');
    expect(await serve.announced('worker-ended')).toMatchObject({
      worker: 2,
      pid: second.pid,
      cause: 'SIGKILL',
      restartMs: 100,
    });
    await serve.announced('worker-started');
    const asked = codes.length;
    await vi.waitFor(() => expect(codes.length).toBeGreaterThan(asked + 20), { timeout: 20_000 });
    isOver = true;
    await Promise.all(clients);
    expect(failures.filter((code) => code !== 'ECONNRESET')).toEqual([]); // what the dead one had at hand, and no more

    await vi.waitFor(() =>
      expect(tunnels.filter(({ socket }) => !socket.closed)).toHaveLength(first.tunnels),
    );
    for (const tunnel of tunnels.filter(({ socket }) => !socket.closed)) await echoes(tunnel, 'still there');
    const again = await workerAt(serve, 2);
    expect(again).toMatchObject({ restarts: 1, state: 'serving' });
    expect(again.pid).not.toBe(second.pid);
    expect(await workerAt(serve, 1)).toMatchObject({ pid: first.pid, restarts: 0 });
    const logged = new Set(serve.logs().flatMap((lines) => lines.map(({ code }) => code)));
    expect(codes.filter((code) => !logged.has(code))).toEqual([]);
  });

  test('again and again is started later each time', async () => {
    const serve = await startServeWorkers();
    const waits: unknown[] = [];
    for (let time = 0; time < 3; time++) {
      const { pid } = await workerAt(serve, 1);
      process.kill(pid, 'SIGKILL');
      waits.push((await serve.announced('worker-ended')).restartMs);
      await serve.announced('worker-started');
    }
    expect(waits).toEqual([100, 200, 400]);
    expect((await workerAt(serve, 1)).restarts).toBe(3);
  });

  test('that cannot start again says why, is tried later each time, and serves once it can', async () => {
    const serve = await startServeWorkers();
    const folder = join(serve.cwd, 'var/log');
    renameSync(folder, `${folder}.moved`);
    writeFileSync(folder, 'no folder');
    process.kill((await workerAt(serve, 2)).pid, 'SIGKILL');
    const waits = [(await serve.announced('worker-ended')).restartMs];
    expect(await serve.announced('worker-failed')).toMatchObject({ worker: 2, problems: [{ at: folder }] });
    waits.push((await serve.announced('worker-ended')).restartMs);
    expect((await blocked(serve)).rule).toBe('deepseek'); // all go to the other one
    rmSync(folder);
    await serve.announced('worker-started');
    expect(waits).toEqual([100, 200]);
  });

  test('begins with the policies that are live, whatever stands in their folder by then', async () => {
    const serve = await startServeWorkers();
    serve.write(policyWith('second'));
    const { policy } = await serve.reload();
    serve.write(BROKEN_POLICY);
    await serve.announced('reload-refused');
    process.kill((await workerAt(serve, 1)).pid, 'SIGKILL');
    await serve.announced('worker-started');
    expect((await serve.status()).workers.map((worker) => worker.policy)).toEqual([policy, policy]);
    for (let time = 0; time < 10; time++) expect((await blocked(serve)).rule).toBe('second');
  });

  test('does not hold up a reload, and comes back with what that brought', async () => {
    const serve = await startServeWorkers();
    const { pid } = await workerAt(serve, 2);
    serve.write(policyWith('second'));
    const reloading = serve.reload();
    process.kill(pid, 'SIGKILL');
    const { ok, policy } = await reloading;
    expect(ok).toBe(true);
    await serve.announced('worker-started');
    expect((await serve.status()).workers.map((worker) => worker.policy)).toEqual([policy, policy]);
  });
});

describe('a reload', () => {
  // Covers: EV-13
  test('is one moment for all workers: once it is told, no new request is decided by what was before', async () => {
    const serve = await startServeWorkers();
    await connectToAll(serve);
    const asked: { readonly at: number; readonly rule: string }[] = [];
    let isOver = false;
    const client = async (): Promise<void> => {
      while (!isOver) {
        const at = performance.now();
        const { rule } = await blocked(serve);
        asked.push({ at, rule });
      }
    };
    const clients = Array.from({ length: 6 }, client);
    const some = (count: number) =>
      vi.waitFor(() => expect(asked.length).toBeGreaterThan(count), { timeout: 20_000 });
    await some(30);
    serve.write(policyWith('second'));
    const { ok, policy } = await serve.reload();
    const toldAt = performance.now();
    expect(ok).toBe(true);
    await some(asked.length + 60);

    serve.write(BROKEN_POLICY);
    expect(await serve.reload()).toMatchObject({ ok: false });
    await some(asked.length + 60);
    isOver = true;
    await Promise.all(clients);
    const rulesOf = (requests: typeof asked) => new Set(requests.map(({ rule }) => rule));
    expect(rulesOf(asked.filter(({ at }) => at > toldAt))).toEqual(new Set(['second']));
    expect(rulesOf(asked)).toEqual(new Set(['deepseek', 'second']));
    expect((await serve.status()).workers.map((worker) => worker.policy)).toEqual([policy, policy]);
    // Each request had one set, the whole of it: its rule is that of the version that its line tells.
    for (const line of serve.logs().flatMap(decisions))
      if (line.reason === 'rule') expect(line.policy === policy).toBe(line.rule === 'second');
  });

  test('takes new certificates in all workers', async () => {
    const ca = newCa();
    const files = issueServer(ca);
    const listen = [
      { host: '127.0.0.1', port: 0, tls: files },
      { host: '127.0.0.1', port: 0, proxyProtocol: { from: ['127.0.0.1'] } },
    ];
    const serve = await startServeWorkers({ config: { listen } });
    const [secured, balanced] = serve.endpoints;
    const certificate = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const options = { host: '127.0.0.1', port: secured?.port ?? 0, rejectUnauthorized: false };
        const socket = tls.connect(options, () => {
          resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
          socket.destroy();
        });
        socket.on('error', reject);
      });
    const seen = async () => new Set(await Promise.all(Array.from({ length: 20 }, certificate)));
    const before = await seen();
    expect(before.size).toBe(1);
    issueServer(ca);
    expect(await serve.reload()).toMatchObject({ ok: true });
    const after = await seen();
    expect(after.size).toBe(1);
    expect(after).not.toEqual(before);

    // Broken ones are told at the line that names them, and the last good ones are what a worker comes back with.
    writeFileSync(files.cert, 'broken');
    const problem = `${files.cert}: the file holds no certificate that can be read`;
    const at = expect.stringMatching(/\/postern\.yaml:\d+:\d+$/);
    expect(await serve.reload()).toMatchObject({ ok: false, problems: [{ at, problem }] });
    process.kill((await workerAt(serve, 1)).pid, 'SIGKILL');
    await serve.announced('worker-started');
    expect(await seen()).toEqual(after);

    const client = connectRaw(balanced?.port ?? 0);
    client.socket.write('PROXY TCP4 127.0.0.1 127.0.0.1 5000 80\r\n');
    client.socket.write('GET http://deepseek.com/ HTTP/1.1\r\nHost: deepseek.com\r\n\r\n');
    await client.until((received) => received.startsWith('HTTP/1.1 403 '));
  });
});

describe('a TLS session', () => {
  test('made with one worker is resumed by all, and by one that was started again', async () => {
    const listen = [{ host: '127.0.0.1', port: 0, tls: issueServer(newCa()) }];
    const serve = await startServeWorkers({ config: { listen } });
    const connect = (session?: Buffer): tls.TLSSocket => {
      const options = { host: '127.0.0.1', port: serve.port, rejectUnauthorized: false };
      const socket = tls.connect(session === undefined ? options : { ...options, session });
      onTestFinished(() => void socket.destroy());
      return socket.resume(); // tickets come behind the handshake
    };
    const [session] = (await once(connect(), 'session')) as [Buffer];
    const isResumed = async (): Promise<boolean> => {
      const socket = connect(session);
      await once(socket, 'secureConnect');
      return socket.isSessionReused();
    };
    const areResumed = async (): Promise<boolean> =>
      (await Promise.all(Array.from({ length: 20 }, isResumed))).every((is) => is);
    expect(await areResumed()).toBe(true);
    process.kill((await workerAt(serve, 1)).pid, 'SIGKILL');
    await serve.announced('worker-started');
    expect(await areResumed()).toBe(true);
  });
});

describe('USR1', () => {
  test('opens the logs of all workers anew, also when it reaches every process', async () => {
    const serve = await startServeWorkers();
    const { workers } = await serve.status();
    const names = () => serve.logs().length;
    expect(names()).toBe(2);
    for (const number of [1, 2]) {
      const file = serve.logFile.replace('*', String(number));
      renameSync(file, `${file}.1`);
    }
    for (const pid of [serve.pid, ...workers.map(({ pid }) => pid)]) process.kill(pid, 'SIGUSR1');
    await vi.waitFor(() => expect(names()).toBe(4), { timeout: 10_000 });
    expect((await serve.status()).workers.map(({ pid }) => pid)).toEqual(workers.map(({ pid }) => pid));
  });
});

describe('a stop', () => {
  test('lets the tunnels of all workers end, and takes nobody new', async () => {
    const origin = await startEcho();
    const serve = await startServeWorkers({
      plainPorts: [origin.port],
      config: { limits: { drainMs: 60_000 } },
    });
    const tunnels = await tunnelThroughAll(serve, origin.port);
    serve.process.kill('SIGTERM');
    await vi.waitFor(async () => expect(await isListening(serve.port)).toBe(false), { timeout: 10_000 });
    for (const tunnel of tunnels) await echoes(tunnel, 'to the end');
    for (const tunnel of tunnels) tunnel.socket.end();
    expect(await serve.ended).toEqual({ status: 0, signal: null });
    const lines = serve.logs().flat();
    expect(lines.filter(({ kind }) => kind === 'tunnel-closed')).toHaveLength(tunnels.length);
  });

  test('cuts off what is left at the limit, in all workers, and the logs have what became of it', async () => {
    const origin = await startEcho();
    const serve = await startServeWorkers({
      plainPorts: [origin.port],
      config: { limits: { drainMs: 100 } },
    });
    const tunnels = await tunnelThroughAll(serve, origin.port);
    const { workers } = await serve.status();
    expect(await serve.end('SIGTERM')).toEqual({ status: 0, signal: null });
    await Promise.all(tunnels.map((tunnel) => tunnel.closed()));
    expect(workers.filter(({ pid }) => isAlive(pid))).toEqual([]);
    const ended = serve.logs().map((lines) => lines.filter(({ kind }) => kind === 'tunnel-closed').length);
    expect(ended).toEqual(workers.map((worker) => worker.tunnels));
  });

  test('that is asked for twice ends all workers at once', async () => {
    const origin = await startEcho();
    const serve = await startServeWorkers({
      plainPorts: [origin.port],
      config: { limits: { drainMs: 60_000 } },
    });
    await tunnelThroughAll(serve, origin.port);
    const { workers } = await serve.status();
    serve.process.kill('SIGTERM');
    await vi.waitFor(async () => expect(await isListening(serve.port)).toBe(false), { timeout: 10_000 });
    serve.process.kill('SIGTERM');
    expect((await serve.ended).status).toBe(1);
    await vi.waitFor(() => expect(workers.filter(({ pid }) => isAlive(pid))).toEqual([]), {
      timeout: 10_000,
    });
  });
});

describe('workers whose primary is gone', () => {
  test('take nobody new, let what runs end, and end', async () => {
    const origin = await startEcho();
    const serve = await startServeWorkers({
      plainPorts: [origin.port],
      config: { limits: { drainMs: 60_000 } },
    });
    const tunnels = await tunnelThroughAll(serve, origin.port);
    const { workers } = await serve.status();
    serve.process.kill('SIGKILL');
    await vi.waitFor(async () => expect(await isListening(serve.port)).toBe(false), { timeout: 10_000 });
    for (const tunnel of tunnels) await echoes(tunnel, 'orphaned');
    for (const tunnel of tunnels) tunnel.socket.end();
    await vi.waitFor(() => expect(workers.filter(({ pid }) => isAlive(pid))).toEqual([]), {
      timeout: 10_000,
    });
    const ended = serve
      .logs()
      .flat()
      .filter(({ kind }) => kind === 'tunnel-closed');
    expect(ended).toHaveLength(tunnels.length);
  });
});

describe('what keeps workers from starting ends the program, and is told once', () => {
  const env = { POSTERN_WORKERS: '3' };
  const serve = (cwd: string, port = 0) =>
    postern(['serve', '--json', '--listen', `127.0.0.1:${port}`], { cwd, env });
  const problemsOf = (stdout: string): readonly unknown[] =>
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line)
      .filter(({ ok }) => ok === false);

  test('a log that cannot be opened', async () => {
    const cwd = freshFolder();
    mkdirSync(join(cwd, 'var'));
    writeFileSync(join(cwd, 'var/log'), 'no folder');
    const { status, stdout } = await serve(cwd);
    expect(status).toBe(1);
    const problem = expect.stringMatching(/^the decision log cannot be opened/);
    expect(problemsOf(stdout)).toMatchObject([{ problems: [{ at: join(cwd, 'var/log'), problem }] }]);
  });

  test('a port that somebody else listens on, though they would share it', async () => {
    const other = net.createServer().listen({ port: 0, host: '127.0.0.1', reusePort: true });
    await new Promise((resolve) => other.once('listening', resolve));
    const { status, stdout } = await serve(freshFolder(), (other.address() as net.AddressInfo).port);
    other.close();
    expect(status).toBe(1);
    expect(problemsOf(stdout)).toMatchObject([{ problems: [{ problem: 'the address is in use' }] }]);
  });

  test('what the configuration names and is not so, each at its line, before a CA is made', async () => {
    const cwd = freshFolder();
    const config = `listen: [{ port: 45321, tls: { cert: server.crt, key: server.key } }]
egress:
  upstream:
    - { departments: [trad], proxies: [direct] }
    - proxies: [{ url: "http://127.0.0.1:45321" }]
`;
    writeIn(cwd, 'postern.yaml', config);
    const { status, stdout } = await postern(['serve', '--json'], { cwd, env });
    expect(status).toBe(1);
    const told = (place: string, problem: string) => ({ at: join(cwd, `postern.yaml:${place}`), problem });
    const problems = [
      told('1:38', `${join(cwd, 'server.crt')}: the file does not exist`),
      told('1:55', `${join(cwd, 'server.key')}: the file does not exist`),
      told('4:23', 'there is no department `trad`'),
      told('5:24', 'the parent proxy 127.0.0.1:45321 is this Postern itself'),
    ];
    expect(problemsOf(stdout)).toMatchObject([{ problems }]);
    expect(existsSync(join(cwd, 'certs'))).toBe(false);
  });

  test('one address for two listeners, though workers would share it', async () => {
    const cwd = freshFolder();
    writeIn(cwd, 'postern.yaml', 'listen: [{ port: 45321 }, { port: 45321 }]\n');
    const { status, stdout } = await postern(['serve', '--json'], { cwd, env });
    expect(status).toBe(1);
    const at = join(cwd, 'postern.yaml:1:27');
    const problem = '127.0.0.1:45321 is listened on already, by an entry before this one';
    expect(problemsOf(stdout)).toMatchObject([{ problems: [{ at, problem }] }]);
  });

  test('memory that is not enough for so many', async () => {
    const { status, stdout } = await postern(['serve', '--json', '--listen', '127.0.0.1:0'], {
      cwd: freshFolder(),
      env: { POSTERN_WORKERS: '8', POSTERN_LIMITS_MEMORY_MB: '512' },
    });
    expect(status).toBe(1);
    expect(problemsOf(stdout)).toMatchObject([{ problems: [{ at: 'limits.memoryMb' }] }]);
  });
});
