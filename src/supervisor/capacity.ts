import type { Problem } from '../policy/result.ts';

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

const reservedOf = (descriptors: number): number => Math.min(RESERVED_DESCRIPTORS, descriptors / 2);
