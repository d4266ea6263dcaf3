import { readdirSync, readFileSync } from 'node:fs';

/** What a program costs with all the processes that it has started: workers, helpers, writers of logs. */

/** Of `/proc/PID/stat`: USER_HZ, which Linux shows to programs on every architecture that Node runs on. */
const MICROSECONDS_PER_TICK = 10_000;

/**
 * The processor time of a process and its descendants so far, in their own code and in the kernel, in microseconds. That
 * of those that have ended is in it: their parents took it over.
 */
export function treeCpuMicros(root: number): number {
  let ticks = 0;
  for (const pid of treeOf(root)) ticks += ticksOf(pid);
  return ticks * MICROSECONDS_PER_TICK;
}

/** The memory of a process and its descendants in bytes; what several share counts once (proportional set size). */
export function treeMemoryBytes(root: number): number {
  let kibibytes = 0;
  for (const pid of treeOf(root)) {
    const rollup = readProcess(pid, 'smaps_rollup');
    kibibytes += Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
  }
  return kibibytes * 1024;
}

/** The process and those that descend from it, at this moment. */
function treeOf(root: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(statFields(pid)[1]);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [pid]);
    else siblings.push(pid);
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** utime, stime, and those of the children that have ended (proc_pid_stat(5), fields 14 to 17). */
function ticksOf(pid: number): number {
  return statFields(pid)
    .slice(11, 15)
    .reduce((sum, field) => sum + Number(field), 0);
}

/** From the state on, the third field: the name before it may hold spaces. Empty when the process has ended. */
function statFields(pid: number): readonly string[] {
  const stat = readProcess(pid, 'stat');
  return stat === '' ? [] : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readProcess(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // it ended a moment ago
  }
}
