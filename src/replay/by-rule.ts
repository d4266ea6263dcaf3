import type { Ground } from '../decision-log/parse-line.ts';
import type { Facts } from '../policy/facts.ts';
import type { Comparison } from './compare.ts';
import type { Direction } from './direction.ts';
import { byText, type Distinct, groundKey, type Room } from './rows.ts';

/** What one rule changes, in all departments that have it. */
export type RuleRow = {
  readonly direction: Direction;
  /** The rule that would block or observe; of requests that are let through, the one that blocked them. */
  readonly ground: Ground;
  readonly requests: number;
  readonly hosts: Distinct;
  readonly people: Distinct;
};

/** Rows by their numbers of requests, the highest first; `others` is the requests that found no room. */
export type RuleRows = { readonly rows: readonly RuleRow[]; readonly others: number };

export type RuleCounter = {
  count(direction: Direction, facts: Facts, comparison: Comparison): void;
  rows(): RuleRows;
};

type Limits = {
  readonly rules: number;
  /** Hosts and people that are kept to be told apart, of all rules together. */
  readonly names: number;
};

/** Counts by the rule to which a change is due. */
export function createRuleCounter(limits: Limits): RuleCounter {
  const counted = new Map<
    string,
    { direction: Direction; ground: Ground; requests: number; hosts: NameSet; people: NameSet }
  >();
  const room: Room = { left: limits.names };
  let others = 0;
  return {
    count(direction, facts, comparison) {
      const ground = groundBehind(direction, comparison);
      const key = `${direction} ${groundKey(ground)}`;
      const known = counted.get(key);
      if (known === undefined && counted.size >= limits.rules) {
        others += 1;
        return;
      }
      const row = known ?? { direction, ground, requests: 0, hosts: nameSet(room), people: nameSet(room) };
      counted.set(key, row);
      row.requests += 1;
      row.hosts.add(facts.host);
      row.people.add(facts.user ?? facts.client);
    },
    rows: () => ({
      rows: [...counted.values()]
        .map((row) => ({ ...row, hosts: row.hosts.distinct(), people: row.people.distinct() }))
        .toSorted((a, b) => b.requests - a.requests || byText(groundKey(a.ground), groundKey(b.ground))),
      others,
    }),
  };
}

function groundBehind(direction: Direction, { before, after }: Comparison): Ground {
  switch (direction) {
    case 'now-blocked':
      return after.ground;
    case 'now-forwarded':
      return before.ground;
    case 'now-observed':
      return after.wouldBlock ?? after.ground;
  }
}

type NameSet = { add(name: string): void; distinct(): Distinct };

function nameSet(room: Room): NameSet {
  const names = new Set<string>();
  let isAtLeast = false;
  return {
    add(name) {
      if (names.has(name)) return;
      if (room.left === 0) {
        isAtLeast = true;
        return;
      }
      room.left -= 1;
      names.add(name);
    },
    distinct: () => ({ count: names.size, isAtLeast }),
  };
}
