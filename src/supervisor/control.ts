import { chmodSync, existsSync, mkdirSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';

/** What may be asked of a running Postern over its socket in the state folder: one JSON line each way. */
export type Command = 'status' | 'reload';
export type Answer = { readonly ok: boolean } & Record<string, unknown>;
export type ControlServer = { close(): void };

/** The kernel's limit for the path of a socket (sun_path), less its end. */
const MAX_SOCKET_PATH = 107;
const MAX_LINE = 1_024;
/** How long to wait for the other side. A reload that reads many millions of listed domains takes minutes. */
const DEADLINE_MS: Readonly<Record<Command, number>> = { status: 10_000, reload: 600_000 };

/** Listens for commands, from the owner of the state folder only. A socket that a crash left behind is replaced. */
export async function serveControl(
  stateFolder: string,
  handle: (command: Command) => Promise<Answer>,
): Promise<Result<ControlServer, Problem>> {
  const path = socketPath(stateFolder);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH)
    return fail({
      at: path,
      problem: 'the path is too long for a socket',
      hint: 'choose a shorter `state` folder',
    });
  try {
    mkdirSync(stateFolder, { recursive: true, mode: 0o750 });
    if (existsSync(path)) unlinkSync(path);
  } catch (error) {
    return fail(listenProblem(path, error as Error));
  }
  const server = net.createServer((socket) => serveOne(socket, handle));
  return new Promise((resolve) => {
    server.once('error', (error) => resolve(fail(listenProblem(path, error))));
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve(succeed({ close: () => server.close() }));
    });
  });
}

const listenProblem = (path: string, error: Error): Problem => ({
  at: path,
  problem: `\`postern status\` and \`postern reload\` will not work: ${error.message}`,
  hint: 'the state folder must be one that the user Postern runs as may write to',
});

/** Asks the Postern that runs with a state folder. */
export async function askRunning(stateFolder: string, command: Command): Promise<Result<Answer, Problem>> {
  const path = socketPath(stateFolder);
  const hint = 'start it with `postern serve`, or name its state folder with --state';
  if (!existsSync(path)) return fail({ at: path, problem: 'no Postern is running here', hint });
  const answer = await ask(path, command);
  return answer.ok
    ? succeed(answer.value)
    : fail({ at: path, problem: `Postern does not answer: ${answer.error}`, hint });
}

/** Whether somebody listens for commands there, one that hangs and answers none included. */
export function isRunning(stateFolder: string): Promise<boolean> {
  const path = socketPath(stateFolder);
  if (!existsSync(path)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = net.connect(path, () => socket.destroy());
    socket.once('error', () => {}); // one that a crash left behind refuses
    socket.once('close', (hasFailed) => resolve(!hasFailed));
  });
}

const socketPath = (stateFolder: string): string => join(stateFolder, 'postern.sock');

function serveOne(socket: net.Socket, handle: (command: Command) => Promise<Answer>): void {
  let received = '';
  let isAsked = false;
  socket.setEncoding('utf8');
  socket.setTimeout(DEADLINE_MS.status, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    if (isAsked) return; // one command a connection; the rest is read, and let go
    received += chunk;
    const end = received.indexOf('\n');
    if (end === -1 && received.length <= MAX_LINE) return;
    isAsked = true;
    socket.setTimeout(DEADLINE_MS.reload);
    void answer(received.slice(0, end), handle).then((said) => {
      if (!socket.destroyed) socket.end(`${JSON.stringify(said)}\n`); // a reload may take longer than who asked for it
    });
  });
}

async function answer(command: string, handle: (command: Command) => Promise<Answer>): Promise<Answer> {
  if (command !== 'status' && command !== 'reload') return { ok: false, problem: 'unknown command' };
  try {
    return await handle(command);
  } catch (fault) {
    const problem = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    return { ok: false, problems: [{ at: 'postern', problem, hint: 'this is a bug: please report it' }] };
  }
}

function ask(path: string, command: Command): Promise<Result<Answer, string>> {
  return new Promise((resolve) => {
    let received = '';
    const socket = net.connect(path, () => socket.write(`${command}\n`));
    socket.setEncoding('utf8');
    socket.setTimeout(DEADLINE_MS[command], () =>
      socket.destroy(new Error('it took too long, and may still be at it: see `postern status`')),
    );
    socket.on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('error', (error) => resolve(fail(error.message)));
    socket.once('close', () => {
      try {
        resolve(succeed(JSON.parse(received) as Answer));
      } catch {
        resolve(fail('its answer is not complete'));
      }
    });
  });
}
