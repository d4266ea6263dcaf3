import { expect, test } from 'vitest';
import { rereading } from '../../../src/proxy/outward/reread.ts';

/** Readings that are numbered, and a clock that the test sets. */
function readingsEvery(everyMs: number, read: (number: number) => number = (number) => number) {
  const clock = { now: 1_000, readings: 0 };
  const current = rereading(
    () => read(++clock.readings),
    everyMs,
    () => clock.now,
  );
  return { clock, current };
}

test('what was read holds for its time, and is read anew by the first that asks after it', () => {
  const { clock, current } = readingsEvery(500);
  expect(clock.readings).toBe(0); // nobody has asked yet
  expect(current()).toBe(1);
  clock.now += 499;
  expect(current()).toBe(1);
  clock.now += 1;
  expect([current(), current()]).toEqual([2, 2]);
  clock.now += 10_000;
  expect(current()).toBe(3); // not once for each half second that nobody asked in
});

test('a reading that fails is told to whoever asked, and nothing older is given out in its place', () => {
  const { clock, current } = readingsEvery(500, (number) => {
    if (number === 2) throw new Error('out of descriptors');
    return number;
  });
  expect(current()).toBe(1);
  clock.now += 500;
  expect(current).toThrow('out of descriptors');
  expect(current()).toBe(3);
});
