import type { Contestant } from '../peers/contestant.ts';
import { treeCpuMicros } from '../support/process-tree.ts';
import { median } from '../support/statistics.ts';
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

/** How much a proxy works before it is measured: compilers of programs that have one are at rest by then … */
const WARM_UP_CPU_SECONDS = 3;
/** … or after so many loads, where the load is slower than the proxy. */
const MAX_WARM_UPS = 4;

/**
 * Puts the same load on one proxy after the other, over and over (A B A B), so that what else the machine does meets all
 * alike.
 */
export async function measureWork(
  work: Work,
  session: Session,
  { rounds, seconds }: Rounds,
  tell: (step: string) => void,
): Promise<ReadonlyMap<string, Measured>> {
  const contestants = [session.postern, ...session.peers];
  const runs = new Map(contestants.map(({ name }) => [name, [] as Measured[]]));
  let number = 0;
  const measure = (contestant: Contestant): Promise<Measured> =>
    measureOnce(work, contestant, { session, seconds, number: number++ });
  for (const contestant of contestants) {
    tell(`warming up ${contestant.name}`);
    const rested = treeCpuMicros(contestant.pid);
    for (let load = 0; load < MAX_WARM_UPS; load++) {
      await measure(contestant);
      if (treeCpuMicros(contestant.pid) - rested > WARM_UP_CPU_SECONDS * 1e6) break;
    }
  }
  for (let round = 1; round <= rounds; round++) {
    tell(`round ${round} of ${rounds}`);
    for (const contestant of contestants) runs.get(contestant.name)?.push(await measure(contestant));
  }
  return new Map([...runs].map(([name, series]) => [name, medians(series)]));
}

async function measureOnce(
  work: Work,
  contestant: Contestant,
  run: Parameters<Work['load']>[1],
): Promise<Measured> {
  const before = treeCpuMicros(contestant.pid);
  const { units, seconds, p50Ms, p99Ms, wrong, firstWrong } = await work.load(contestant, run);
  const cpuMicros = treeCpuMicros(contestant.pid) - before;
  if (wrong > 0) throw new Error(`${contestant.name}: ${wrong} wrong replies, the first: ${firstWrong}`);
  if (units === 0) throw new Error(`${contestant.name} ended none in ${seconds} s`);
  const amount = units * work.perUnit;
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
