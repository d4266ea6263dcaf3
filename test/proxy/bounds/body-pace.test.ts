import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchBodyPace } from '../../../src/proxy/bounds/body-pace.ts';

/** A body on its way through a pipe, watched for 100 bytes in each second; `pass` lets seconds pass. */
async function watchedBody() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const body = new PassThrough();
  const origin = new PassThrough({ highWaterMark: 1_000 });
  const onTooSlow = vi.fn();
  body.pipe(origin);
  const stop = watchBodyPace(body, { requestBodyMs: 1_000, minRequestBodyBytes: 100 }, onTooSlow);
  await setImmediate();
  return {
    body,
    origin,
    onTooSlow,
    stop,
    async send(bytes: number) {
      body.write(Buffer.alloc(bytes));
      await setImmediate();
    },
    async pass(seconds: number) {
      vi.advanceTimersByTime(seconds * 1_000);
      await setImmediate();
    },
  };
}

// Covers: EV-31
test('a body that drips is too slow after the first span in which too little came', async () => {
  const { origin, onTooSlow, send, pass } = await watchedBody();
  origin.resume();
  await send(100);
  await pass(1);
  expect(onTooSlow).not.toHaveBeenCalled();
  await send(99);
  await pass(1);
  expect(onTooSlow).toHaveBeenCalledOnce();
});

test('a body that comes at its pace may take as long as it likes', async () => {
  const { origin, onTooSlow, send, pass } = await watchedBody();
  origin.resume();
  for (let second = 0; second < 100; second++) {
    await send(100);
    await pass(1);
  }
  expect(onTooSlow).not.toHaveBeenCalled();
});

test('time in which the origin takes nothing is not the client’s, and a whole span follows it', async () => {
  const { origin, onTooSlow, send, pass } = await watchedBody();
  await send(5_000);
  await pass(60);
  expect(onTooSlow).not.toHaveBeenCalled();
  await pass(0.9);
  origin.resume();
  await setImmediate();
  await pass(0.9);
  expect(onTooSlow).not.toHaveBeenCalled();
  await pass(1);
  expect(onTooSlow).toHaveBeenCalledOnce();
});

test.each<[string, (watched: Awaited<ReturnType<typeof watchedBody>>) => unknown]>([
  ['its end', ({ body }) => body.end()],
  ['a client that left', ({ body }) => body.destroy()],
  ['a request that is over', ({ stop }) => stop()],
])('nothing is watched any more after %s', async (_what, end) => {
  const watched = await watchedBody();
  watched.origin.resume();
  end(watched);
  await setImmediate();
  await watched.pass(10);
  expect(watched.onTooSlow).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
