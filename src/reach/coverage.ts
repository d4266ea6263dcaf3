import { createLineTally, type LineTally } from '../decision-log/line-tally.ts';
import type { VisitEnding, VisitEntry } from '../decision-log/parse-visit.ts';
import type { UnreadableLine } from '../decision-log/reader.ts';
import { type Client, createDepartments, type DepartmentReach } from './departments.ts';

/**
 * Whose computers trust the CA, as far as a log can tell: of the clients that asked for a blocked site over HTTPS. Times
 * are in ms since the epoch.
 */
export type CoverageReport = {
  /** The times of the first and the last visit; undefined when there was none. */
  readonly period: { readonly from: number; readonly to: number } | undefined;
  readonly departments: readonly DepartmentReach[];
  /** `notShown`: no handshake was offered. `beyondRoom`: of clients that found no place here. */
  readonly visits: { readonly counted: number; readonly notShown: number; readonly beyondRoom: number };
  readonly lines: LineTally;
};

export type Coverage = {
  take(entries: readonly (VisitEntry | UnreadableLine)[]): void;
  report(): CoverageReport;
};

type Blocked = Extract<VisitEntry, { readonly kind: 'blocked-connect' }>;

/**
 * Lines that wait for the other line of their visit. The two stand close together, but for a visit over which the log
 * was rotated; what waits for longest is given up, so that memory does not grow with the log.
 */
const MAX_WAITING = 100_000;

/** Takes the lines of logs, in any order of the files, and counts visits from `since` on (ms since the epoch). */
export function createCoverage(since: number | undefined): Coverage {
  const departments = createDepartments();
  const blocked = createWaitingRoom<Blocked>(MAX_WAITING);
  const endings = createWaitingRoom<VisitEnding>(MAX_WAITING);
  const lines = createLineTally();
  const visits = { counted: 0, notShown: 0, beyondRoom: 0 };
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;

  const count = ({ time, department, client }: Blocked, ending: VisitEnding): void => {
    if (since !== undefined && time < since) return;
    from = Math.min(from, time);
    to = Math.max(to, time);
    if (ending === 'not-shown') visits.notShown += 1;
    else if (departments.note(department, client, ending)) visits.counted += 1;
    else visits.beyondRoom += 1;
  };

  const takeOne = (entry: VisitEntry | UnreadableLine): void => {
    switch (entry.kind) {
      case 'blocked-connect': {
        const ending = endings.leave(entry.id);
        if (ending === undefined) blocked.enter(entry.id, entry);
        else count(entry, ending);
        return;
      }
      case 'page-ending': {
        const visit = blocked.leave(entry.id);
        if (visit === undefined)
          endings.enter(entry.id, entry.ending); // mostly of a page over plain HTTP
        else count(visit, entry.ending);
        return;
      }
      case 'gap':
        lines.noteLost(entry.lines);
        return;
      case 'unreadable':
        lines.noteUnreadable(entry);
        return;
      case 'other':
        return;
    }
  };

  return {
    take(entries) {
      lines.noteRead(entries.length);
      for (const entry of entries) takeOne(entry);
    },
    report: () => ({
      period: from > to ? undefined : { from, to },
      departments: departments.reach(),
      visits: { ...visits },
      lines: lines.tally(),
    }),
  };
}

/** All departments together; a client that was in several is counted in each. */
export function inAll(departments: readonly DepartmentReach[]): Readonly<Record<Client, number>> {
  const sum: Record<Client, number> = { trusting: 0, mixed: 0, refusing: 0, unclear: 0 };
  for (const { clients } of departments)
    for (const kind of Object.keys(sum) as Client[]) sum[kind] += clients[kind];
  return sum;
}

type WaitingRoom<T> = { enter(id: string, what: T): void; leave(id: string): T | undefined };

function createWaitingRoom<T>(places: number): WaitingRoom<T> {
  const waiting = new Map<string, T>();
  return {
    enter(id, what) {
      waiting.set(id, what);
      if (waiting.size <= places) return;
      for (const oldest of waiting.keys()) {
        waiting.delete(oldest);
        return;
      }
    },
    leave(id) {
      const what = waiting.get(id);
      if (what !== undefined) waiting.delete(id);
      return what;
    },
  };
}
