import type { Timings } from '../children/decide.ts';
import type { Load } from '../children/load.ts';
import { DEPARTMENTS, RULES_EACH } from './policies.ts';
import type { Figure, Section, Target } from './report.ts';
import type { Start } from './server.ts';

/** The large list is so many times as long as the other one. */
export const LARGE_FACTOR = 5;

/** At most so much, with a list of `TARGETS_HOLD_FOR` names. With another list nothing is met or missed. */
export const TARGETS = {
  decisionMedianNs: 1000,
  decisionP99Ns: 3000,
  readyFromListSeconds: 2,
  readyFromCacheSeconds: 0.4,
  memoryMb: 40,
  largeReadySeconds: 10,
  largeMemoryMb: 150,
  /** Of the time that Squid takes until its port is open. */
  startRatio: 0.1,
} as const;
export const TARGETS_HOLD_FOR = 1_000_000;

type Targets = { readonly [of in keyof typeof TARGETS]?: number };

/** Medians over so many fresh processes. */
export type Loads = {
  readonly times: number;
  readonly fromList: Load;
  /** Undefined when loading left no cache. */
  readonly fromCache: Load | undefined;
};

export type Measured = {
  readonly domains: number;
  readonly decisions: Timings;
  /** The same policies with a list of one name: parsed afresh, and from their cache. */
  readonly bare: { readonly afresh: Load; readonly fromCache: Load };
  readonly loads: Loads;
  readonly largeLoads: Loads;
  /** Of how many starts each of the following is the median. */
  readonly starts: number;
  readonly postern: { readonly empty: Start; readonly fromList: Start; readonly fromCache: Start };
  readonly squid: { readonly empty: Start; readonly full: Start } | undefined;
};

const atMost = (target: number | undefined): Target | undefined =>
  target === undefined ? undefined : { kind: 'amount', atMost: target };

export const count = (number: number): string => number.toLocaleString('en');

export function sectionsOf(measured: Measured, targets: Targets): readonly Section[] {
  return [
    decisionSection(measured, targets),
    readySection(measured, targets),
    memorySection(measured, targets),
    largeSection(measured, targets),
    startSection(measured, targets),
  ];
}

function decisionSection({ domains, decisions }: Measured, targets: Targets): Section {
  const { cases, clockCostNs } = decisions;
  return {
    title: `One decision: ${count(domains)} names listed, ${DEPARTMENTS} departments of ${RULES_EACH} rules`,
    notes: [
      `each case: ${count(Math.min(...cases.map(({ hosts }) => hosts)))} different hosts in random order`,
      `${clockCostNs} ns, what the clock takes, are subtracted from every time`,
    ],
    figures: cases.flatMap(({ name, isAimedAt, ...times }): readonly Figure[] => {
      const { decisionMedianNs, decisionP99Ns } = isAimedAt ? targets : {};
      return [
        { what: `${name}: median`, unit: 'ns', target: atMost(decisionMedianNs), postern: times.median },
        { what: '  p90', unit: 'ns', postern: times.p90 },
        { what: '  p99', unit: 'ns', target: atMost(decisionP99Ns), postern: times.p99 },
        { what: '  max', unit: 'ns', postern: times.max },
      ];
    }),
  };
}

function readySection({ domains, bare, loads }: Measured, targets: Targets): Section {
  const { fromList, fromCache } = loads;
  const { readyFromListSeconds, readyFromCacheSeconds } = targets;
  return {
    title: `Loading the policies: ${count(domains)} names listed`,
    notes: [`medians of ${loads.times} fresh processes, from the call until the policies may go live`],
    figures: [
      {
        what: 'from the list',
        unit: 's',
        target: atMost(readyFromListSeconds),
        postern: fromList.readySeconds,
      },
      { what: '  processor time', unit: 's', postern: fromList.cpuSeconds },
      {
        what: 'from the cache',
        unit: 's',
        target: atMost(readyFromCacheSeconds),
        postern: fromCache?.readySeconds,
      },
      { what: '  processor time', unit: 's', postern: fromCache?.cpuSeconds },
      { what: 'with an empty list', unit: 's', postern: bare.afresh.readySeconds },
      { what: '  processor time', unit: 's', postern: bare.afresh.cpuSeconds },
      { what: 'more for the list', unit: 's', postern: fromList.readySeconds - bare.afresh.readySeconds },
      { what: '  processor time', unit: 's', postern: fromList.cpuSeconds - bare.afresh.cpuSeconds },
    ],
  };
}

