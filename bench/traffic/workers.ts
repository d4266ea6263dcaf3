import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateIn } from '../peers/postern.ts';
import { type Cores, UNBOUND } from '../support/cores.ts';

/** Where workers run, what each of them got, and what follows from that. */

export type WorkerPlaces = {
  /** For one worker, the load and the origins. */
  readonly cores: Cores;
  /** For two workers; undefined where there are too few for that. */
  readonly two: readonly number[] | undefined;
};

/** Two for workers, and one each for load and origins. */
export const LEAST_CORES = 4;

/** Where there are fewer, nothing is bound: the system gives each program what it finds. */
export function placesOf([first, second, third, fourth]: readonly number[]): WorkerPlaces {
  if (first === undefined || second === undefined || third === undefined || fourth === undefined)
    return { cores: UNBOUND, two: undefined };
  return { cores: { proxy: first, load: third, origin: fourth }, two: [first, second] };
}

export const describePlaces = ({ cores, two }: WorkerPlaces): string =>
  two === undefined
    ? `fewer than ${LEAST_CORES} processors, or none that can be bound: workers, load and origins share them`
    : `one worker on processor ${cores.proxy}, two on ${two.join(' and ')}, load on ${cores.load}, origins on ${cores.origin}`;

const DECISION = '"event":"decision"';
const MAX_WORKERS = 2;

/** How many decisions stand in the log of each worker of the Postern in a folder. */
export function decisionsByWorker(folder: string): readonly number[] {
  return Array.from({ length: MAX_WORKERS }, (_, at) => {
    const file = join(stateIn(folder), 'log', `decisions.worker-${at + 1}.ndjson`);
    return existsSync(file) ? countIn(readFileSync(file), DECISION) : 0;
  });
}

export function countIn(text: Buffer, wanted: string): number {
  let count = 0;
  for (let at = text.indexOf(wanted); at !== -1; at = text.indexOf(wanted, at + wanted.length)) count++;
  return count;
}

/** What part of all that came between two counts each worker had. */
export function sharesOf(before: readonly number[], after: readonly number[]): readonly number[] {
  const each = after.map((count, at) => count - (before[at] ?? 0));
  const all = each.reduce((sum, count) => sum + count, 0);
  return each.map((count) => count / all);
}

/**
 * How many times the throughput of one worker two have, each with a processor of its own: from the processor time of a
 * request with one and with two, and the share of the busier one, which is the first to have no more to give.
 */
export const expectedGain = (of: {
  readonly one: number;
  readonly two: number;
  readonly busiest: number;
}): number => of.one / of.two / of.busiest;
