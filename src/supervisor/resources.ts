import { closeSync, openSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { Problem } from '../policy/result.ts';

/** What a process can run out of while it serves. */
export type Resource = 'memory' | 'descriptors';

/** How much the process uses, as the system says at this moment. */
export type Usage = {
  /** Undefined while it cannot be asked for: that takes a descriptor. */
  readonly rssMb: number | undefined;
  readonly hasDescriptors: boolean;
};

export type ResourceWatch = {
  /** Whether resident memory was above its mark when last looked at. */
  isShortOf(resource: Resource): boolean;
  close(): void;
};

/** Often enough to notice a flood, seldom enough to cost nothing: each look takes some ten microseconds. */
const CHECK_MS = 1_000;
const MIB = 2 ** 20;

/**
 * Looks at memory and descriptors on a timer, and tells once when one of them runs short (`problem`), and once when it
 * is there again (undefined). Out of descriptors the system library accepts connections and closes them at once, without
 * a word to us: to try for a descriptor is the only way to know.
 */
export function watchResources(
  memoryMb: number,
  onChange: (resource: Resource, problem: Problem | undefined) => void,
  measure: () => Usage = measureProcess,
): ResourceWatch {
  const short = new Set<Resource>();
  const heed = (resource: Resource, isShort: boolean, problem: Problem): void => {
    if (isShort === short.has(resource)) return;
    if (isShort) short.add(resource);
    else short.delete(resource);
    onChange(resource, isShort ? problem : undefined);
  };
  const check = setInterval(() => {
    const { rssMb, hasDescriptors } = measure();
    if (rssMb !== undefined) heed('memory', rssMb > memoryMb, memoryProblem(rssMb, memoryMb));
    heed('descriptors', !hasDescriptors, DESCRIPTOR_PROBLEM);
  }, CHECK_MS).unref();
  return { isShortOf: (resource) => short.has(resource), close: () => clearInterval(check) };
}

/** How many files the process may have open; undefined where the system does not say it. */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Three quarters of what the machine, or the container around the process, has; in MiB. */
export function defaultMemoryMb(): number {
  const constrained = process.constrainedMemory(); // 0, or more than there is, when nothing constrains it
  const total = constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
  return Math.floor((total * 0.75) / MIB);
}

function measureProcess(): Usage {
  if (!canOpen()) return { rssMb: undefined, hasDescriptors: false };
  return { rssMb: Math.round(process.memoryUsage.rss() / MIB), hasDescriptors: true };
}

function canOpen(): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== 'EMFILE' && code !== 'ENFILE';
  }
}

const memoryProblem = (rssMb: number, memoryMb: number): Problem => ({
  at: 'limits.memoryMb',
  problem: `Postern takes ${rssMb} MiB of memory, more than ${memoryMb}: new connections are refused until it is less`,
  hint: 'look in the log for clients with very many connections; else give it more memory',
});

const DESCRIPTOR_PROBLEM: Problem = {
  at: 'listen',
  problem: 'no more files can be opened: new connections are dropped unheard until some are closed',
  hint: 'raise the limit of open files (LimitNOFILE, ulimit -n), or lower `limits.connections`',
};
