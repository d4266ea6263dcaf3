import type { Problem } from '../policy/result.ts';

/** A fault in the code that serves one request must not take the network of a ministry down with it. */
export function surviveFaults(tell: (problem: Problem) => void): void {
  const report = (fault: unknown): void => {
    const problem = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    tell({ at: 'postern', problem, hint: 'this is a bug: please report it with these lines' });
  };
  // Whoever read our output may go, and each further write then fails: to report that there would never end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.on('uncaughtException', report);
  process.on('unhandledRejection', report);
}
