import { expect, test } from 'vitest';
import { verdictOn } from '../../bench/support/report.ts';
import type { Measured } from '../../bench/traffic/measure.ts';
import { workSection } from '../../bench/traffic/report.ts';
import { bulk, connect, forward } from '../../bench/traffic/works.ts';

const measured = (values: Partial<Measured>): Measured => ({
  cpuMicros: 100,
  rate: 1_000,
  p50Ms: 1,
  p99Ms: 10,
  busy: 0.5,
  ...values,
});
const rounds = { rounds: 5, seconds: 3 };

test('a kind of work is held against Squid by its processor time and by its p99, not by its throughput', () => {
  const runs = new Map([
    ['Postern', measured({ rate: 10 })],
    ['Squid', measured({ cpuMicros: 110, p99Ms: 9 })],
    ['tinyproxy', measured({ cpuMicros: 1 })],
  ]);
  const { notes, figures } = workSection(connect, runs, rounds);
  expect(figures.map((figure) => [figure.what, verdictOn(figure)])).toEqual([
    ['processor time for each tunnel', 'met'],
    ['tunnels in a second', 'none'],
    ['latency: p50', 'none'],
    ['  p99', 'missed'],
    ['share of its processor', 'none'],
  ]);
  expect(figures[0]).toMatchObject({ unit: 'µs', postern: 100, peers: { Squid: 110, tinyproxy: 1 } });
  expect(figures.map(({ chart }) => chart)).toEqual([connect.short, ...Array(4).fill(undefined)]);
  expect(notes.at(-1)).toContain('medians of 5 rounds of 3 s each');
});

test('bulk is told in milliseconds for each GB and in MB a second', () => {
  const runs = new Map([['Postern', measured({ cpuMicros: 480_000, rate: 0.7, busy: 0.34 })]]);
  const { figures } = workSection(bulk, runs, rounds);
  expect(figures[0]).toMatchObject({ what: 'processor time for each GB', unit: 'ms', postern: 480 });
  expect(figures[1]).toMatchObject({ what: 'throughput', unit: 'MB/s', postern: 700 });
  expect(figures.at(-1)).toMatchObject({ unit: '%', postern: 34 });
});

test('without the peer that a target is for nothing is met or missed', () => {
  const { figures } = workSection(forward, new Map([['Postern', measured({})]]), rounds);
  expect(figures.map(verdictOn)).toEqual(Array(5).fill('none'));
});
