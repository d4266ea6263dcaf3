import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Memory, restingMemory } from './process.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const PROBE = new URL('../children/probe.ts', import.meta.url).href;

export type ObservedSetup = {
  /** The configuration without `listen`, `policies`, `certs` and `state`. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Policy files by their names. */
  readonly policies: Readonly<Record<string, string>>;
  /** A program and its arguments that starts the command line after it, such as `prlimit --nofile=64`. */
  readonly under?: readonly string[];
};

export type LogLine = Readonly<Record<string, unknown>>;

/** How many there are of each kind. */
export type Counts = Readonly<Record<string, number>>;

/** What a process holds at one moment. */
export type Holdings = {
  /** Open descriptors by what they lead to: `socket`, `pipe`, `anon_inode`, or the path of a file. */
  readonly descriptors: Counts;
  /** What its event loop waits for (`process.getActiveResourcesInfo`): timers, connections, look-ups. */
  readonly resources: Counts;
};

/** A `postern serve` in a process and a folder of its own, looked at from outside. */
export type Observed = {
  readonly pid: number;
  readonly port: number;
  readonly folder: string;
  readonly caFile: string;
  readonly logFile: string;
  /** What it said on standard output (`serve --json`), line by line. */
  readonly announced: readonly LogLine[];
  hasEnded(): boolean;
  lines(): readonly LogLine[];
  holdings(): Promise<Holdings>;
  /** Its memory once it is idle and has collected its garbage. */
  settledMemory(): Promise<Memory>;
  signal(signal: NodeJS.Signals): void;
  /** Ends it, and removes its folder. Resolves to its exit status; null when it had to be killed. */
  stop(): Promise<number | null>;
};

/** What finalisers and closed handles let go of is garbage for the next collection only. */
const COLLECTIONS = 3;
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;

export async function startObserved(setup: ObservedSetup): Promise<Observed> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-observed-'));
  for (const [name, text] of Object.entries(setup.policies)) writeIn(join(folder, 'policies'), name, text);
  // JSON is YAML. What is looked into is one process.
  writeIn(
    folder,
    'postern.yaml',
    JSON.stringify({ listen: [{ host: '127.0.0.1', port: 0 }], workers: 1, ...setup.config }),
  );
  const child = spawnObserved(folder, setup);
  const announced: LogLine[] = [];
  let complaints = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    complaints += chunk;
  });
  try {
    const listening = await untilListening(child, announced, () => complaints);
    return observe(child, folder, listening, announced);
  } catch (error) {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

export function writeIn(folder: string, name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

function spawnObserved(folder: string, { under = [] }: ObservedSetup): ChildProcess {
  const command = [process.execPath, '--expose-gc', '--import', PROBE, MAIN, 'serve', '--json'];
  const [program = '', ...args] = [...under, ...command];
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
  return spawn(program, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { PATH, HOME, TMPDIR },
  });
}

/** Collects what the process announces, from its first line on. */
function untilListening(
  child: ChildProcess,
  announced: LogLine[],
  complaints: () => string,
): Promise<LogLine> {
  return new Promise((resolve, reject) => {
    const ended = (): void =>
      reject(new Error(`it ended first: ${JSON.stringify(announced)} ${complaints()}`));
    const deadline = setTimeout(() => reject(new Error('it does not listen')), START_DEADLINE_MS);
    child.once('error', reject);
    child.once('close', ended);
    if (child.stdout === null) return;
    createInterface(child.stdout).on('line', (text) => {
      const line = JSON.parse(text) as LogLine;
      announced.push(line);
      if (line.kind !== 'listening') return;
      clearTimeout(deadline);
      child.off('close', ended);
      resolve(line);
    });
  });
}

function observe(child: ChildProcess, folder: string, listening: LogLine, announced: LogLine[]): Observed {
  const [endpoint] = listening.endpoints as readonly { readonly port: number }[];
  const pid = Number(listening.pid);
  const logFile = String(listening.log);
  const ask = async (request: string): Promise<readonly string[]> => {
    const answer = once(child, 'message');
    child.send(request);
    const [resources] = (await answer) as [readonly string[]];
    return resources;
  };
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    pid,
    port: endpoint?.port ?? 0,
    folder,
    caFile: join(folder, 'certs', 'ca.crt'),
    logFile,
    announced,
    hasEnded,
    lines: () => linesOf(logFile),
    async holdings() {
      const resources = await ask('what do you hold?');
      return { descriptors: countsOf(descriptorsOf(pid)), resources: countsOf(resources) };
    },
    async settledMemory() {
      for (let round = 0; round < COLLECTIONS; round++) await ask('collect garbage');
      return restingMemory(pid);
    },
    signal: (signal) => void child.kill(signal),
    async stop() {
      if (!hasEnded()) {
        const ended = once(child, 'close');
        child.kill('SIGTERM');
        const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
        await ended;
        clearTimeout(impatience);
      }
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      return child.exitCode;
    },
  };
}

function linesOf(file: string): readonly LogLine[] {
  const whole = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return whole.map((line) => JSON.parse(line) as LogLine);
}

/** What each open descriptor of a process leads to, without the numbers that tell one socket from another. */
function descriptorsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((number) => {
    try {
      const path = readlinkSync(join(folder, number)).replace(/:.*$/, '');
      return [path === '/' ? '/dev/null' : path]; // libuv holds one of them in reserve, for when it has no other
    } catch {
      return []; // closed meanwhile
    }
  });
}

function countsOf(kinds: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const kind of kinds.toSorted()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
