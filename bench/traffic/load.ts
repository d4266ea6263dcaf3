import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { TunnelJob } from '../children/tunnel-load.ts';
import { boundTo } from '../support/cores.ts';

/** What a load came to. */
export type LoadResult = {
  readonly units: number;
  readonly seconds: number;
  /** From the first byte of a unit to the last one. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Replies that were not what they must be, and connections that failed. */
  readonly wrong: number;
  readonly firstWrong: string | undefined;
};

const WRK = '/usr/bin/wrk';
const WRK_SCRIPT = fileURLToPath(new URL('./wrk.lua', import.meta.url));
const TUNNEL_LOAD = fileURLToPath(new URL('../children/tunnel-load.ts', import.meta.url));
/** wrk's own, of two seconds, takes a machine with much other work for a broken proxy. */
const REPLY_DEADLINE_SECONDS = 20;
/** How much longer than the load itself its program may take. */
const GRACE_MS = 60_000;

/** Plain HTTP through a proxy, by wrk. */
export type HttpJob = {
  readonly proxyPort: number;
  readonly connections: number;
  readonly seconds: number;
  /** In absolute form, asked for in turn. */
  readonly targets: readonly string[];
  /** Whether the proxy closes a connection that it did not say it would close. */
  readonly mayClose: boolean;
  readonly expect: { readonly status: number; readonly bytes: number; readonly marker: string };
};

export async function runHttpLoad(job: HttpJob, core: number | undefined): Promise<LoadResult> {
  if (!existsSync(WRK)) throw new Error('HTTP load is made by wrk, which is not installed (Debian: wrk)');
  const { proxyPort, connections, seconds, targets, mayClose, expect } = job;
  const script = ['-s', WRK_SCRIPT, `http://127.0.0.1:${proxyPort}/`, '--'];
  const expected = [String(expect.status), String(expect.bytes), expect.marker];
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', `${REPLY_DEADLINE_SECONDS}s`];
  const line = [WRK, ...options, ...script, ...expected, ...targets];
  return resultOf(await outputOf(boundTo(core, line), seconds), mayClose);
}

/** Reads the line that wrk.lua writes. */
export function resultOf(output: string, mayClose: boolean): LoadResult {
  const line = /^result (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (.*)$/m.exec(output);
  if (line === null) throw new Error(`wrk gave no result: ${output}`);
  const [units = 0, duration = 0, p50 = 0, p99 = 0, replies = 0, failed = 0, closed = 0] = line
    .slice(1, 8)
    .map(Number);
  const wrong = replies + failed + (mayClose ? 0 : closed);
  const firstWrong = wrong > 0 ? line[8] || `connections: ${failed} failed, ${closed} closed` : undefined;
  return { units, seconds: duration / 1e6, p50Ms: p50 / 1e3, p99Ms: p99 / 1e3, wrong, firstWrong };
}

export async function runTunnelLoad(job: TunnelJob, core: number | undefined): Promise<LoadResult> {
  const line = boundTo(core, [process.execPath, TUNNEL_LOAD, JSON.stringify(job)]);
  return JSON.parse(await outputOf(line, job.seconds)) as LoadResult;
}

async function outputOf([file = '', ...args]: readonly string[], seconds: number): Promise<string> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const deadline = setTimeout(() => child.kill('SIGKILL'), seconds * 1_000 + GRACE_MS);
  try {
    const [output, [status]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    if (status !== 0) throw new Error(`${file} ended with status ${status}: ${output}`);
    return output;
  } finally {
    clearTimeout(deadline);
  }
}
