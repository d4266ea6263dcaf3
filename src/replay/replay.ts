import { createLineTally, type LineTally } from '../decision-log/line-tally.ts';
import type { LogEntry, LoggedDecision } from '../decision-log/parse-line.ts';
import type { UnreadableLine } from '../decision-log/reader.ts';
import { type DomainPattern, patternCovers } from '../policy/matching/domain-pattern.ts';
import type { PolicySet } from '../policy/policy.ts';
import type { RuleRows } from './by-rule.ts';
import { comparingWith } from './compare.ts';
import { DIRECTIONS } from './direction.ts';
import type { Rows } from './rows.ts';
import { createTally, type DepartmentTally, idWithin } from './tally.ts';
import { type PartlySeen, partlySeen } from './unlogged.ts';

/** Which requests to replay; what is left out here is not counted in any department. */
export type ReplayFilter = {
  /** Requests that were this department's, or would be. */
  readonly department?: string;
  /** Milliseconds since the epoch: from the first, and before the second. */
  readonly since?: number;
  readonly until?: number;
  readonly host?: DomainPattern;
};

export type ReplaySettings = {
  readonly filter: ReplayFilter;
  /** Decide every request as of this instant (ms since the epoch); undefined: each at its own time. */
  readonly at: number | undefined;
};

/** What a replay found. Times are in ms since the epoch. */
export type ReplayReport = {
  readonly at: number | undefined;
  /** The times of the first and the last request; undefined when there was none. */
  readonly period: { readonly from: number; readonly to: number } | undefined;
  readonly requests: number;
  /** Requests that would be forwarded and were blocked, or the other way round. */
  readonly changes: number;
  /** The versions that decided then, with the number of requests, in the order of the log (a thousand, then others); and the one of now. */
  readonly policies: {
    readonly before: readonly { readonly version: string; readonly requests: number }[];
    readonly after: string;
  };
  readonly departments: readonly DepartmentTally[];
  /** What each rule changes, in all departments. */
  readonly rules: RuleRows;
  readonly partlySeen: readonly PartlySeen[];
  readonly lines: LineCounts;
};

export type LineCounts = LineTally & {
  /** Requests that the filter left out. */
  readonly leftOut: number;
};

export type Replay = {
  take(entries: readonly (LogEntry | UnreadableLine)[]): void;
  report(): ReplayReport;
};

/** Takes the lines of logs in any order, and tells what would become of their requests under these policies. */
export function createReplay(policies: PolicySet, { filter, at }: ReplaySettings): Replay {
  const compare = comparingWith(policies, at);
  const tally = createTally();
  const versions = new Map<string, number>();
  const lines = createLineTally();
  let leftOut = 0;
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;

  const note = (time: number): void => {
    if (time < from) from = time;
    if (time > to) to = time;
  };

  const noteVersion = (policy: string): void => {
    const version = idWithin(versions, policy);
    versions.set(version, (versions.get(version) ?? 0) + 1);
  };

  const takeDecision = (logged: LoggedDecision): void => {
    const { facts, policy } = logged;
    const comparison = isWanted(facts.time) && isWantedHost(logged) ? compare(logged) : undefined;
    if (comparison === undefined || !isWantedDepartment(facts.department, comparison.department)) {
      leftOut += 1;
      return;
    }
    note(facts.time);
    if (policy !== undefined) noteVersion(policy);
    tally.count(facts, comparison);
  };

  const takeMalformed = (time: number, department: string | undefined): void => {
    if (!isWanted(time) || filter.host !== undefined || !isWantedDepartment(department)) {
      leftOut += 1;
      return;
    }
    note(time);
    tally.countMalformed(department);
  };

  const isWanted = (time: number): boolean =>
    (filter.since === undefined || time >= filter.since) &&
    (filter.until === undefined || time < filter.until);
  const isWantedHost = ({ facts }: LoggedDecision): boolean =>
    filter.host === undefined || patternCovers(filter.host, facts.host);
  const isWantedDepartment = (...ids: readonly (string | undefined)[]): boolean =>
    filter.department === undefined || ids.includes(filter.department);

  const takeOne = (entry: LogEntry | UnreadableLine): void => {
    switch (entry.kind) {
      case 'decision':
        takeDecision(entry);
        return;
      case 'malformed':
        takeMalformed(entry.time, entry.department);
        return;
      case 'gap':
        lines.noteLost(entry.lines);
        return;
      case 'unreadable':
        lines.noteUnreadable(entry);
        return;
      case 'outcome':
      case 'other':
        return;
    }
  };

  return {
    take(entries) {
      lines.noteRead(entries.length);
      for (const entry of entries) takeOne(entry);
    },
    report() {
      const departments = tally.departments();
      const requests = departments.reduce((sum, department) => sum + department.requests, 0);
      return {
        at,
        period: requests === 0 ? undefined : { from, to },
        requests,
        changes: departments.reduce((sum, department) => sum + changesOf(department), 0),
        policies: {
          before: [...versions].map(([version, decided]) => ({ version, requests: decided })),
          after: policies.version,
        },
        departments,
        rules: tally.rules(),
        partlySeen: partlySeen(policies),
        lines: { ...lines.tally(), leftOut },
      };
    },
  };
}

/** How many requests of a department would be forwarded and were blocked, or the other way round. */
export const changesOf = ({ changes }: DepartmentTally): number =>
  changes['now-blocked'] + changes['now-forwarded'];

/** The report with no more than so many rows in each of its lists, for people to read. */
export function withTop(report: ReplayReport, top: number): ReplayReport {
  const cut = <T extends Rows | RuleRows>(rows: T): T => ({
    ...rows,
    rows: rows.rows.slice(0, top),
    others: rows.others + rows.rows.slice(top).reduce((sum, { requests }) => sum + requests, 0),
  });
  const departments = report.departments.map((department) => ({
    ...department,
    directions: Object.fromEntries(
      DIRECTIONS.map((direction) => {
        const { hosts, people } = department.directions[direction];
        return [direction, { hosts: cut(hosts), people: cut(people) }];
      }),
    ) as DepartmentTally['directions'],
    otherGrounds: cut(department.otherGrounds),
  }));
  return { ...report, departments, rules: cut(report.rules) };
}
