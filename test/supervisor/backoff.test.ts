import { expect, test } from 'vitest';
import { createBackoff } from '../../src/supervisor/backoff.ts';

const MINUTE_MS = 60_000;

test('what ends again and again soon after its start waits twice as long each time, up to half a minute', () => {
  const { next } = createBackoff();
  const waits = Array.from({ length: 12 }, () => next(700));
  expect(waits.slice(0, 4)).toEqual([100, 200, 400, 800]);
  expect(waits.slice(-2)).toEqual([30_000, 30_000]);
});

test('what ran well for a minute is started again at once, and waits anew from the beginning', () => {
  const { next } = createBackoff();
  for (let time = 0; time < 9; time++) next(0);
  expect(next(MINUTE_MS)).toBe(100);
  expect(next(0)).toBe(200);
});
