import { existsSync } from 'node:fs';
import type http from 'node:http';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { request } from '../support/client.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { freshFolder, isListening, type Serve, startServe } from '../support/serve.ts';

const LOOPBACK = { POSTERN_EGRESS_INTERNAL_NETWORKS: '127.0.0.0/8' };
const isClosed = ({ port }: Serve) =>
  vi.waitUntil(async () => !(await isListening(port)), { timeout: 20_000, interval: 10 });

/** A Postern with one request under way, which the origin answers when the test says so. */
async function withRequestUnderWay() {
  const cwd = freshFolder();
  const serve = await startServe({ cwd, env: LOOPBACK });
  let arrived = (_response: http.ServerResponse): void => {};
  const response = new Promise<http.ServerResponse>((resolve) => {
    arrived = resolve;
  });
  const origin = await startHttpOrigin((_request, held) => arrived(held));
  const answer = request(serve.port, `http://127.0.0.1:${origin.port}/`);
  answer.catch(() => {}); // a test may end it
  return { cwd, serve, answer, held: await response };
}

describe.each<NodeJS.Signals>(['SIGTERM', 'SIGINT'])('%s', (signal) => {
  test('stops it with 0, and closes its port and its socket', async () => {
    const cwd = freshFolder();
    const serve = await startServe({ cwd });
    await request(serve.port, 'http://chat.deepseek.com/');
    expect(await serve.end(signal)).toEqual({ status: 0, signal: null });
    expect(await isListening(serve.port)).toBe(false);
    expect(existsSync(join(cwd, 'var/postern.sock'))).toBe(false);
  });

  test('lets a running request end first, and takes no new one', async () => {
    const { serve, answer, held } = await withRequestUnderWay();
    serve.process.kill(signal);
    await isClosed(serve);
    held.end('the answer');
    expect(await answer).toMatchObject({ status: 200, body: 'the answer' });
    expect(await serve.ended).toEqual({ status: 0, signal: null });
    expect(serve.log().at(-1)).toMatchObject({ event: 'outcome', kind: 'response-relayed', status: 200 });
  });

  test('a second time ends it at once, with 1', async () => {
    const { serve } = await withRequestUnderWay();
    serve.process.kill(signal);
    await isClosed(serve);
    expect(await serve.end(signal)).toEqual({ status: 1, signal: null });
  });
});
