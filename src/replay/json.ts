import type { Ground, Verdict } from '../decision-log/parse-line.ts';
import type { RuleRows } from './by-rule.ts';
import type { Change } from './compare.ts';
import type { Direction } from './direction.ts';
import type { ReplayReport } from './replay.ts';
import type { Distinct, Rows } from './rows.ts';
import type { DepartmentTally } from './tally.ts';

/** The report for programs: docs/replay.md names the fields. Times are ISO 8601, UTC. */
export function replayJson({ at, period, departments, rules, policies, ...report }: ReplayReport) {
  return {
    ok: true,
    requests: report.requests,
    changes: report.changes,
    period: period === undefined ? null : { from: iso(period.from), to: iso(period.to) },
    at: at === undefined ? null : iso(at),
    policies,
    departments: departments.map(departmentJson),
    rules: rulesJson(rules),
    partlySeen: report.partlySeen,
    lines: report.lines,
  };
}

const iso = (time: number): string => new Date(time).toISOString();

function departmentJson({ department, requests, changes, directions, ...rest }: DepartmentTally) {
  const count = (change: Change): number => changes[change];
  const lists = (direction: Direction) => ({
    requests: count(direction),
    hosts: {
      ...distinctJson(directions[direction].hosts.distinct),
      ...rowsJson(directions[direction].hosts),
    },
    people: {
      ...distinctJson(directions[direction].people.distinct),
      ...rowsJson(directions[direction].people),
    },
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
  top: rows.map(({ name, requests, before, after, ways }) => ({
    ...(name === '' ? {} : { name }),
    requests,
    before: verdictJson(before),
    after: verdictJson(after),
    ways,
  })),
  others,
});

const rulesJson = ({ rows, others }: RuleRows) => ({
  top: rows.map(({ direction, ground, requests, hosts, people }) => ({
    change: direction,
    ...groundJson(ground),
    requests,
    hosts: distinctJson(hosts),
    people: distinctJson(people),
  })),
  others,
});

const distinctJson = ({ count, isAtLeast }: Distinct) => ({ distinct: count, atLeast: isAtLeast });

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