function memorySection({ domains, bare, loads }: Measured, { memoryMb }: Targets): Section {
  const { fromList, fromCache } = loads;
  return {
    title: `Memory: ${count(domains)} names listed`,
    notes: ['resident, of the same processes, after collecting garbage'],
    figures: [
      ...memoryMore(loads, bare, memoryMb),
      { what: 'the whole process, with an empty list', unit: 'MB', postern: bare.afresh.residentMb },
      { what: 'its peak, with an empty list', unit: 'MB', postern: bare.afresh.peakMb },
      { what: 'its peak, from the list', unit: 'MB', postern: fromList.peakMb },
      { what: 'its peak, from the cache', unit: 'MB', postern: fromCache?.peakMb },
    ],
  };
}

function largeSection({ domains, bare, largeLoads }: Measured, targets: Targets): Section {
  const { fromList, fromCache } = largeLoads;
  return {
    title: `Loading and memory: ${count(domains * LARGE_FACTOR)} names listed`,
    notes: [`medians of ${largeLoads.times} fresh processes`],
    figures: [
      {
        what: 'from the list',
        unit: 's',
        target: atMost(targets.largeReadySeconds),
        postern: fromList.readySeconds,
      },
      { what: '  processor time', unit: 's', postern: fromList.cpuSeconds },
      { what: 'from the cache', unit: 's', postern: fromCache?.readySeconds },
      { what: '  processor time', unit: 's', postern: fromCache?.cpuSeconds },
      ...memoryMore(largeLoads, bare, targets.largeMemoryMb),
      { what: 'peak, from the list', unit: 'MB', postern: fromList.peakMb },
    ],
  };
}

/** Each beside an empty list that was loaded in the same way: to parse the policies leaves memory behind. */
function memoryMore(
  { fromList, fromCache }: Loads,
  bare: Measured['bare'],
  target: number | undefined,
): readonly Figure[] {
  const fromListMb = fromList.residentMb - bare.afresh.residentMb;
  const fromCacheMb = less(fromCache?.residentMb, bare.fromCache.residentMb);
  return [
    {
      what: 'more than with an empty list, from the list',
      unit: 'MB',
      target: atMost(target),
      postern: fromListMb,
    },
    {
      what: 'more than with an empty list, from the cache',
      unit: 'MB',
      target: atMost(target),
      postern: fromCacheMb,
    },
  ];
}

const less = (value: number | undefined, subtracted: number): number | undefined =>
  value === undefined ? undefined : value - subtracted;

function startSection({ domains, starts, postern, squid }: Measured, { startRatio }: Targets): Section {
  const { empty, fromList, fromCache } = postern;
  const more = (start: Start, without: Start): number => start.memory.residentMb - without.memory.residentMb;
  const aim: Target | undefined =
    startRatio === undefined ? undefined : { kind: 'ratio', to: 'Squid', atMost: startRatio };
  const times = (
    what: string,
    ours: Start,
    theirs: Start | undefined,
    aimed?: Pick<Figure, 'target' | 'chart'>,
  ): readonly Figure[] => [
    { what, unit: 's', ...aimed, postern: ours.readySeconds, peers: { Squid: theirs?.readySeconds } },
    { what: '  processor time', unit: 's', postern: ours.cpuSeconds, peers: { Squid: theirs?.cpuSeconds } },
  ];
  const memory = (what: string, ours: number, theirs: number | undefined): Figure => ({
    what,
    unit: 'MB',
    postern: ours,
    peers: { Squid: theirs },
  });
  const squidMore = squid && more(squid.full, squid.empty);
  return {
    title: `From the start of the process until it accepts connections: ${count(domains)} names listed`,
    notes: [
      `medians of ${starts} starts; Postern serves the policies above, Squid one dstdomain list of the same names`,
      'in the same order; Squid keeps no cache of a list, so its one figure stands beside both of ours',
    ],
    figures: [
      ...times('empty list', empty, squid?.empty),
      ...times('from the list', fromList, squid?.full),
      ...times('from the cache', fromCache, squid?.full, {
        target: aim,
        chart: `Start with ${count(domains)} listed names, time`,
      }),
      memory('memory, empty list', empty.memory.residentMb, squid?.empty.memory.residentMb),
      memory('  more, from the list', more(fromList, empty), squidMore),
      memory('  more, from the cache', more(fromCache, empty), squidMore),
    ],
  };
}
