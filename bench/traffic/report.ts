import type { Figure, Section, Target } from '../support/report.ts';
import type { Measured, Rounds } from './measure.ts';
import type { Work } from './works.ts';

export function workSection(
  work: Work,
  measured: ReadonlyMap<string, Measured>,
  { rounds, seconds }: Rounds,
): Section {
  const { of, target } = work;
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
  const cost = `processor time for each ${of}`;
  const [costs, rates] =
    of === 'GB'
      ? [
          figure(cost, 'ms', ({ cpuMicros }) => cpuMicros / 1e3, atMost(target.cost)),
          figure('throughput', 'MB/s', ({ rate }) => rate * 1e3),
        ]
      : [
          figure(cost, 'µs', ({ cpuMicros }) => cpuMicros, atMost(target.cost)),
          figure(`${of}s in a second`, '/s', ({ rate }) => rate),
        ];
  return {
    title: work.title,
    notes: [
      ...work.notes,
      `medians of ${rounds} rounds of ${seconds} s each; processor time is of all of a proxy's processes`,
    ],
    figures: [
      { ...costs, chart: work.short },
      rates,
      figure('latency: p50', 'ms', ({ p50Ms }) => p50Ms),
      figure('  p99', 'ms', ({ p99Ms }) => p99Ms, target.p99 ? atMost(1) : undefined),
      figure('share of its processor', '%', ({ busy }) => busy * 100),
    ],
  };
}
