import type { Ground, Verdict } from '../decision-log/parse-line.ts';
import type { Facts } from '../policy/facts.ts';
import type { Change, Comparison } from './compare.ts';

/** What is counted by host and by person, and not as a number alone. */
export const DIRECTIONS = [
  'now-blocked',
  'now-forwarded',
  'now-observed',
] as const satisfies readonly Change[];
export type Direction = (typeof DIRECTIONS)[number];

/**
 * How many different rows are kept for the hosts, and as many for the people, of each department and direction. What
 * comes after them is counted as others, so that memory does not grow with the log.
 */
const MAX_ROWS = 50_000;

/** Requests that changed alike: the same host or person, the same verdict before and after. */
export type Row = {
  readonly name: string;
  readonly before: Verdict;
  readonly after: Verdict;
  readonly requests: number;
};

/** Rows by their numbers of requests, the highest first; `others` is the requests that found no room. */
export type Rows = { readonly rows: readonly Row[]; readonly others: number };

export type DepartmentTally = {
  readonly department: string | undefined;
  readonly requests: number;
  readonly changes: Readonly<Record<Change, number>>;
  readonly directions: Readonly<Record<Direction, { readonly hosts: Rows; readonly people: Rows }>>;
  /** Same action, other rule: rows without a name. */
  readonly otherGrounds: Rows;
  /** How many of the requests would come under which other department. */
  readonly moves: readonly { readonly to: string | undefined; readonly requests: number }[];
};

export type Tally = {
  /** Counts a request under the department that it had. `facts` are those of the log. */
  count(facts: Facts, comparison: Comparison): void;
  /** Counts a request that the proxy refused before it knew what was asked. */
  countMalformed(department: string | undefined): void;
  /** By the names of the departments; requests of nobody's come last. */
  departments(): readonly DepartmentTally[];
};

export function createTally(maxRows = MAX_ROWS): Tally {
  const counters = new Map<string | undefined, DepartmentCounter>();
  const counterOf = (department: string | undefined): DepartmentCounter => {
    const known = counters.get(department);
    if (known !== undefined) return known;
    const counter = createDepartmentCounter(department, maxRows);
    counters.set(department, counter);
    return counter;
  };
  return {
    count: (facts, comparison) => counterOf(facts.department).count(facts, comparison),
    countMalformed: (department) => counterOf(department).countMalformed(),
    departments: () =>
      [...counters.entries()]
        .toSorted(
          ([a], [b]) => Number(a === undefined) - Number(b === undefined) || (String(a) < String(b) ? -1 : 1),
        )
        .map(([, counter]) => counter.tally()),
  };
}

type DepartmentCounter = {
  count(facts: Facts, comparison: Comparison): void;
  countMalformed(): void;
  tally(): DepartmentTally;
};

function createDepartmentCounter(department: string | undefined, maxRows: number): DepartmentCounter {
  const changes: Record<Change, number> = {
    same: 0,
    'now-blocked': 0,
    'now-forwarded': 0,
    'now-observed': 0,
    'not-observed': 0,
    'other-ground': 0,
    undecided: 0,
    'not-of-policies': 0,
  };
  let requests = 0;
  const pair = () => ({ hosts: createRowCounter(maxRows), people: createRowCounter(maxRows) });
  const directions = { 'now-blocked': pair(), 'now-forwarded': pair(), 'now-observed': pair() };
  const otherGrounds = createRowCounter(maxRows);
  const moves = new Map<string | undefined, number>();

  return {
    count(facts, comparison) {
      const { change } = comparison;
      requests += 1;
      changes[change] += 1;
      if (comparison.department !== department)
        moves.set(comparison.department, (moves.get(comparison.department) ?? 0) + 1);
      switch (change) {
        case 'now-blocked':
        case 'now-forwarded':
        case 'now-observed':
          directions[change].hosts.count(facts.host, comparison);
          directions[change].people.count(facts.user ?? facts.client, comparison);
          return;
        case 'other-ground':
          otherGrounds.count('', comparison);
          return;
        case 'same':
        case 'not-observed':
        case 'undecided':
        case 'not-of-policies':
          return;
      }
    },
    countMalformed() {
      requests += 1;
      changes['not-of-policies'] += 1;
    },
    tally: () => ({
      department,
      requests,
      changes,
      directions: {
        'now-blocked': rowsOf(directions['now-blocked']),
        'now-forwarded': rowsOf(directions['now-forwarded']),
        'now-observed': rowsOf(directions['now-observed']),
      },
      otherGrounds: otherGrounds.rows(),
      moves: [...moves].map(([to, moved]) => ({ to, requests: moved })),
    }),
  };
}

type RowCounter = { count(name: string, comparison: Comparison): void; rows(): Rows };

const rowsOf = ({ hosts, people }: { readonly hosts: RowCounter; readonly people: RowCounter }) => ({
  hosts: hosts.rows(),
  people: people.rows(),
});

function createRowCounter(maxRows: number): RowCounter {
  const rows = new Map<string, { row: Omit<Row, 'requests'>; requests: number }>();
  let others = 0;
  return {
    count(name, { before, after }) {
      const key = `${name}\n${keyOf(before)}\n${keyOf(after)}`;
      const known = rows.get(key);
      if (known !== undefined) known.requests += 1;
      else if (rows.size < maxRows) rows.set(key, { row: { name, before, after }, requests: 1 });
      else others += 1;
    },
    rows: () => ({
      rows: [...rows.values()]
        .map(({ row, requests }) => ({ ...row, requests }))
        .toSorted((a, b) => b.requests - a.requests || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
      others,
    }),
  };
}

const keyOf = ({ ground, wouldBlock }: Verdict): string =>
  wouldBlock === undefined ? groundKey(ground) : `${groundKey(ground)} ${groundKey(wouldBlock)}`;
const groundKey = ({ code, id = '', source = '' }: Ground): string => `${code} ${id} ${source}`;
