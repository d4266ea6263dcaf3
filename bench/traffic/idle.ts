import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { IdleAnswer, IdleOrder, TunnelEnds } from '../children/idle-load.ts';
import type { Contestant } from '../peers/contestant.ts';
import { treeMemoryBytes } from '../support/process-tree.ts';
import type { Session } from './session.ts';
import type { OriginPorts } from './site.ts';

/**
 * Bytes of memory for each idle tunnel: of the first ones, which find room that the warm-up left free, and of those that
 * were opened beyond them.
 */
export type IdleMemory = { readonly first: number; readonly further: number };

/** How many are the first ones. */
export const firstOf = (many: number): number => Math.ceil(many / 4);

const IDLE_LOAD = fileURLToPath(new URL('../children/idle-load.ts', import.meta.url));
/** Opened and closed again before the memory is looked at for the first time. */
export const WARM_UP_TUNNELS = 500;
/** In which garbage is collected and memory given back, by those who do such things when they are idle. */
export const REST_MS = 12_000;
const OPENING_DEADLINE_MS = 120_000;
/** Descriptors of a process that are no tunnels. */
const OTHER_DESCRIPTORS = 500;

/** How many tunnels this machine lets be open: a proxy has two descriptors for each, the origin one of all proxies. */
export function tunnelsPossible(contestants: number): number {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const descriptors = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]) - OTHER_DESCRIPTORS;
  return Math.floor(descriptors / Math.max(2, contestants));
}

/** Of each contestant, at the same time: none has much to do. */
export async function measureIdle(session: Session, many: number): Promise<ReadonlyMap<string, IdleMemory>> {
  const contestants = [session.postern, ...session.peers];
  await withLoads(session, contestants, (open) => open(WARM_UP_TUNNELS));
  const memory = async (): Promise<readonly number[]> => {
    await pause(REST_MS);
    return contestants.map(({ pid }) => treeMemoryBytes(pid));
  };
  const none = await memory();
  return withLoads(session, contestants, async (open) => {
    const after = async (count: number): Promise<readonly number[]> => {
      await open(count);
      return memory();
    };
    const few = firstOf(many);
    const [atFew, atMany] = [await after(few), await after(many)];
    await open(many); // they are all still there
    return new Map(
      contestants.map(({ name }, at) => [
        name,
        idleMemory(few, many, { none: none[at] ?? 0, few: atFew[at] ?? 0, many: atMany[at] ?? 0 }),
      ]),
    );
  });
}

/** From the bytes of a proxy before there were tunnels, with the first ones, and with many. */
export const idleMemory = (
  few: number,
  many: number,
  bytes: { readonly none: number; readonly few: number; readonly many: number },
): IdleMemory => ({
  first: (bytes.few - bytes.none) / few,
  further: (bytes.many - bytes.few) / (many - few),
});

/** Runs `use` with a program for each contestant that opens tunnels; `open` has each hold so many. */
async function withLoads<T>(
  session: Session,
  contestants: readonly Contestant[],
  use: (open: (count: number) => Promise<void>) => Promise<T>,
): Promise<T> {
  const holders = contestants.map((contestant) => startHolder(contestant, session.setting.origins));
  try {
    return await use(async (count) => {
      for (const holder of holders) await holder.hold(count);
    });
  } finally {
    await Promise.all(holders.map((holder) => holder.stop()));
  }
}

/** A program that has idle tunnels open through a proxy. */
export type Holder = {
  /** Opens as many as are missing, and makes sure that none has ended. */
  hold(open: number): Promise<void>;
  /** Lets go of all. */
  stop(): Promise<void>;
};

export function startHolder(contestant: Contestant, { exchange }: OriginPorts): Holder {
  const ends: TunnelEnds = {
    proxyPort: contestant.port,
    to: { host: contestant.originHost, port: exchange },
  };
  const child = fork(IDLE_LOAD, [JSON.stringify(ends)]);
  return { hold: (open) => holdTunnels(contestant, child, open), stop: () => end(child) };
}

async function holdTunnels({ name }: Contestant, child: ChildProcess, open: number): Promise<void> {
  const order: IdleOrder = { open };
  const answered = once(child, 'message', { signal: AbortSignal.timeout(OPENING_DEADLINE_MS) });
  child.send(order);
  const [answer] = (await answered) as [IdleAnswer];
  if (answer.problem !== undefined || answer.open !== open)
    throw new Error(`${name}: ${answer.open} of ${open} tunnels are open: ${answer.problem}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
}
