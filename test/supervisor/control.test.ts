import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Answer, askRunning, type Command, serveControl } from '../../src/supervisor/control.ts';
import { spawnClean } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';

/** A control socket that answers with what it was asked, and remembers it. */
async function startControl(state = folderWith(), answer: Answer = { ok: true }) {
  const asked: Command[] = [];
  const served = await serveControl(state, async (command) => {
    asked.push(command);
    return { ...answer, command };
  });
  if (!served.ok) throw new Error(JSON.stringify(served.error));
  onTestFinished(() => served.value.close());
  return { state, path: join(state, 'postern.sock'), asked, close: served.value.close };
}

/** Sends these pieces to a socket, one after another, and gives all that comes back until it closes. */
function talk(path: string, ...pieces: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = net.connect({ path, allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.on('error', () => {}); // it may close before it has read all
    socket.once('close', () => resolve(received));
    socket.once('end', () => socket.end());
    const send = ([piece, ...rest]: readonly string[]): void => {
      if (piece !== undefined && socket.writable) socket.write(piece, () => setImmediate(send, rest));
    };
    socket.once('connect', () => send(pieces));
  });
}

describe('the control socket', () => {
  test.each<Command>(['status', 'reload'])(
    'carries `%s` to the program and its answer back',
    async (command) => {
      const { state, asked } = await startControl();
      expect(await askRunning(state, command)).toEqual({ ok: true, value: { ok: true, command } });
      expect(asked).toEqual([command]);
    },
  );

  test('carries an answer of any length: every problem of a large folder', async () => {
    const problems = Array.from({ length: 5_000 }, (_, line) => ({
      at: `policies/a.yaml:${line}:1`,
      problem: '문제',
    }));
    const { state } = await startControl(undefined, { ok: false, problems });
    expect(await askRunning(state, 'reload')).toMatchObject({ ok: true, value: { ok: false, problems } });
  });

  test('is for its owner only', async () => {
    const old = process.umask(0);
    onTestFinished(() => void process.umask(old));
    const { path } = await startControl();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('makes the state folder when it is missing', async () => {
    const state = join(folderWith(), 'var', 'postern');
    await startControl(state);
    expect(await askRunning(state, 'status')).toMatchObject({ ok: true });
  });

  test('is gone when the program has stopped', async () => {
    const { state, path, close } = await startControl();
    close();
    expect(existsSync(path)).toBe(false);
    expect(await askRunning(state, 'status')).toMatchObject({
      ok: false,
      error: {
        at: path,
        problem: 'no Postern is running here',
        hint: expect.stringContaining('postern serve'),
      },
    });
  });
});

describe('what was in the place of the socket', () => {
  test('a socket that a crash left behind is replaced', async () => {
    const state = folderWith();
    await leaveStaleSocket(join(state, 'postern.sock'));
    expect(await askRunning(state, 'status')).toMatchObject({
      ok: false,
      error: { problem: expect.stringContaining('Postern does not answer') },
    });
    await startControl(state);
    expect(await askRunning(state, 'status')).toMatchObject({ ok: true });
  });

  test('what cannot be removed is a problem, not a crash', async () => {
    const state = folderWith();
    mkdirSync(join(state, 'postern.sock'));
    expect(await serveControl(state, async () => ({ ok: true }))).toMatchObject({
      ok: false,
      error: { at: join(state, 'postern.sock'), hint: expect.stringMatching(/./) },
    });
  });
});

describe('a state folder that will not do', () => {
  test('a path too long for a socket is a problem with a remedy, and so is asking there', async () => {
    const state = join(folderWith(), 'x'.repeat(100));
    expect(await serveControl(state, async () => ({ ok: true }))).toEqual({
      ok: false,
      error: {
        at: join(state, 'postern.sock'),
        problem: 'the path is too long for a socket',
        hint: 'choose a shorter `state` folder',
      },
    });
    expect(await askRunning(state, 'status')).toMatchObject({ ok: false });
  });

  test('the longest path that fits works', async () => {
    const root = folderWith();
    const state = join(root, 'x'.repeat(107 - '/postern.sock'.length - root.length - 1));
    mkdirSync(state);
    await startControl(state);
    expect(await askRunning(state, 'status')).toMatchObject({ ok: true });
  });

  test('a file in the place of the folder is a problem', async () => {
    const state = join(folderWith({ state: '' }), 'state');
    expect(await serveControl(state, async () => ({ ok: true }))).toMatchObject({ ok: false });
  });
});

describe('whatever somebody writes to the socket', () => {
  const unknown = '{"ok":false,"problem":"unknown command"}\n';

  test.each([
    ['an unknown command', 'stop\n'],
    ['a command in capitals', 'RELOAD\n'],
    ['an HTTP request', 'GET /status HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['an empty line', '\n'],
    ['control characters', '\u0000\u001b[2J\n'],
    ['a name that every object has', 'constructor\n'],
    ['too much without an end', 'x'.repeat(2_000)],
  ])('%s is answered as unknown, and does nothing', async (_name, text) => {
    const { path, asked } = await startControl();
    expect(await talk(path, text)).toBe(unknown);
    expect(asked).toEqual([]);
  });

  test('a command in pieces is put together', async () => {
    const { path, asked } = await startControl();
    expect(await talk(path, 're', 'lo', 'ad', '\n')).toContain('"ok":true');
    expect(asked).toEqual(['reload']);
  });

  test('one connection is one command, however much is sent', async () => {
    const { path, asked } = await startControl();
    const answer = await talk(path, 'reload\n', 'reload\n', 'status\n');
    expect(answer).toBe('{"ok":true,"command":"reload"}\n');
    expect(asked).toEqual(['reload']);
  });

  test('a flood does not stop it', async () => {
    const { path, state, asked } = await startControl();
    await talk(path, 'x'.repeat(1_000_000));
    expect(await askRunning(state, 'status')).toMatchObject({ ok: true });
    expect(asked).toEqual(['status']);
  });

  test('somebody who connects and says nothing keeps nobody else waiting', async () => {
    const { path, state } = await startControl();
    const idle = net.connect(path);
    onTestFinished(() => void idle.destroy());
    await new Promise((resolve) => idle.once('connect', resolve));
    expect(await askRunning(state, 'status')).toMatchObject({ ok: true });
  });

  test('somebody who leaves before the answer does no harm', async () => {
    const { path, state } = await startControl();
    const hasty = net.connect(path, () => hasty.write('status\n', () => hasty.destroy()));
    await new Promise((resolve) => hasty.once('close', resolve));
    expect(await askRunning(state, 'status')).toMatchObject({ ok: true });
  });
});

describe('an answer that is none', () => {
  test('is a problem: a server that closes without a word', async () => {
    const state = folderWith();
    const server = net.createServer((socket) => socket.end('{"ok":'));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(join(state, 'postern.sock'), resolve));
    expect(await askRunning(state, 'status')).toMatchObject({
      ok: false,
      error: { problem: 'Postern does not answer: its answer is not complete' },
    });
  });

  test('is a problem: a plain file in the socket’s place', async () => {
    const state = folderWith();
    writeFileSync(join(state, 'postern.sock'), '');
    expect(await askRunning(state, 'status')).toMatchObject({
      ok: false,
      error: { problem: expect.stringContaining('Postern does not answer') },
    });
  });
});

/** A socket as a process leaves it that was killed: bound, and nobody listens. */
async function leaveStaleSocket(path: string): Promise<void> {
  const script = `require('node:net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  const child = spawnClean(process.execPath, ['-e', script], { cwd: '/' });
  await new Promise((resolve) => child.once('exit', resolve));
  expect(existsSync(path)).toBe(true);
}
