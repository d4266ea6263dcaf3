import type { Ground, Verdict } from '../decision-log/parse-line.ts';
import type { Change } from './compare.ts';
import type { Direction } from './direction.ts';
import type { ReplayReport } from './replay.ts';
import type { Distinct, Row } from './rows.ts';
import type { DepartmentTally } from './tally.ts';

/** The sentences that every format of the report shares. Names from the log come as they are: `show` makes them safe. */

/** The heading of each direction's lists. */
export const HEADINGS: Readonly<Record<Direction, string>> = {
  'now-blocked': 'would be blocked, and were forwarded',
  'now-forwarded': 'would be forwarded, and were blocked',
  'now-observed': 'would be forwarded as before, and reported as "would be blocked"',
};

/** What the table of rules says of each direction. */
export const RULE_CHANGES: Readonly<Record<Direction, string>> = {
  'now-blocked': 'would block',
  'now-forwarded': 'would no longer block',
  'now-observed': 'would observe',
};

/** The columns of the table of departments. */
export const COLUMNS: readonly (readonly [Change, string])[] = [
  ['now-blocked', 'forward → block'],
  ['now-forwarded', 'block → forward'],
  ['now-observed', 'newly observed'],
  ['not-observed', 'no longer observed'],
  ['other-ground', 'other reason'],
];

export const number = (value: number): string => value.toLocaleString('en');
export const requests = (value: number): string => `${number(value)} request${value === 1 ? '' : 's'}`;

/** `at least 50,000` where there was no room to tell more apart. */
export const distinctText = ({ count, isAtLeast }: Distinct): string =>
  `${isAtLeast ? 'at least ' : ''}${number(count)}`;

/** `310 people, 12 hosts`. */
export function affectedText({ hosts, people }: DepartmentTally['directions'][Direction]): string {
  const some = (distinct: Distinct, one: string, many: string): string =>
    `${distinctText(distinct)} ${distinct.count === 1 && !distinct.isAtLeast ? one : many}`;
  return `${some(people.distinct, 'person', 'people')}, ${some(hosts.distinct, 'host', 'hosts')}`;
}

export const departmentName = (id: string | undefined): string => id ?? '(no department)';

/** `sha256:` and the first twelve digits: enough to tell versions apart. */
export const shortVersion = (version: string): string => version.slice(0, 'sha256:'.length + 12);

/** `12,345 requests of 2026-11-22 00:00 – 23:59 UTC replayed: 40 would change`. */
export function headline({ period, requests: total, changes }: ReplayReport): string {
  const of = period === undefined ? '' : ` of ${periodText(period)}`;
  return `${requests(total)}${of} replayed: ${changes === 0 ? 'none' : number(changes)} would change`;
}

export function periodText({ from, to }: { readonly from: number; readonly to: number }): string {
  const [start, end] = [minute(from), minute(to)];
  const isOneDay = start.slice(0, 10) === end.slice(0, 10);
  return `${start} – ${isOneDay ? end.slice(11) : end} UTC`;
}

const minute = (time: number): string => new Date(time).toISOString().slice(0, 16).replace('T', ' ');

export function groundText({ code, id, source }: Ground, show: (text: string) => string): string {
  const place = source === undefined ? '' : `  ${show(source)}`;
  switch (code) {
    case 'rule':
    case 'exception':
      return `${code} ${show(id ?? '')}${place}`;
    case 'default':
      return "the department's default";
    case 'department-unknown':
      return 'no department has this client';
    case 'own-site':
      return "the proxy's own site";
    default: // a word of the log, which may come from another version
      return show(code);
  }
}

export function verdictText({ ground, wouldBlock }: Verdict, show: (text: string) => string): string {
  const text = groundText(ground, show);
  return wouldBlock === undefined ? text : `${text}, observing ${groundText(wouldBlock, show)}`;
}

/** How most of a row's requests would be decided, and that some would be otherwise. */
export function rowVerdictText({ after, ways }: Row, show: (text: string) => string): string {
  const text = verdictText(after, show);
  return ways > 1 ? `${text}, or in ${ways - 1} other way${ways === 2 ? '' : 's'}` : text;
}

/** What a reader must know to trust the figures: what could not be compared, and why. */
export function notes(report: ReplayReport, show: (text: string) => string): readonly string[] {
  const { departments, lines, at } = report;
  const sum = (change: Change): number =>
    departments.reduce((total, { changes }) => total + changes[change], 0);
  const texts = [
    at === undefined
      ? 'each request was decided at its own time'
      : `every request was decided as of ${new Date(at).toISOString()}`,
  ];
  const own = sum('not-of-policies');
  if (own > 0)
    texts.push(
      `${requests(own)} the proxy refused itself (ports, addresses, broken requests): these stay blocked`,
    );
  const undecided = sum('undecided');
  if (undecided > 0)
    texts.push(
      `${requests(undecided)} cannot be told: decided by addresses or groups, which the log does not hold`,
    );
  for (const { department, moves } of departments)
    for (const { to, requests: moved } of moves)
      texts.push(
        `${requests(moved)} of ${show(departmentName(department))} would come under ${show(departmentName(to))}`,
      );
  if (report.partlySeen.length > 0)
    texts.push(
      `the log holds neither resolved addresses nor groups; these ask for them: ${report.partlySeen
        .map(({ id, source, asks }) => `${show(id)} (${asks.join(', ')}) ${show(source)}`)
        .join('; ')}`,
    );
  if (lines.leftOut > 0) texts.push(`${requests(lines.leftOut)} left out by the filter`);
  if (lines.lost > 0) texts.push(`the log says that ${number(lines.lost)} of its lines were lost`);
  if (lines.unreadable > 0)
    texts.push(
      `${number(lines.unreadable)} of ${number(lines.read)} lines could not be read, the first: ${lines.firstUnreadable
        .map(({ at: place, problem }) => `${show(place)} ${show(problem)}`)
        .join('; ')}`,
    );
  return texts;
}

/** Departments of which there is more to say than their line in the table. */
export const hasDetails = ({ directions }: DepartmentTally, direction: Direction): boolean => {
  const { rows, others } = directions[direction].hosts;
  return rows.length > 0 || others > 0;
};
