import { type ChildProcess, fork } from 'node:child_process';

/** A process of ours that does as it is told, over IPC. */
export type WorkerProcess = {
  readonly pid: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /**
   * Its answer to an order; `gone` when it ended first. One that owes an answer for too long is ended. Rejects when the
   * order cannot be sent, such as one too large for a message: that is no fault of the process.
   */
  ask(order: unknown): Promise<{ readonly answer: unknown } | 'gone'>;
  /** An order without an answer. */
  tell(order: unknown): void;
  kill(): void;
  /** How it ended: `SIGKILL`, `exit status 1`. */
  readonly ended: Promise<string>;
};

/**
 * Between an order and its answer. Longer than any worker is busy with one thing, and short enough that clients whose
 * connections the kernel hands to one that hangs do not wait all day.
 */
const ANSWER_MS = 60_000;

/** What goes over the channel to a worker, and back. */
export type Ordered = { readonly id: number | undefined; readonly order: unknown };
export type Said =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'announcement'; readonly announcement: unknown };

/** Runs a module as a worker. `onAnnouncement` hears what it says unasked. */
export function spawnWorker(
  module: URL,
  onAnnouncement: (announcement: unknown) => void,
  answerMs = ANSWER_MS,
): WorkerProcess {
  try {
    return commandOf(forkOf(module), onAnnouncement, answerMs);
  } catch (error) {
    return neverThere((error as Error).message); // of some failures the system is told at once, as when memory is short
  }
}

const forkOf = (module: URL): ChildProcess =>
  fork(module, {
    // What is sent are values of JavaScript, typed arrays among them: JSON would not do.
    serialization: 'advanced',
    // Else a USR1 that comes before the worker heeds signals would open a debugger.
    execArgv: [...process.execArgv, '--disable-sigusr1'],
  });

const neverThere = (cause: string): WorkerProcess => ({
  pid: 0,
  startedAt: new Date().toISOString(),
  ask: async () => 'gone',
  tell() {},
  kill() {},
  ended: Promise.resolve(cause),
});

function commandOf(
  child: ChildProcess,
  onAnnouncement: (announcement: unknown) => void,
  answerMs: number,
): WorkerProcess {
  const { promise: ended, resolve } = Promise.withResolvers<string>();
  const waiting = new Map<number, (answer: { readonly answer: unknown } | 'gone') => void>();
  let lastId = 0;
  let isGone = false;
  const kill = (): void => void child.kill('SIGKILL');
  const end = (cause: string): void => {
    isGone = true;
    resolve(cause);
    for (const settle of waiting.values()) settle('gone');
  };
  child.on('message', (said: Said) => {
    if (said.kind === 'answer') waiting.get(said.id)?.({ answer: said.answer });
    else onAnnouncement(said.announcement);
  });
  child.once('exit', (status, signal) => end(signal ?? `exit status ${status}`));
  child.on('error', (error) => {
    if (child.pid === undefined) end(error.message); // it could not be started, and no exit will be told of
  });
  return {
    pid: child.pid ?? 0,
    startedAt: new Date().toISOString(),
    async ask(order) {
      if (isGone) return 'gone';
      lastId += 1;
      const id = lastId;
      const asked = Promise.withResolvers<{ readonly answer: unknown } | 'gone'>();
      const deadline = setTimeout(kill, answerMs);
      waiting.set(id, (answer) => {
        clearTimeout(deadline);
        waiting.delete(id);
        asked.resolve(answer);
      });
      try {
        send(child, { id, order });
      } catch (error) {
        waiting.get(id)?.('gone'); // or it would be ended for an answer to what it never heard
        throw error;
      }
      return asked.promise;
    },
    tell: (order) => send(child, { id: undefined, order }),
    kill,
    ended,
  };
}

/** To whom is gone nothing can be said; that it is, its end tells. */
function send(child: ChildProcess, ordered: Ordered): void {
  if (child.connected) child.send(ordered, () => {});
}
