import type { Figure, Section, Target } from '../support/report.ts';
import type { Measured, Rounds } from './measure.ts';
import type { Work } from './works.ts';

const MS_PER_GB_FROM_MICROS = 1e-3;

export function workSection(
  { title, notes, of, target }: Work,
  measured: ReadonlyMap<string, Measured>,
  { rounds, seconds }: Rounds,
): Section {
  const isBulk = of === 'GB';
  const figure = (
    what: string,
    unit: Figure['unit'],
    read: (measured: Measured) => number,
    aim?: Target,
  ): Figure => {
    const values = [...measured].map(([name, values]) => [name, read(values)] as const);
    const { Postern, ...peers } = Object.fromEntries(values);
    return { what, unit, target: aim, postern: Postern, peers };
  };
  const atMost = (times: number): Target => ({ kind: 'ratio', to: target.peer.name, atMost: times });
  return {
    title,
    notes: [
      ...notes,
      `medians of ${rounds} rounds of ${seconds} s each; processor time is of all of a proxy's processes`,
    ],
    figures: [
      isBulk
        ? figure(
            'processor time for each GB',
            'ms',
            (one) => one.cpuMicros * MS_PER_GB_FROM_MICROS,
            atMost(target.cost),
          )
        : figure(`processor time for each ${of}`, 'µs', (one) => one.cpuMicros, atMost(target.cost)),
      isBulk
        ? figure('throughput', 'MB/s', ({ rate }) => rate * 1e3)
        : figure(`${of}s in a second`, '/s', ({ rate }) => rate),
      figure('latency: p50', 'ms', ({ p50Ms }) => p50Ms),
      figure('  p99', 'ms', ({ p99Ms }) => p99Ms, target.p99 ? atMost(1) : undefined),
      figure('share of its processor', '%', ({ busy }) => busy * 100),
    ],
  };
}
