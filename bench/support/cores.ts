import { existsSync, readFileSync } from 'node:fs';

/**
 * The processors that the programs of a bench are bound to, so that a proxy competes with nobody for its own. Undefined
 * where there is only one, or no `taskset` (util-linux).
 */
export type Cores = {
  readonly proxy: number | undefined;
  readonly load: number | undefined;
  /** That of the load where the machine has no third one. */
  readonly origin: number | undefined;
};

const TASKSET = '/usr/bin/taskset';
export const UNBOUND: Cores = { proxy: undefined, load: undefined, origin: undefined };

/** Of those that this process may use. */
export const chooseCores = (): Cores => coresOf(allowedCores());

/** Those that this process may use and bind others to: none where it can bind nothing. */
export function allowedCores(): readonly number[] {
  if (!existsSync(TASKSET)) return [];
  const status = readFileSync('/proc/self/status', 'utf8');
  return numbersIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
}

export function coresOf(allowed: readonly number[]): Cores {
  const [proxy, load, origin = load] = allowed;
  return load === undefined ? UNBOUND : { proxy, load, origin };
}

/** The numbers of a list such as `0-3,8`, as the kernel writes it. */
export function numbersIn(list: string): readonly number[] {
  return list
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, at) => first + at);
    });
}

export function describeCores({ proxy, load, origin }: Cores): string {
  if (proxy === undefined) return 'bound to no processor: latencies tell of the load too';
  return origin === load
    ? `the proxy on processor ${proxy}, load and origins on ${load}`
    : `the proxy on processor ${proxy}, load on ${load}, origins on ${origin}`;
}

/** The command line that starts `line` on a processor, or on any of several. */
export const boundTo = (
  core: number | readonly number[] | undefined,
  line: readonly string[],
): readonly string[] => (core === undefined ? line : [TASKSET, '-c', [core].flat().join(','), ...line]);
