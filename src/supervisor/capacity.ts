import { availableParallelism } from 'node:os';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';

/** A client's connection, and the one to its origin. */
const DESCRIPTORS_PER_CONNECTION = 2;
/** For the log, the listeners, look-ups, and idle connections to origins; where there are few, half of them. */
const RESERVED_DESCRIPTORS = 512;
/** More than one process serves well. */
const MOST_CONNECTIONS = 50_000;

/** How many connections of clients may be open, and what stands in the way of more that were asked for. */
export type Capacity = { readonly connections: number; readonly problem: Problem | undefined };

/** Never more than descriptors allow: to refuse with an answer is better than to be out of them. */
export function capacityFor(wanted: number | 'auto', descriptors: number | undefined): Capacity {
  const possible =
    descriptors === undefined
      ? Number.POSITIVE_INFINITY
      : Math.floor((descriptors - reservedOf(descriptors)) / DESCRIPTORS_PER_CONNECTION);
  if (wanted === 'auto') return { connections: Math.min(possible, MOST_CONNECTIONS), problem: undefined };
  if (wanted <= possible) return { connections: wanted, problem: undefined };
  const needed = wanted * DESCRIPTORS_PER_CONNECTION + RESERVED_DESCRIPTORS;
  return {
    connections: possible,
    problem: {
      at: 'limits.connections',
      problem: `${descriptors} open files allow ${possible} connections, not ${wanted}: ${possible} it is`,
      hint: `raise the limit of open files to ${needed} (LimitNOFILE, ulimit -n), or lower the setting`,
    },
  };
}

/** Below it a worker would hold itself for short of memory before anybody has come. */
const LEAST_WORKER_MB = 128;
/** With room for some thousand connections, and for a list of a million names, twice while it is exchanged. */
const GOOD_WORKER_MB = 384;

/**
 * How many processes serve. `auto`: one for each core that this process may use, as far as there is memory for them.
 * `machineMb` is what `limits.memoryMb: auto` stands for.
 */
export function workerCount(
  { workers, limits }: Wanted,
  machineMb: number,
  cores = availableParallelism(),
): number {
  if (workers !== 'auto') return workers;
  if (process.platform !== 'linux') return 1; // how connections are spread is Linux's
  const memoryMb = limits.memoryMb === 'auto' ? machineMb : limits.memoryMb;
  return Math.max(1, Math.min(cores, Math.floor(memoryMb / GOOD_WORKER_MB)));
}

type Wanted = {
  readonly workers: number | 'auto';
  readonly limits: { readonly memoryMb: number | 'auto' };
};

/** Each worker's part of what is set for all together; what is set for a client holds in each. */
export function shareOf<
  L extends { readonly connections: number | 'auto'; readonly memoryMb: number | 'auto' },
>(limits: L, workers: number, machineMb: number): Result<L, Problem> {
  const { connections } = limits;
  const memoryMb = Math.floor((limits.memoryMb === 'auto' ? machineMb : limits.memoryMb) / workers);
  if (memoryMb < LEAST_WORKER_MB)
    return fail({
      at: 'limits.memoryMb',
      problem: `each of ${workers} workers would have ${memoryMb} MiB of memory, and needs ${LEAST_WORKER_MB}`,
      hint: 'lower `workers`, or raise the setting',
    });
  return succeed({
    ...limits,
    connections: connections === 'auto' ? connections : Math.ceil(connections / workers),
    memoryMb,
  });
}

const reservedOf = (descriptors: number): number => Math.min(RESERVED_DESCRIPTORS, descriptors / 2);
