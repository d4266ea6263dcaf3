import { totalmem } from 'node:os';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { capacityFor } from '../../src/supervisor/capacity.ts';
import {
  defaultMemoryMb,
  descriptorLimit,
  type Resource,
  type Usage,
  watchResources,
} from '../../src/supervisor/resources.ts';

/** A watch over a usage that the test sets, at a time that the test makes pass. */
function watchedUsage(usage: Usage) {
  vi.useFakeTimers();
  const told: (readonly [Resource, string | undefined])[] = [];
  let current = usage;
  const watch = watchResources(
    1_000,
    (resource, problem) => told.push([resource, problem?.problem]),
    () => current,
  );
  onTestFinished(() => {
    watch.close();
    vi.useRealTimers();
  });
  return {
    ...watch,
    told,
    set(changes: Partial<Usage>) {
      current = { ...current, ...changes };
      vi.advanceTimersByTime(5_000);
    },
  };
}

const CALM: Usage = { rssMb: 200, hasDescriptors: true };

describe('what runs short', () => {
  test('of memory is told once, and once when there is enough again', () => {
    const { told, set, isShortOf } = watchedUsage(CALM);
    set({ rssMb: 1_000 });
    expect(told).toEqual([]);
    set({ rssMb: 1_001 });
    set({ rssMb: 1_500 });
    expect(told).toEqual([['memory', expect.stringContaining('1001 MiB of memory, more than 1000')]]);
    expect(isShortOf('memory')).toBe(true);
    set({ rssMb: 900 });
    expect(told.slice(1)).toEqual([['memory', undefined]]);
    expect(isShortOf('memory')).toBe(false);
  });

  test('of descriptors is told once too, and is another matter', () => {
    const { told, set, isShortOf } = watchedUsage(CALM);
    set({ hasDescriptors: false });
    expect(told).toEqual([['descriptors', expect.stringContaining('no more files')]]);
    expect(isShortOf('memory')).toBe(false);
    set({ hasDescriptors: true });
    expect(told.slice(1)).toEqual([['descriptors', undefined]]);
  });
});

test('what the machine has is known', () => {
  expect(defaultMemoryMb()).toBeGreaterThan(100);
  expect(defaultMemoryMb()).toBeLessThan(totalmem() / 2 ** 20);
  expect(descriptorLimit()).toBeGreaterThan(100);
});

describe('connections', () => {
  test('are as many as descriptors allow, two each, when nobody says how many', () => {
    expect(capacityFor('auto', 4_096)).toEqual({ connections: 1_792, problem: undefined });
    expect(capacityFor('auto', 1_048_576).connections).toBe(50_000);
    expect(capacityFor('auto', undefined).connections).toBe(50_000);
  });

  test('are as many as somebody says, where descriptors allow it', () => {
    expect(capacityFor(100, 4_096)).toEqual({ connections: 100, problem: undefined });
    expect(capacityFor(400_000, 1_048_576)).toEqual({ connections: 400_000, problem: undefined });
  });

  test('are fewer, with a warning that says what to do, where they do not', () => {
    expect(capacityFor(5_000, 4_096)).toEqual({
      connections: 1_792,
      problem: {
        at: 'limits.connections',
        problem: '4096 open files allow 1792 connections, not 5000: 1792 it is',
        hint: expect.stringContaining('10512'),
      },
    });
  });

  test('leave something for the rest where descriptors are few', () => {
    expect(capacityFor('auto', 256).connections).toBe(64);
  });
});
