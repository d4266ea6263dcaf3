import { expect, test } from 'vitest';
import { verdictOn } from '../../bench/support/report.ts';
import { countIn, expectedGain, placesOf, sharesOf } from '../../bench/traffic/workers.ts';

test('workers, load and origins have processors of their own, or nobody has', () => {
  expect(placesOf([2, 3, 5, 7, 8])).toEqual({ cores: { proxy: 2, load: 5, origin: 7 }, two: [2, 3] });
  const unbound = { cores: { proxy: undefined, load: undefined, origin: undefined }, two: undefined };
  expect(placesOf([0, 1, 2])).toEqual(unbound);
  expect(placesOf([])).toEqual(unbound);
});

test('the share of a worker is of what came between two counts', () => {
  expect(sharesOf([100, 0], [130, 70])).toEqual([0.3, 0.7]);
  expect(countIn(Buffer.from('{"a"}{"b"}{"a"}'), '"a"')).toBe(2);
});

test('the gain that is expected ends with the busier worker, and counts what a request costs', () => {
  expect(expectedGain({ one: 100, two: 100, busiest: 0.5 })).toBe(2);
  expect(expectedGain({ one: 100, two: 125, busiest: 0.5 })).toBe(1.6);
  expect(expectedGain({ one: 100, two: 100, busiest: 0.8 })).toBe(1.25);
});

test.each([
  [180, 'met'],
  [179, 'missed'],
  [undefined, 'none'],
])('a throughput of %s beside 100 is at least 1.8 times as much: %s', (postern, verdict) => {
  const target = { kind: 'gain', over: 'one worker', atLeast: 1.8 } as const;
  expect(verdictOn({ what: 'it', unit: '/s', target, postern, peers: { 'one worker': 100 } })).toBe(verdict);
});
