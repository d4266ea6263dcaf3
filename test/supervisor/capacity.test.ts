import { describe, expect, test } from 'vitest';
import { shareOf, workerCount } from '../../src/supervisor/capacity.ts';

const LIMITS = { connections: 'auto', memoryMb: 'auto' } as const;
const wanting = (workers: number | 'auto', memoryMb: number | 'auto' = 'auto') => ({
  workers,
  limits: { memoryMb },
});

describe('the number of workers', () => {
  test('is one for each core where there is memory for them', () => {
    expect(workerCount(wanting('auto'), 16_384, 8)).toBe(8);
    expect(workerCount(wanting('auto'), 16_384, 1)).toBe(1);
  });

  test('is less where the memory of the machine, or the limit, is small; at least one', () => {
    expect(workerCount(wanting('auto'), 1_600, 8)).toBe(4);
    expect(workerCount(wanting('auto', 800), 16_384, 8)).toBe(2);
    expect(workerCount(wanting('auto', 128), 16_384, 8)).toBe(1);
  });

  test('is what was asked for, whatever the machine has', () => {
    expect(workerCount(wanting(5), 1_024, 2)).toBe(5);
  });
});

describe("a worker's share of the limits", () => {
  test('is a part of what holds for all together', () => {
    const shared = shareOf({ connections: 1_001, memoryMb: 4_096 }, 4, 16_384);
    expect(shared).toEqual({ ok: true, value: { connections: 251, memoryMb: 1_024 } });
  });

  test('takes as many connections as its own open files allow where no number was set', () => {
    expect(shareOf(LIMITS, 4, 2_048)).toEqual({ ok: true, value: { connections: 'auto', memoryMb: 512 } });
  });

  test('leaves what is set for each client as it is', () => {
    expect(shareOf({ ...LIMITS, connectionsPerClient: 2_000 }, 4, 2_048)).toMatchObject({
      value: { connectionsPerClient: 2_000 },
    });
  });

  test('that is too small to serve anybody keeps it from starting', () => {
    expect(shareOf({ ...LIMITS, memoryMb: 256 }, 4, 16_384)).toMatchObject({
      ok: false,
      error: {
        at: 'limits.memoryMb',
        problem: 'each of 4 workers would have 64 MiB of memory, and needs 128',
      },
    });
  });
});
