import type { Problem, Result } from '../policy/result.ts';
import { fail, succeed } from '../policy/result.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import type { WorkerProcess } from './worker-process.ts';

/** What befalls workers once all of them have been there. `worker` counts from 1. */
export type WorkerEvent =
  | {
      readonly kind: 'worker-ended';
      readonly worker: number;
      readonly pid: number;
      readonly cause: string;
      readonly restartMs: number;
    }
  | { readonly kind: 'worker-started'; readonly worker: number; readonly pid: number }
  | { readonly kind: 'worker-failed'; readonly worker: number; readonly problems: readonly Problem[] };

export type Worker = {
  readonly number: number;
  /** How often it was started again. */
  readonly restarts: number;
  /** `waiting`: it ended, and is started again when its time has come. */
  readonly state: 'starting' | 'serving' | 'waiting';
  readonly process: WorkerProcess;
};

export type Workers = {
  list(): readonly Worker[];
  /** The processes that serve, or are about to. */
  present(): readonly WorkerProcess[];
  /** Ends the watch over them, and has each stop; what is left after `drainMs` and a little more is killed. */
  stop(drainMs: number): Promise<void>;
};

export type Work = {
  readonly count: number;
  spawn(number: number): WorkerProcess;
  /** Has a new process serve; a failure says why it cannot. `gone`: it ended first. */
  start(process: WorkerProcess, number: number): Promise<Result<undefined> | 'gone'>;
  /** Has it stop in order. */
  tellStop(process: WorkerProcess): void;
  /** Asks whether it is alive; a process that owes its answer for too long is ended by that. */
  look(worker: Worker): void;
  tell(event: WorkerEvent): void;
};

/** For what a worker does after its connections have ended. */
const STOP_GRACE_MS = 5_000;
const LOOK_MS = 10_000;

type Held = { -readonly [Key in keyof Worker]: Worker[Key] } & {
  readonly backoff: Backoff;
  spawnedAt: number;
  timer: NodeJS.Timeout | undefined;
};

/**
 * Starts workers and starts again whichever ends, after a pause that grows. The first is there before the others begin:
 * what keeps one from starting at first is told once, and is the end.
 */
export async function startWorkers(work: Work): Promise<Result<Workers>> {
  const { workers, begin, keepRunning, letGo, killAll } = createKeeper(work);
  process.once('exit', killAll); // whatever ends this process in order, they do not outlive it
  const first = await begin(1);
  const others =
    first !== 'gone' && first.ok
      ? await Promise.all(Array.from({ length: work.count - 1 }, (_, index) => begin(index + 2)))
      : [];
  const failed = [first, ...others].find((started) => started === 'gone' || !started.ok);
  if (failed !== undefined) {
    process.off('exit', killAll);
    killAll();
    return failed === 'gone' || failed.ok ? fail([await endedEarly(workers)]) : failed;
  }
  for (const worker of workers) keepRunning(worker);
  const looking = setInterval(() => {
    for (const worker of workers) if (worker.state === 'serving') work.look(worker);
  }, LOOK_MS).unref();

  const present = (): readonly WorkerProcess[] =>
    workers.filter(({ state }) => state !== 'waiting').map((worker) => worker.process);
  return succeed({
    list: () => workers,
    present,
    async stop(drainMs) {
      clearInterval(looking);
      letGo();
      for (const one of present()) work.tellStop(one);
      const deadline = setTimeout(killAll, drainMs + STOP_GRACE_MS);
      await Promise.all(present().map(({ ended }) => ended));
      clearTimeout(deadline);
      process.off('exit', killAll);
    },
  });
}

type Started = Result<undefined> | 'gone';

type Keeper = {
  /** In the order of their numbers. */
  readonly workers: readonly Held[];
  /** Starts one for the first time. */
  begin(number: number): Promise<Started>;
  /** Starts it again whenever it ends, from now on. */
  keepRunning(worker: Held): void;
  /** Starts nobody again. */
  letGo(): void;
  killAll(): void;
};

function createKeeper(work: Work): Keeper {
  const workers: Held[] = [];
  let isOver = false;
  const run = async (worker: Held): Promise<Started> => {
    const started = await work.start(worker.process, worker.number);
    if (started !== 'gone' && started.ok) worker.state = 'serving';
    return started;
  };
  const keepRunning = (worker: Held): void => {
    const { process: current, number } = worker;
    void current.ended.then((cause) => {
      if (isOver) return;
      const restartMs = worker.backoff.next(performance.now() - worker.spawnedAt);
      worker.state = 'waiting';
      work.tell({ kind: 'worker-ended', worker: number, pid: current.pid, cause, restartMs });
      worker.timer = setTimeout(() => void restart(worker), restartMs);
    });
  };
  const restart = async (worker: Held): Promise<void> => {
    const { number } = worker;
    const spawned = work.spawn(number);
    Object.assign(worker, { process: spawned, spawnedAt: performance.now(), state: 'starting' });
    worker.restarts += 1;
    keepRunning(worker);
    const started = await run(worker);
    if (isOver || started === 'gone') return;
    if (started.ok) work.tell({ kind: 'worker-started', worker: number, pid: spawned.pid });
    else {
      work.tell({ kind: 'worker-failed', worker: number, problems: started.error });
      spawned.kill();
    }
  };
  const letGo = (): void => {
    isOver = true;
    for (const { timer } of workers) clearTimeout(timer);
  };
  return {
    workers,
    begin(number) {
      const worker = newWorker(number, work.spawn(number));
      workers.push(worker);
      return run(worker);
    },
    keepRunning,
    letGo,
    killAll() {
      letGo();
      for (const { process: current } of workers) current.kill();
    },
  };
}

const newWorker = (number: number, spawned: WorkerProcess): Held => ({
  number,
  restarts: 0,
  state: 'starting',
  process: spawned,
  spawnedAt: performance.now(),
  backoff: createBackoff(),
  timer: undefined,
});

/** All have been killed by now, so the first to have ended is told by what the others ended of: SIGKILL. */
async function endedEarly(workers: readonly Worker[]): Promise<Problem> {
  const causes = await Promise.all(workers.map(({ process }) => process.ended));
  const cause = causes.find((one) => one !== 'SIGKILL') ?? 'SIGKILL';
  return {
    at: 'workers',
    problem: `a worker ended before it served: ${cause}`,
    hint: 'see what it said above; with `workers: 1` it is this process that says it',
  };
}
