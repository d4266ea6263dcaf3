import { visibleText } from '../block-page/text.ts';
import type { RuleRows } from '../replay/by-rule.ts';
import { DIRECTIONS, type Direction } from '../replay/direction.ts';
import type { ReplayReport } from '../replay/replay.ts';
import type { Rows } from '../replay/rows.ts';
import type { DepartmentTally } from '../replay/tally.ts';
import {
  affectedText,
  COLUMNS,
  departmentName,
  distinctText,
  groundText,
  HEADINGS,
  hasDetails,
  headline,
  notes,
  number,
  RULE_CHANGES,
  rowVerdictText,
  shortVersion,
  verdictText,
} from '../replay/words.ts';
import { numbersRight, out, table } from './output.ts';

/** The report for a terminal. Names from the log are shown so that none can act on the terminal. */
export function replayText(report: ReplayReport, withReasons: boolean): string {
  const parts = [
    out.bold(headline(report)),
    table([['policies', `${versionsText(report)} → ${shortVersion(report.policies.after)}`]]),
    departmentsTable(report),
    rulesTable(report.rules),
    ...report.departments.flatMap((department) => detailsOf(department, withReasons)),
    notes(report, visibleText)
      .map((note) => `  - ${note}`)
      .join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const MAX_VERSIONS = 3;

function versionsText({ policies: { before } }: ReplayReport): string {
  if (before.length === 0) return 'none';
  const named = before.slice(0, MAX_VERSIONS).map(({ version }) => shortVersion(visibleText(version)));
  const more = before.length - named.length;
  return more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', ');
}

function departmentsTable({ departments }: ReplayReport): string {
  const rows = departments.map((department) => [
    visibleText(departmentName(department.department)),
    number(department.requests),
    ...COLUMNS.map(([change]) => number(department.changes[change])),
  ]);
  const head = ['department', 'requests', ...COLUMNS.map(([, heading]) => heading)];
  return departments.length === 0 ? '' : table(numbersRight([head, ...rows], 1));
}

function rulesTable({ rows, others }: RuleRows): string {
  if (rows.length === 0) return '';
  const cells = rows.map(({ direction, ground, requests, hosts, people }) => [
    number(requests),
    distinctText(hosts),
    distinctText(people),
    RULE_CHANGES[direction],
    groundText(ground, visibleText),
  ]);
  const rest = others > 0 ? [[number(others), '', '', '', 'others']] : [];
  return table(numbersRight([['requests', 'hosts', 'people', 'what', 'rule'], ...cells, ...rest], 0, 2));
}

function detailsOf(department: DepartmentTally, withReasons: boolean): readonly string[] {
  const name = visibleText(departmentName(department.department));
  const parts = DIRECTIONS.filter((direction) => hasDetails(department, direction)).map((direction) =>
    directionText(name, department, direction),
  );
  if (!withReasons || department.changes['other-ground'] === 0) return parts;
  const heading = `${name}: ${number(department.changes['other-ground'])} would be decided alike for another reason`;
  return [...parts, `${out.bold(heading)}\n${rowsText('', department.otherGrounds)}`];
}

function directionText(name: string, department: DepartmentTally, direction: Direction): string {
  const { hosts, people } = department.directions[direction];
  const affected = affectedText({ hosts, people });
  const heading = `${name}: ${number(department.changes[direction])} ${HEADINGS[direction]} (${affected})`;
  return `${PAINT[direction](heading)}\n${rowsText('host', hosts)}\n${rowsText('user or client', people)}`;
}

const PAINT: Readonly<Record<Direction, (text: string) => string>> = {
  'now-blocked': (text) => out.red(text),
  'now-forwarded': (text) => out.green(text),
  'now-observed': (text) => out.yellow(text),
};

function rowsText(what: string, { rows, others }: Rows): string {
  const cells = rows.map((row) => [
    number(row.requests),
    visibleText(row.name),
    rowVerdictText(row, visibleText),
    verdictText(row.before, visibleText),
  ]);
  const rest = others > 0 ? [[number(others), 'others', '', '']] : [];
  return table(numbersRight([['requests', what, 'now by', 'before'], ...cells, ...rest], 0, 0));
}
