import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const LOOK_MS = 50;
const MAX_LOOKS = 60;
const STEADY_LOOKS = 4;
const STEADY_MB = 0.2;
/** Of `/proc/PID/stat`: USER_HZ, which Linux shows to programs on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** What a process holds in memory now and at most so far, in MB of 10^6 bytes. */
export type Memory = { readonly residentMb: number; readonly peakMb: number };

export function memoryOf(pid: number | 'self'): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string): number => {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1];
    return (Number(kibibytes) * 1024) / 1e6;
  };
  return { residentMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') };
}

/** The memory of this process when collecting garbage frees no more. Needs `--expose-gc`. */
export function settledMemory(): Promise<Memory> {
  const collect = globalThis.gc;
  if (collect === undefined) throw new Error('start this process with --expose-gc');
  // Otherwise V8 keeps tens of megabytes of emptied pages for later, some more and some less in each run.
  return restingMemory('self', () => collect({ type: 'major', execution: 'sync', flavor: 'last-resort' }));
}

/** The memory of a process once it changes no more; `between` runs before each look. */
export async function restingMemory(pid: number | 'self', between = () => {}): Promise<Memory> {
  let steadyLooks = 0;
  let last = memoryOf(pid);
  for (let look = 0; look < MAX_LOOKS && steadyLooks < STEADY_LOOKS; look++) {
    between();
    await pause(LOOK_MS);
    const now = memoryOf(pid);
    steadyLooks = Math.abs(now.residentMb - last.residentMb) < STEADY_MB ? steadyLooks + 1 : 0;
    last = now;
  }
  return last;
}

/** The processor time that a process has used, in its own code and in the kernel. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // a program's name may hold spaces
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Runs a script in a fresh Node with `--expose-gc`, and gives what it printed as JSON. */
export async function runScript<T>(script: URL, args: readonly string[]): Promise<T> {
  const child = spawn(process.execPath, ['--expose-gc', fileURLToPath(script), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`${script.pathname} ended with status ${status}`);
  return JSON.parse(Buffer.concat(chunks).toString()) as T;
}
