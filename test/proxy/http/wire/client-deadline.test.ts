import { expect, onTestFinished, test, vi } from 'vitest';
import { type Awaited, ClientDeadline } from '../../../../src/proxy/http/wire/client-deadline.ts';

const BOUNDS = { requestHeadMs: 15_000, keepAliveMs: 65_000 };

/** A deadline, and what is awaited; `pass` lets seconds pass, and gives what was late meanwhile. */
function watch() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  const late: Awaited[] = [];
  let awaited: Awaited = 'head';
  const deadline = new ClientDeadline(
    BOUNDS,
    () => awaited,
    (what) => late.push(what),
  );
  return {
    deadline,
    await(what: Awaited): void {
      awaited = what;
      deadline.restart();
    },
    pass(seconds: number): readonly Awaited[] {
      vi.advanceTimersByTime(seconds * 1_000);
      return late;
    },
  };
}

test('a head is late after its time, to the second, and that is told once', () => {
  const { pass } = watch();
  expect(pass(14)).toEqual([]);
  expect(pass(1)).toEqual(['head']);
  expect(pass(1_000)).toEqual(['head']);
});

test('its time begins anew with what is awaited anew', () => {
  const { await: expectNext, pass } = watch();
  pass(10);
  expectNext('head');
  expect(pass(14)).toEqual([]);
  expect(pass(1)).toEqual(['head']);
});

test('a next request is late a second after the time that its client was told', () => {
  const { await: expectNext, pass } = watch();
  pass(1);
  expectNext('request');
  expect(pass(65)).toEqual([]);
  expect(pass(1)).toEqual(['request']);
});

test('a head that begins late in the time between two requests has its own time, and no more', () => {
  const { await: expectNext, pass } = watch();
  expectNext('request');
  pass(60);
  expectNext('head');
  expect(pass(14)).toEqual([]);
  expect(pass(1)).toEqual(['head']);
});

test('nothing is late while a request is served', () => {
  const { await: expectNext, pass } = watch();
  expectNext(undefined);
  expect(pass(100_000)).toEqual([]);
  expectNext('head');
  expect(pass(15)).toEqual(['head']);
});

test('a deadline that was stopped leaves no timer', () => {
  const { deadline, pass } = watch();
  deadline.stop();
  expect(pass(1_000)).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});
