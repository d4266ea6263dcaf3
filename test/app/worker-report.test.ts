import { describe, expect, test } from 'vitest';
import type { ProxyStatus } from '../../src/app/proxy.ts';
import { createWorkerReports } from '../../src/app/worker-report.ts';
import { NO_GAUGES, noCounters } from '../../src/metrics/counters.ts';
import type { Worker } from '../../src/supervisor/workers.ts';

const PROCESS: Worker['process'] = {
  pid: 7,
  startedAt: '2026-11-24T18:00:00.000Z',
  ask: async () => 'gone',
  tell() {},
  kill() {},
  ended: new Promise(() => {}),
};
const WORKER: Worker = { number: 2, restarts: 1, state: 'serving', process: PROCESS };
const SELF = { worker: 2, pid: 7, startedAt: PROCESS.startedAt, restarts: 1 };

const status = (malformedTotal: number): ProxyStatus => ({
  policy: 'sha256:0123',
  metrics: { counters: { ...noCounters(), malformedTotal }, gauges: NO_GAUGES },
  parents: [],
  logProblem: undefined,
});

describe('the report of a worker', () => {
  test('is its answer, whose numbers are kept', async () => {
    const { of, counters } = createWorkerReports(async () => status(3));
    expect(await of(WORKER)).toEqual({ ...SELF, state: 'serving', ...status(3) });
    expect(counters().malformedTotal).toBe(3);
  });

  test('says that it is silent when it does not answer in time, and its numbers are kept when they come', async () => {
    const asked = Promise.withResolvers<ProxyStatus>();
    const { of, counters } = createWorkerReports(() => asked.promise, 1);
    expect(await of(WORKER)).toEqual({ ...SELF, state: 'silent' });
    expect(counters().malformedTotal).toBe(0);
    asked.resolve(status(3));
    await asked.promise;
    expect(counters().malformedTotal).toBe(3);
  });

  test('of one that ended over the question says that it waits', async () => {
    const { of } = createWorkerReports(async () => 'gone');
    expect(await of(WORKER)).toEqual({ ...SELF, state: 'waiting' });
  });

  test('of one that does not serve is not asked for', async () => {
    const { of } = createWorkerReports(() => Promise.reject(new Error('it was asked')));
    for (const state of ['starting', 'waiting'] as const)
      expect(await of({ ...WORKER, state })).toEqual({ ...SELF, state });
  });
});
