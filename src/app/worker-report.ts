import type { Counters } from '../metrics/counters.ts';
import { createLedger } from '../metrics/ledger.ts';
import type { WorkerProcess } from '../supervisor/worker-process.ts';
import type { Worker } from '../supervisor/workers.ts';
import type { MemberStatus } from './crew.ts';
import type { ProxyStatus } from './proxy.ts';

/** What workers say of themselves when they are asked. */
export type WorkerReports = {
  /** How it is with one. Whoever asks does not wait longer for one that hangs. */
  of(worker: Worker): Promise<MemberStatus>;
  /** What all have counted, also those that have ended. */
  counters(): Counters;
};

/** Long for a worker that is busy, and short for a person who wants to know which one hangs. */
const REPORT_MS = 3_000;

export function createWorkerReports(
  ask: (process: WorkerProcess) => Promise<ProxyStatus | 'gone'>,
  reportMs = REPORT_MS,
): WorkerReports {
  const ledger = createLedger();
  /** One that comes too late for whoever asked is noted all the same. */
  const report = async ({ number, restarts, process }: Worker): Promise<ProxyStatus | 'gone'> => {
    const status = await ask(process);
    if (status !== 'gone') ledger.note(number, restarts, status.metrics.counters);
    return status;
  };
  return {
    async of(worker) {
      const { number, restarts, state, process } = worker;
      const self = { worker: number, pid: process.pid, startedAt: process.startedAt, restarts };
      if (state !== 'serving') return { ...self, state };
      const status = await within(reportMs, report({ ...worker }));
      if (status === 'late') return { ...self, state: 'silent' };
      return status === 'gone' ? { ...self, state: 'waiting' } : { ...self, state, ...status };
    },
    counters: ledger.total,
  };
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T | 'late'> {
  const { promise: late, resolve } = Promise.withResolvers<'late'>();
  const deadline = setTimeout(() => resolve('late'), ms);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(deadline);
  }
}
