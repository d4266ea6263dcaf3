import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export type CommandSetup = {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
};

export type Run = {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What went to stdout, byte by byte. */
  readonly bytes: Buffer;
};

/** Runs `postern …` to its end, as a process of its own. */
export async function postern(args: readonly string[], setup: CommandSetup): Promise<Run> {
  return outcomeOf(spawnPostern(args, setup));
}

/** Starts `postern …`, in one process unless `env` says otherwise; what still runs when the test ends is killed. */
export function spawnPostern(args: readonly string[], { cwd, env }: CommandSetup): ChildProcess {
  return spawnClean(process.execPath, [MAIN, ...args], { cwd, env: { POSTERN_WORKERS: '1', ...env } });
}

/** Starts a program in an environment without anything that a machine or a test runner may have set. */
export function spawnClean(
  program: string,
  args: readonly string[],
  { cwd, env }: CommandSetup,
  options: SpawnOptions = {},
): ChildProcess {
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
    cwd,
    env: { PATH, HOME, TMPDIR, ...env },
  });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  });
  return child;
}

export async function outcomeOf(child: ChildProcess): Promise<Run> {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  const bytes = Buffer.concat(out);
  return { status, signal, stdout: bytes.toString(), stderr: Buffer.concat(err).toString(), bytes };
}

/** What `--json` printed: one object on one line. */
export function jsonOf({ stdout }: Run): Record<string, unknown> {
  const lines = stdout.trimEnd().split('\n');
  if (lines.length !== 1) throw new Error(`expected one line, got: ${stdout}`);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}
