import { describe, expect, it } from 'vitest';
import { createRandom, sampleBelow } from '../../bench/support/random.ts';
import { median, summarise } from '../../bench/support/statistics.ts';

describe('a summary', () => {
  it('names values that were measured, in whatever order they came', () => {
    const series = Float64Array.from({ length: 100 }, (_, at) => ((at * 37) % 100) + 1);
    expect(summarise(series)).toEqual({ median: 50, p90: 90, p99: 99, max: 100 });
  });

  it('is the one value of a series of one', () => {
    expect(summarise(Float64Array.of(7))).toEqual({ median: 7, p90: 7, p99: 7, max: 7 });
    expect(median([7])).toBe(7);
  });
});

describe('a sample', () => {
  it('has different numbers below the bound, the same ones in every run', () => {
    const sample = sampleBelow(1000, 100, createRandom(1));
    expect(new Set(sample).size).toBe(100);
    expect(Math.max(...sample)).toBeLessThan(1000);
    expect(sampleBelow(1000, 100, createRandom(1))).toEqual(sample);
    expect(sampleBelow(1000, 100, createRandom(2))).not.toEqual(sample);
  });

  it('is everything when more is wanted than there is', () => {
    expect([...sampleBelow(5, 9, createRandom(1))].sort()).toEqual([0, 1, 2, 3, 4]);
  });
});
