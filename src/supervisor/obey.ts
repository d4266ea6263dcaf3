import type { Ordered, Said } from './worker-process.ts';

/** The worker's end of its channel. */
export type Obedience = {
  /** One at a time, in their order. What it throws ends the process: another one takes its place. */
  carryOut(order: unknown): Promise<unknown>;
  /** An order to stop, or nobody there any more to give one. */
  stop(): Promise<void>;
};

/** Signals that reach every process of a terminal or a service. What they mean the primary says. */
const LEFT_TO_PRIMARY = ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGUSR1'] as const;

/** Does what the primary orders until it orders to stop, or is gone. Gives what tells it something unasked. */
export function obeyPrimary(
  { carryOut, stop }: Obedience,
  isStop: (order: unknown) => boolean,
): (announcement: unknown) => void {
  let done: Promise<unknown> = Promise.resolve();
  let isStopping = false;
  const say = (said: Said): void => {
    if (process.connected) process.send?.(said, undefined, undefined, () => {});
  };
  const end = async (): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    try {
      await stop();
      process.exit(0);
    } catch (fault) {
      failWith(fault); // without a primary nobody else would end this process
    }
  };
  process.on('message', ({ id, order }: Ordered) => {
    if (isStop(order)) {
      void end();
      return;
    }
    done = done.then(async () => {
      try {
        const answer = await carryOut(order);
        if (id !== undefined) say({ kind: 'answer', id, answer });
      } catch (fault) {
        failWith(fault);
      }
    });
  });
  process.on('disconnect', () => void end());
  for (const signal of LEFT_TO_PRIMARY) process.on(signal, () => {});
  return (announcement) => say({ kind: 'announcement', announcement });
}

function failWith(fault: unknown): never {
  process.stderr.write(`${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}\n`);
  process.exit(1);
}
