import { treeCpuMicros } from '../support/process-tree.ts';
import { median } from '../support/statistics.ts';
import type { LoadResult } from './load.ts';
import type { Session } from './session.ts';
import type { Work } from './works.ts';

/** What one proxy cost and gave: medians of all rounds. */
export type Measured = {
  /** Processor time of all its processes for each request, tunnel, page or GB. */
  readonly cpuMicros: number;
  /** Of those in a second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The share of its processor that it used; well below 1, the load was slower than it. */
  readonly busy: number;
};

export type Rounds = { readonly rounds: number; readonly seconds: number };

/** What a load is put on: a proxy, or one of the ways in which it is used. */
export type Subject = {
  readonly name: string;
  /** The process that its costs are those of, with all that it has started. */
  readonly pid: number;
  /** How many requests, tunnels, pages or GB a unit of the load is. */
  readonly perUnit: number;
  /** `number` is another one each time. */
  load(number: number): Promise<LoadResult>;
};

/** How much a proxy works before it is measured: compilers of programs that have one are at rest by then … */
const WARM_UP_CPU_SECONDS = 3;
/** … or after so many loads, where the load is slower than the proxy. */
const MAX_WARM_UPS = 4;

/** The same work for Postern and its peers. */
export function measureWork(
  work: Work,
  session: Session,
  rounds: Rounds,
  tell: (step: string) => void,
): Promise<ReadonlyMap<string, Measured>> {
  const subjects = [session.postern, ...session.peers].map((contestant) => ({
    name: contestant.name,
    pid: contestant.pid,
    perUnit: work.perUnit,
    load: (number: number) => work.load(contestant, { session, seconds: rounds.seconds, number }),
  }));
  return measureInTurn(subjects, rounds.rounds, tell);
}

/**
 * Puts load on one subject after the other, over and over (A B A B), so that what else the machine does meets all alike.
 * Gives what each measured by its name.
 */
export async function measureInTurn(
  subjects: readonly Subject[],
  rounds: number,
  tell: (step: string) => void,
): Promise<ReadonlyMap<string, Measured>> {
  const runs = new Map(subjects.map(({ name }) => [name, [] as Measured[]]));
  let number = 0;
  for (const subject of subjects) {
    tell(`warming up ${subject.name}`);
    const rested = treeCpuMicros(subject.pid);
    for (let load = 0; load < MAX_WARM_UPS; load++) {
      await measureOnce(subject, number++);
      if (treeCpuMicros(subject.pid) - rested > WARM_UP_CPU_SECONDS * 1e6) break;
    }
  }
  for (let round = 1; round <= rounds; round++) {
    tell(`round ${round} of ${rounds}`);
    for (const subject of subjects) runs.get(subject.name)?.push(await measureOnce(subject, number++));
  }
  return new Map([...runs].map(([name, series]) => [name, medians(series)]));
}

async function measureOnce({ name, pid, perUnit, load }: Subject, number: number): Promise<Measured> {
  const before = treeCpuMicros(pid);
  const { units, seconds, p50Ms, p99Ms, wrong, firstWrong } = await load(number);
  const cpuMicros = treeCpuMicros(pid) - before;
  if (wrong > 0) throw new Error(`${name}: ${wrong} wrong replies, the first: ${firstWrong}`);
  if (units === 0) throw new Error(`${name} ended none in ${seconds} s`);
  const amount = units * perUnit;
  return {
    cpuMicros: cpuMicros / amount,
    rate: amount / seconds,
    p50Ms,
    p99Ms,
    busy: cpuMicros / 1e6 / seconds,
  };
}

function medians(series: readonly Measured[]): Measured {
  const of = (read: (measured: Measured) => number): number => median(series.map(read));
  return {
    cpuMicros: of(({ cpuMicros }) => cpuMicros),
    rate: of(({ rate }) => rate),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    busy: of(({ busy }) => busy),
  };
}
