import { existsSync, mkdirSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';
import http from 'node:http';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { request } from '../support/client.ts';
import { freshFolder, linesOf, type Serve, startServe } from '../support/serve.ts';

type Problem = { readonly code: string; readonly status: number };

/** Asks for a blocked page, and gives what a client learns of it. */
async function ask({ port }: Serve, path: string, agent?: http.Agent): Promise<Problem> {
  const { body } = await request(port, `http://chat.deepseek.com${path}`, {
    headers: { accept: 'application/problem+json' },
    ...(agent === undefined ? {} : { agent }),
  });
  return JSON.parse(body) as Problem;
}

const codesIn = (file: string) => new Set(linesOf(file).map(({ code }) => code));

describe('a kill without warning', () => {
  test('loses no decision that a client has seen', async () => {
    const serve = await startServe({ cwd: freshFolder() });
    const codes: string[] = [];
    for (let number = 0; number < 50; number++) codes.push((await ask(serve, `/${number}`)).code);
    await serve.end('SIGKILL');
    const logged = codesIn(serve.logFile);
    expect(codes.filter((code) => !logged.has(code))).toEqual([]);
  });

  test('loses none in the middle of many at a time', async () => {
    const serve = await startServe({ cwd: freshFolder() });
    const agent = new http.Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const codes: string[] = [];
    const askUntilItIsGone = async (client: number): Promise<void> => {
      for (let number = 0; ; number++) {
        codes.push((await ask(serve, `/${client}/${number}`, agent)).code);
        if (codes.length === 300) serve.process.kill('SIGKILL');
      }
    };
    const clients = Array.from({ length: 16 }, (_, client) => askUntilItIsGone(client));
    expect((await Promise.allSettled(clients)).map(({ status }) => status)).not.toContain('fulfilled');
    await serve.ended;
    const logged = codesIn(serve.logFile);
    expect(codes.length).toBeGreaterThanOrEqual(300);
    expect(codes.filter((code) => !logged.has(code))).toEqual([]);
  });
});

describe('a log rotation', () => {
  test('USR1 opens the log anew, and no line is lost or doubled', async () => {
    const serve = await startServe({ cwd: freshFolder() });
    const moved = `${serve.logFile}.1`;
    const codes = [(await ask(serve, '/before')).code];
    renameSync(serve.logFile, moved);
    codes.push((await ask(serve, '/between')).code);
    expect(existsSync(serve.logFile)).toBe(false);
    serve.process.kill('SIGUSR1');
    // A request may overtake the signal; one of these cannot.
    while (!existsSync(serve.logFile)) codes.push((await ask(serve, '/during')).code);
    codes.push((await ask(serve, '/after')).code);
    await serve.end('SIGTERM');
    const [old, now] = [linesOf(moved), linesOf(serve.logFile)];
    const decisions = [...old, ...now].filter(({ event }) => event === 'decision');
    expect(decisions.map(({ code }) => code)).toEqual(codes);
    expect(old[0]).toMatchObject({ path: '/before' });
    expect(now.map(({ path }) => path)).toContain('/after');
  });

  test('that fails is told, and the lines go on into the file that was open', async () => {
    const cwd = freshFolder();
    const serve = await startServe({ cwd });
    renameSync(join(cwd, 'var/log'), join(cwd, 'var/moved'));
    serve.process.kill('SIGUSR1');
    expect(await serve.announced('warning')).toMatchObject({
      problem: { problem: expect.stringMatching(/^the log could not be opened anew: ENOENT/) },
    });
    const { code } = await ask(serve, '/after');
    expect(codesIn(join(cwd, 'var/moved/decisions.ndjson'))).toContain(code);
  });
});

describe.skipIf(!existsSync('/dev/full'))(
  'a log that cannot be written (skipped where there is no /dev/full)',
  () => {
    async function onFullDisk(onError: 'block' | 'continue') {
      const cwd = freshFolder();
      mkdirSync(join(cwd, 'var/log'), { recursive: true });
      symlinkSync('/dev/full', join(cwd, 'var/log/decisions.ndjson'));
      return startServe({ cwd, env: { POSTERN_LOG_ON_ERROR: onError } });
    }

    test('under `block`, every request is refused, and the terminal says why', async () => {
      const serve = await onFullDisk('block');
      expect(await ask(serve, '/')).toMatchObject({ status: 500 });
      expect(await serve.announced('warning')).toMatchObject({
        problem: {
          problem: expect.stringContaining('the decision log cannot be written: ENOSPC'),
          hint: 'every request is refused until it can',
        },
      });
    });

    test('under `continue`, requests go on, and the terminal says so', async () => {
      const serve = await onFullDisk('continue');
      expect(await ask(serve, '/')).toMatchObject({ status: 403 });
      expect(await serve.announced('warning')).toMatchObject({
        problem: { hint: expect.stringContaining('requests go on') },
      });
    });

    test('and can be again, goes on with the lines that were kept', async () => {
      const serve = await onFullDisk('continue');
      const first = await ask(serve, '/first');
      unlinkSync(serve.logFile);
      serve.process.kill('SIGUSR1');
      expect(await serve.announced('log-recovered')).toMatchObject({ directory: dirname(serve.logFile) });
      expect(codesIn(serve.logFile)).toContain(first.code);
    });
  },
);

describe('whoever read its output', () => {
  test('may go, and it goes on serving', async () => {
    const serve = await startServe({ cwd: freshFolder() });
    serve.process.stdout?.destroy();
    serve.process.stderr?.destroy();
    for (let attempt = 0; attempt < 3; attempt++) serve.process.kill('SIGHUP'); // each has something to tell
    expect(await ask(serve, '/1')).toMatchObject({ status: 403 });
    expect(await ask(serve, '/2')).toMatchObject({ status: 403 });
    const exited = new Promise((resolve) => serve.process.once('exit', resolve));
    serve.process.kill('SIGTERM');
    expect(await exited).toBe(0);
  });
});
