import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { boundTo } from './cores.ts';
import { cpuSecondsOf, type Memory, restingMemory } from './process.ts';

const READY_DEADLINE_MS = 300_000;
const STOP_DEADLINE_MS = 10_000;
const POLL_MS = 2;

export type Command = {
  readonly file: string;
  readonly args: readonly string[];
  /** Where it will accept connections, on 127.0.0.1. */
  readonly port: number;
  /** The processor that it is bound to, or several of them. */
  readonly core?: number | readonly number[] | undefined;
};

/** A program that accepts connections. */
export type Server = { readonly pid: number; stop(): Promise<void> };

/** How a server came up. */
export type Start = {
  /** From the start of its process until its port accepts. */
  readonly readySeconds: number;
  /** The processor time of all its threads between the two. */
  readonly cpuSeconds: number;
  /** Once it has come to rest, before any request. */
  readonly memory: Memory;
};

/** Starts a server, waits until it accepts, looks at it, and ends it. */
export async function measureStart(command: Command): Promise<Start> {
  const start = performance.now();
  const server = await startServer(command);
  try {
    const readySeconds = (performance.now() - start) / 1000;
    const cpuSeconds = cpuSecondsOf(server.pid);
    return { readySeconds, cpuSeconds, memory: await restingMemory(server.pid) };
  } finally {
    await server.stop();
  }
}

/** Starts a server and waits until it accepts. */
export async function startServer({ file, args, port, core }: Command): Promise<Server> {
  const [program = file, ...rest] = boundTo(core, [file, ...args]);
  const child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk;
  });
  child.on('error', (error) => {
    complaints += error.message;
  });
  const isReady = await untilAccepting(port, child);
  const { pid } = child;
  if (isReady && pid !== undefined) return { pid, stop: () => stop(child) };
  await stop(child);
  throw new Error(`${file} did not come up: ${complaints}`);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Whether it did before the program ended and before the deadline. */
async function untilAccepting(port: number, server: ChildProcess): Promise<boolean> {
  const deadline = performance.now() + READY_DEADLINE_MS;
  while (!hasEnded(server) && performance.now() < deadline) {
    if (await accepts(port)) return true;
    await pause(POLL_MS);
  }
  return false;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function stop(server: ChildProcess): Promise<void> {
  if (hasEnded(server)) return;
  const ended = once(server, 'exit');
  server.kill('SIGTERM');
  const impatience = setTimeout(() => server.kill('SIGKILL'), STOP_DEADLINE_MS);
  await ended;
  clearTimeout(impatience);
}

/** Without a process id it never began. */
const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;
