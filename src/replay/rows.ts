import type { Ground, Verdict } from '../decision-log/parse-line.ts';
import type { Comparison } from './compare.ts';

/** How many different names there are; beyond the names that are kept, how many at least. */
export type Distinct = { readonly count: number; readonly isAtLeast: boolean };

/** The requests of one host or one person that changed in one direction. */
export type Row = {
  readonly name: string;
  readonly requests: number;
  /** Most of these requests were decided so, and would be decided so. */
  readonly before: Verdict;
  readonly after: Verdict;
  /** In how many different ways all of them were decided before and after, as far as these are kept. */
  readonly ways: number;
};

/** Rows by their numbers of requests, the highest first; `others` is the requests that found no room. */
export type Rows = { readonly rows: readonly Row[]; readonly others: number; readonly distinct: Distinct };

export type RowCounter = { count(name: string, comparison: Comparison): void; rows(): Rows };

type Way = { readonly key: string; readonly before: Verdict; readonly after: Verdict; requests: number };

/** Few rules decide one person's requests; further ways are counted in the person's number alone. */
const MAX_WAYS = 8;

/** How many rows several counters may still begin together. */
export type Room = { left: number };

/** Counts by name; names beyond `maxRows`, or beyond the room, are counted as others. */
export function createRowCounter(maxRows: number, room: Room): RowCounter {
  const counted = new Map<string, { requests: number; readonly ways: Way[] }>();
  let others = 0;
  return {
    count(name, comparison) {
      const known = counted.get(name);
      if (known !== undefined) {
        known.requests += 1;
        countWay(known.ways, comparison);
      } else if (counted.size < maxRows && room.left > 0) {
        room.left -= 1;
        counted.set(name, { requests: 1, ways: [firstOf(comparison)] });
      } else others += 1;
    },
    rows: () => ({
      rows: [...counted]
        .map(([name, { requests, ways }]) => rowOf(name, requests, ways))
        .toSorted((a, b) => b.requests - a.requests || byText(a.name, b.name)),
      others,
      distinct: { count: counted.size, isAtLeast: others > 0 },
    }),
  };
}

const firstOf = ({ before, after }: Comparison): Way => ({
  key: wayKey({ before, after }),
  before,
  after,
  requests: 1,
});

function countWay(ways: Way[], comparison: Comparison): void {
  const key = wayKey(comparison);
  const known = ways.find((way) => way.key === key);
  if (known !== undefined) known.requests += 1;
  else if (ways.length < MAX_WAYS) ways.push(firstOf(comparison));
}

function rowOf(name: string, requests: number, ways: readonly Way[]): Row {
  const most = ways.reduce((best, way) => (way.requests > best.requests ? way : best));
  return { name, requests, before: most.before, after: most.after, ways: ways.length };
}

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The same text for requests that were decided alike before, and would be decided alike. */
export const wayKey = ({ before, after }: Pick<Comparison, 'before' | 'after'>): string =>
  `${verdictKey(before)}\n${verdictKey(after)}`;

const verdictKey = ({ ground, wouldBlock }: Verdict): string =>
  wouldBlock === undefined ? groundKey(ground) : `${groundKey(ground)} ${groundKey(wouldBlock)}`;
export const groundKey = ({ code, id = '', source = '' }: Ground): string => `${code} ${id} ${source}`;
