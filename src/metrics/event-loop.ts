import { performance } from 'node:perf_hooks';
import type { Counters } from './counters.ts';

/**
 * What the event loop of this thread did since the process began. The loop itself keeps the account; a histogram of its
 * delays would take a timer that wakes an idle process many times a second.
 */
export function eventLoopSeconds(): Counters['eventLoopSecondsTotal'] {
  const { active, idle } = performance.eventLoopUtilization(); // in ms
  return { active: active / 1_000, idle: idle / 1_000 };
}
