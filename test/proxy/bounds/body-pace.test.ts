import { expect, onTestFinished, test, vi } from 'vitest';
import { watchBodyPace } from '../../../src/proxy/bounds/body-pace.ts';
import { Body } from '../../../src/proxy/http/wire/body.ts';

/** A body that somebody takes, watched for 100 bytes in each second; `pass` lets seconds pass. */
function watchedBody() {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const body = new Body({ pause() {}, resume() {} });
  body.take({ onPiece() {}, onComplete() {}, onBroken() {} });
  const onTooSlow = vi.fn();
  const stop = watchBodyPace(body, { requestBodyMs: 1_000, minRequestBodyBytes: 100 }, onTooSlow);
  return {
    body,
    onTooSlow,
    stop,
    send: (bytes: number) => body.add(Buffer.alloc(bytes)),
    pass: (seconds: number) => vi.advanceTimersByTime(seconds * 1_000),
  };
}

// Covers: EV-31
test('a body that drips is too slow after the first span in which too little came', () => {
  const { onTooSlow, send, pass } = watchedBody();
  send(100);
  pass(1);
  expect(onTooSlow).not.toHaveBeenCalled();
  send(99);
  pass(1);
  expect(onTooSlow).toHaveBeenCalledOnce();
});

test('a body that comes at its pace may take as long as it likes', () => {
  const { onTooSlow, send, pass } = watchedBody();
  for (let second = 0; second < 100; second++) {
    send(100);
    pass(1);
  }
  expect(onTooSlow).not.toHaveBeenCalled();
});

test('time in which the origin takes nothing is not the client’s, and a whole span follows it', () => {
  const { body, onTooSlow, send, pass } = watchedBody();
  send(5_000);
  body.pause();
  pass(60);
  expect(onTooSlow).not.toHaveBeenCalled();
  pass(0.9);
  body.resume();
  pass(0.9);
  expect(onTooSlow).not.toHaveBeenCalled();
  pass(1);
  expect(onTooSlow).toHaveBeenCalledOnce();
});

test.each<[string, (watched: ReturnType<typeof watchedBody>) => unknown]>([
  ['its end', ({ body }) => body.complete([])],
  ['a client that left', ({ body }) => body.break()],
  ['a request that is over', ({ stop }) => stop()],
])('nothing is watched any more after %s', (_what, end) => {
  const watched = watchedBody();
  end(watched);
  watched.pass(10);
  expect(watched.onTooSlow).not.toHaveBeenCalled();
  expect(vi.getTimerCount()).toBe(0);
});
