import { expect, test } from 'vitest';
import { timestamp } from '../../src/decision-log/timestamp.ts';

const NOON = Date.UTC(2026, 10, 23, 12);

test.each([
  ['the first millisecond of a second', NOON],
  ['the last', NOON + 999],
  ['the next second', NOON + 1_000],
  ['the second before, after it', NOON - 1],
  ['the epoch', 0],
  ['before the epoch', -1],
  ['the first time there is', -8.64e15],
  ['the last', 8.64e15],
])('%s is written as Date writes it', (_name, time) => {
  expect(timestamp(time)).toBe(new Date(time).toISOString());
});

test('what is no time is an error, and spoils nothing', () => {
  expect(() => timestamp(Number.NaN)).toThrow(RangeError);
  expect(timestamp(NOON)).toBe('2026-11-23T12:00:00.000Z');
});
