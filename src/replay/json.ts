import type { Ground, Verdict } from '../decision-log/parse-line.ts';
import type { Change } from './compare.ts';
import type { ReplayReport } from './replay.ts';
import type { DepartmentTally, Direction, Rows } from './tally.ts';

/** The report for programs: docs/replay.md names the fields. Times are ISO 8601, UTC. */
export function replayJson({ at, period, departments, policies, ...report }: ReplayReport) {
  return {
    ok: true,
    requests: report.requests,
    changes: report.changes,
    period: period === undefined ? null : { from: iso(period.from), to: iso(period.to) },
    at: at === undefined ? null : iso(at),
    policies,
    departments: departments.map(departmentJson),
    partlySeen: report.partlySeen,
    lines: report.lines,
  };
}

const iso = (time: number): string => new Date(time).toISOString();

function departmentJson({ department, requests, changes, directions, ...rest }: DepartmentTally) {
  const count = (change: Change): number => changes[change];
  const lists = (direction: Direction) => ({
    requests: count(direction),
    hosts: rowsJson(directions[direction].hosts),
    people: rowsJson(directions[direction].people),
  });
  return {
    department: department ?? null,
    requests,
    same: count('same'),
    nowBlocked: lists('now-blocked'),
    nowForwarded: lists('now-forwarded'),
    nowObserved: lists('now-observed'),
    notObserved: count('not-observed'),
    otherReason: { requests: count('other-ground'), reasons: rowsJson(rest.otherGrounds) },
    undecided: count('undecided'),
    notOfPolicies: count('not-of-policies'),
    moves: rest.moves.map(({ to, requests: moved }) => ({ to: to ?? null, requests: moved })),
  };
}

const rowsJson = ({ rows, others }: Rows) => ({
  top: rows.map(({ name, requests, before, after }) => ({
    ...(name === '' ? {} : { name }),
    requests,
    before: verdictJson(before),
    after: verdictJson(after),
  })),
  others,
});

const verdictJson = ({ action, ground, wouldBlock }: Verdict) => ({
  action,
  ...groundJson(ground),
  ...(wouldBlock === undefined ? {} : { wouldBlock: groundJson(wouldBlock) }),
});

/** Under the names of the log. */
const groundJson = ({ code, id, source }: Ground) => ({
  reason: code,
  ...(id === undefined ? {} : { [code === 'exception' ? 'exception' : 'rule']: id }),
  ...(source === undefined ? {} : { source }),
});
