import type { RuleRows } from './by-rule.ts';
import { DIRECTIONS } from './direction.ts';
import type { ReplayReport } from './replay.ts';
import type { Rows } from './rows.ts';
import type { DepartmentTally } from './tally.ts';
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
} from './words.ts';

/** The report as a piece of Markdown (CommonMark with tables) that stands in a change request. */
export function replayMarkdown(report: ReplayReport): string {
  const before = report.policies.before.map(
    ({ version, requests }) => `${code(shortVersion(version))} (${number(requests)})`,
  );
  const facts = [
    `- Policies: ${before.length === 0 ? 'none' : before.join(', ')} → ${code(shortVersion(report.policies.after))}`,
    ...notes(report, plain).map((note) => `- ${note[0]?.toUpperCase()}${note.slice(1)}`),
  ];
  const table = tableOf(
    ['department', 'requests', ...COLUMNS.map(([, heading]) => heading)],
    report.departments.map((department) => [
      plain(departmentName(department.department)),
      number(department.requests),
      ...COLUMNS.map(([change]) => number(department.changes[change])),
    ]),
    1,
  );
  const details = report.departments.flatMap(detailsOf);
  return `${[`## ${headline(report)}`, facts.join('\n'), table, ...rulesTable(report.rules), ...details].join('\n\n')}\n`;
}

function rulesTable({ rows, others }: RuleRows): readonly string[] {
  if (rows.length === 0) return [];
  const cells = rows.map(({ direction, ground, requests, hosts, people }) => [
    groundText(ground, plain),
    RULE_CHANGES[direction],
    number(requests),
    distinctText(hosts),
    distinctText(people),
  ]);
  const rest = others > 0 ? [['others', '', number(others), '', '']] : [];
  return ['### By rule', tableOf(['rule', 'what', 'requests', 'hosts', 'people'], [...cells, ...rest], 2)];
}

function detailsOf(department: DepartmentTally): readonly string[] {
  return DIRECTIONS.filter((direction) => hasDetails(department, direction)).flatMap((direction) => {
    const { hosts, people } = department.directions[direction];
    const name = plain(departmentName(department.department));
    return [
      `### ${name}: ${number(department.changes[direction])} ${HEADINGS[direction]} (${affectedText({ hosts, people })})`,
      rowsTable('host', hosts),
      rowsTable('user or client', people),
    ];
  });
}

function rowsTable(what: string, { rows, others }: Rows): string {
  const cells = rows.map((row) => [
    code(row.name),
    number(row.requests),
    rowVerdictText(row, plain),
    verdictText(row.before, plain),
  ]);
  const rest = others > 0 ? [['others', number(others), '', '']] : [];
  return tableOf([what, 'requests', 'now decided by', 'before'], [...cells, ...rest], 1, 1);
}

/** The columns from `first` to `last` hold numbers. */
function tableOf(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  first: number,
  last = head.length - 1,
): string {
  const rule = head.map((_, column) => (column >= first && column <= last ? '---:' : '---'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Control characters, and those that only tell a renderer what to do, among them the ones that turn text round. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Every mark of ASCII may be escaped (CommonMark section 2.4); what stays as it is means nothing in a line. */
const plain = (text: string): string =>
  text.replace(UNSEEN, '\ufffd').replace(/[\\`*_{}[\]<>()#+!|~&@]/g, String.raw`\$&`);

/** As a code span, in which nothing is linked; a table's bar is escaped even there (GFM section 4.10). */
function code(text: string): string {
  const shown = text.replace(UNSEEN, '\ufffd').replaceAll('|', String.raw`\|`);
  const longest = [...shown.matchAll(/`+/g)].reduce((most, [ticks]) => Math.max(most, ticks.length), 0);
  const fence = '`'.repeat(longest + 1);
  return longest > 0 ? `${fence} ${shown} ${fence}` : `${fence}${shown}${fence}`;
}
