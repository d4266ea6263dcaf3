import type { Facts } from '../policy/facts.ts';
import { createRuleCounter, type RuleRows } from './by-rule.ts';
import type { Change, Comparison } from './compare.ts';
import { DIRECTIONS, type Direction } from './direction.ts';
import { byText, createRowCounter, type Room, type RowCounter, type Rows, wayKey } from './rows.ts';

/**
 * How many different hosts, and as many people, are kept of each department and direction. What comes after them is
 * counted as others, so that memory does not grow with the log.
 */
const MAX_ROWS = 50_000;
const MAX_ROWS_IN_ALL = 500_000;

/** A log may say anything: departments, versions and moves beyond so many are counted together, under `OTHERS`. */
const MAX_IDS = 1_000;

/** The rules that a table can hold, and the hosts and people of them all that are told apart. */
const RULE_LIMITS = { rules: 1_000, names: 500_000 };

/** Stands for all ids that found no room. No department or version is called so. */
export const OTHERS = '(others)';

/** The id under which to count: its own as long as there is room. */
export const idWithin = <Id>(
  counted: ReadonlyMap<Id | typeof OTHERS, unknown>,
  id: Id,
): Id | typeof OTHERS => (counted.has(id) || counted.size < MAX_IDS ? id : OTHERS);

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
  /** By the names of the departments; then the others together, and requests of nobody's. */
  departments(): readonly DepartmentTally[];
  /** What each rule changes, in all departments. */
  rules(): RuleRows;
};

/** `maxRows` is how many different rows are kept, of each department and direction, of hosts and of people. */
export function createTally(maxRows = MAX_ROWS): Tally {
  const counters = new Map<string | undefined, DepartmentCounter>();
  const rules = createRuleCounter(RULE_LIMITS);
  const room: Room = { left: MAX_ROWS_IN_ALL };
  const counterOf = (asked: string | undefined): DepartmentCounter => {
    const department = idWithin(counters, asked);
    const known = counters.get(department);
    if (known !== undefined) return known;
    const counter = createDepartmentCounter(department, maxRows, room);
    counters.set(department, counter);
    return counter;
  };
  return {
    count(facts, comparison) {
      counterOf(facts.department).count(facts, comparison);
      const { change } = comparison;
      if (isDirection(change)) rules.count(change, facts, comparison);
    },
    countMalformed: (department) => counterOf(department).countMalformed(),
    departments: () =>
      [...counters.entries()]
        .toSorted(([a], [b]) => rank(a) - rank(b) || byText(a ?? '', b ?? ''))
        .map(([, counter]) => counter.tally()),
    rules: rules.rows,
  };
}

const rank = (department: string | undefined): number =>
  department === undefined ? 2 : department === OTHERS ? 1 : 0;

const isDirection = (change: Change): change is Direction =>
  (DIRECTIONS as readonly Change[]).includes(change);

type DepartmentCounter = {
  count(facts: Facts, comparison: Comparison): void;
  countMalformed(): void;
  tally(): DepartmentTally;
};

function createDepartmentCounter(
  department: string | undefined,
  maxRows: number,
  room: Room,
): DepartmentCounter {
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
  const pair = () => ({ hosts: createRowCounter(maxRows, room), people: createRowCounter(maxRows, room) });
  const directions = { 'now-blocked': pair(), 'now-forwarded': pair(), 'now-observed': pair() };
  const otherGrounds = createRowCounter(maxRows, room);
  const moves = new Map<string | undefined, number>();

  return {
    count(facts, comparison) {
      const { change } = comparison;
      requests += 1;
      changes[change] += 1;
      if (comparison.department !== facts.department) {
        const to = idWithin(moves, comparison.department);
        moves.set(to, (moves.get(to) ?? 0) + 1);
      }
      if (isDirection(change)) {
        directions[change].hosts.count(facts.host, comparison);
        directions[change].people.count(facts.user ?? facts.client, comparison);
      } else if (change === 'other-ground') otherGrounds.count(wayKey(comparison), comparison);
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
      otherGrounds: unnamed(otherGrounds.rows()),
      moves: [...moves].map(([to, moved]) => ({ to, requests: moved })),
    }),
  };
}

/** Counted by how they were decided, so that they have no names. */
const unnamed = (rows: Rows): Rows => ({ ...rows, rows: rows.rows.map((row) => ({ ...row, name: '' })) });

const rowsOf = ({ hosts, people }: { readonly hosts: RowCounter; readonly people: RowCounter }) => ({
  hosts: hosts.rows(),
  people: people.rows(),
});
