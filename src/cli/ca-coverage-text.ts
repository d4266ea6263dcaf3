import { visibleText } from '../block-page/text.ts';
import { type CoverageReport, inAll } from '../reach/coverage.ts';
import type { Client, DepartmentReach } from '../reach/departments.ts';
import { departmentName, number, periodText } from '../replay/words.ts';
import { numbersRight, out, table } from './output.ts';

const COLUMNS: readonly (readonly [Client, string])[] = [
  ['trusting', 'trust it'],
  ['mixed', 'in part'],
  ['refusing', 'refuse it'],
  ['unclear', 'not known'],
];

/** The report for a terminal. Names from the log are shown so that none can act on the terminal. */
export function coverageText(report: CoverageReport, withClients: boolean): string {
  const parts = [
    out.bold(headline(report)),
    departmentsTable(report.departments),
    ...(withClients ? report.departments.map(refusedText) : []),
    notes(report)
      .map((note) => `  - ${note}`)
      .join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function headline({ period, departments }: CoverageReport): string {
  if (period === undefined) return 'Nobody asked for a blocked site over HTTPS: nothing is known of the CA';
  const { trusting, mixed, refusing, unclear } = inAll(departments);
  const all = trusting + mixed + refusing + unclear;
  const clients = all === 1 ? '1 client' : `${number(all)} clients`;
  return `Of ${clients} at least ${number(trusting)} trust the CA (${periodText(period)})`;
}

function departmentsTable(departments: readonly DepartmentReach[]): string {
  if (departments.length === 0) return '';
  const rows = departments.map(({ department, clients }) => [
    visibleText(departmentName(department)),
    number(COLUMNS.reduce((sum, [kind]) => sum + clients[kind], 0)),
    ...COLUMNS.map(([kind]) => number(clients[kind])),
  ]);
  const head = ['department', 'clients', ...COLUMNS.map(([, heading]) => heading)];
  return table(numbersRight([head, ...rows], 1));
}

function refusedText({ department, refused }: DepartmentReach): string {
  if (refused.length === 0) return '';
  const rows = refused.map(({ client, alsoTrusts }) => [visibleText(client), alsoTrusts ? 'in part' : '']);
  return `${out.bold(`${visibleText(departmentName(department))}: refused the certificate`)}\n${table(rows)}`;
}

/** What the numbers mean, and what to do next. */
function notes(report: CoverageReport): readonly string[] {
  const { departments, visits, lines } = report;
  const { trusting, mixed, refusing, unclear } = inAll(departments);
  const isAny = trusting + mixed + refusing + unclear > 0;
  const beyondRoom = `${number(visits.beyondRoom)} visits of still more clients are not counted: take a shorter --since`;
  const unread = `${number(lines.unreadable)} lines could not be read`;
  const lost = `${number(lines.lost)} lines are missing: the log could not be written then`;
  const notShown = `${number(visits.notShown)} blocked tunnels were refused outright and tell nothing: see \`cause\` in docs/log-format.md`;
  return [
    ...(isAny ? MEANINGS : []),
    ...(refusing > 0 ? [ON_REFUSING] : []),
    ...(mixed > 0 ? [ON_MIXED] : []),
    ...(unclear > 0 ? [ON_UNCLEAR] : []),
    ...(visits.notShown > 0 ? [notShown] : []),
    ...(visits.beyondRoom > 0 ? [beyondRoom] : []),
    ...(lines.unreadable > 0 ? [unread] : []),
    ...(lines.lost > 0 ? [lost] : []),
  ];
}

const MEANINGS = [
  'a lower bound: whoever asked for no blocked site over HTTPS is in no number, whether it trusts the CA or not',
  'a client is an address: several people behind one, or one computer with several, are not told apart',
];
const ON_REFUSING =
  'refuse it: they see an error in place of the page; have them trust the CA (docs/trust-the-ca.md); --clients lists them';
const ON_MIXED =
  'in part: they saw pages and refused others: the CA came in between (a shorter --since tells), a program has a list of CAs of its own, or somebody clicked a warning away';
const ON_UNCLEAR =
  'not known: they left without a word, as Node, wget and git do that do not trust the CA, and as browsers do that connect ahead of need';
