import type { Outcome } from '../decision-log/record.ts';
import type { BlockReason, ForwardReason } from '../policy/decide.ts';
import type { ReachedLimit } from '../policy/reached-limit.ts';

/**
 * What one process has counted since it began. Each number only grows, and the numbers of several processes may be added
 * up. Names end as Prometheus wants them, with the unit before `Total`; what a name leads to are the values of a label.
 */
export type Counters = {
  /** By what was done, and the code of the reason. */
  readonly decisionsTotal: {
    readonly forward: Tally<ForwardReason['code']>;
    readonly block: Tally<BlockReason['code']>;
  };
  /** Decisions to forward which would have been to block, were their rule or department not observed only. */
  readonly observedBlocksTotal: Tally<BlockReason['code']>;
  readonly outcomesTotal: Tally<Outcome['kind']>;
  /** Connections and requests that were turned away, told in summaries once a minute. */
  readonly refusalsTotal: Tally<ReachedLimit>;
  malformedTotal: number;
  /** Of bodies and tunnels that have ended; `up` is towards the origin. */
  readonly bytesTotal: Tally<'up' | 'down'>;
  /** Given to the log. */
  logLinesTotal: number;
  /** Of these, lost while it could not be written. */
  logLinesLostTotal: number;
  /** Of the thread that serves: at work, or waiting for something to do. */
  readonly eventLoopSecondsTotal: Tally<'active' | 'idle'>;
};

/** How it is with one process now. These too may be added up. */
export type Gauges = {
  readonly connections: number;
  readonly tunnels: number;
  /** Pages that processes share count in each of them. */
  readonly residentMemoryBytes: number;
};

/** What belongs to the whole program, whoever serves: nothing of it is added up. */
export type ProgramGauges = {
  /** When the CA of the block pages ends, or the first of those above it, since 1970; not there where there is none. */
  readonly caExpirationTimestampSeconds?: number;
};

export type Metrics = { readonly counters: Counters; readonly gauges: Gauges };

type Tally<Label extends string> = { [label in Label]: number };

export const NO_GAUGES: Gauges = { connections: 0, tunnels: 0, residentMemoryBytes: 0 };

/** Every label is there from the beginning: whoever reads them need not tell zero from nothing. */
export const noCounters = (): Counters => ({
  decisionsTotal: { forward: { rule: 0, exception: 0, default: 0, 'own-site': 0 }, block: noBlocks() },
  observedBlocksTotal: noBlocks(),
  outcomesTotal: {
    'tunnel-closed': 0,
    'response-relayed': 0,
    'answered-by-proxy': 0,
    'block-page-served': 0,
    'block-page-unseen': 0,
    'client-too-slow': 0,
    'client-left': 0,
    'upstream-failed': 0,
  },
  refusalsTotal: {
    connections: 0,
    memoryMb: 0,
    connectionsPerClient: 0,
    tunnelsPerClient: 0,
    requestsPerMinutePerClient: 0,
  },
  malformedTotal: 0,
  bytesTotal: { up: 0, down: 0 },
  logLinesTotal: 0,
  logLinesLostTotal: 0,
  eventLoopSecondsTotal: { active: 0, idle: 0 },
});

const noBlocks = (): Tally<BlockReason['code']> => ({
  rule: 0,
  default: 0,
  'department-unknown': 0,
  'port-forbidden': 0,
  'address-forbidden': 0,
  'proxy-loop': 0,
  'own-site': 0,
  'address-literal': 0,
  'not-tls': 0,
  'client-hello-unreadable': 0,
  'sni-missing': 0,
  'sni-mismatch': 0,
  'ech-forbidden': 0,
});

/** A number, or numbers by name, at any depth. */
type Numbers = number | { readonly [name: string]: Numbers };

/** Adds up what is of one and the same shape, number by number. */
export function added<T extends Numbers>(one: T, other: T): T;
export function added(one: Numbers, other: Numbers): Numbers {
  if (typeof one === 'number' || typeof other === 'number') return Number(one) + Number(other);
  return Object.fromEntries(
    Object.entries(one).map(([name, value]) => [name, added(value, other[name] ?? 0)]),
  );
}

/** All numbers of a tally together. */
export const sumOf = (tally: Readonly<Record<string, number>>): number =>
  Object.values(tally).reduce((sum, number) => sum + number, 0);
