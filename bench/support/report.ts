/** The units of figures, and how many decimals are worth reading. */
const DECIMALS = { ns: 0, s: 2, MB: 1 } as const;
export type Unit = keyof typeof DECIMALS;

/** One thing measured. `squid` is undefined where there is nothing to compare, or no Squid. */
export type Figure = {
  readonly what: string;
  readonly unit: Unit;
  /** At most so much. */
  readonly target?: number | undefined;
  readonly postern?: number | undefined;
  readonly squid?: number | undefined;
};

export type Section = {
  readonly title: string;
  readonly notes: readonly string[];
  readonly figures: readonly Figure[];
};

export type Report = {
  readonly bench: string;
  readonly machine: readonly string[];
  readonly sections: readonly Section[];
};

/** `none`: there is no target, or nothing was measured. */
export type Verdict = 'met' | 'missed' | 'none';

export function verdictOn({ target, postern }: Figure): Verdict {
  if (target === undefined || postern === undefined) return 'none';
  return postern <= target ? 'met' : 'missed';
}

export function reportAsJson(report: Report): string {
  const sections = report.sections.map((section) => ({
    ...section,
    figures: section.figures.map((figure) => ({ ...figure, verdict: verdictOn(figure) })),
  }));
  return JSON.stringify({ ...report, sections });
}

export function reportAsText({ bench, machine, sections }: Report): string {
  const figures = sections.flatMap((section) => section.figures);
  const missed = figures.filter((figure) => verdictOn(figure) === 'missed').length;
  const met = figures.filter((figure) => verdictOn(figure) === 'met').length;
  return [
    `postern bench: ${bench}`,
    ...machine.map((line) => `  ${line}`),
    ...sections.flatMap(sectionLines),
    '',
    `${met} of ${met + missed} targets met${missed > 0 ? `, ${missed} MISSED` : ''}`,
    '',
  ].join('\n');
}

function sectionLines({ title, notes, figures }: Section): readonly string[] {
  const head = ['', 'target', 'Postern', '', 'Squid'];
  const rows = figures.map((figure) => [
    figure.what,
    figure.target === undefined ? '' : `≤ ${amount(figure.target, figure.unit)}`,
    amount(figure.postern, figure.unit),
    VERDICT_TEXT[verdictOn(figure)],
    amount(figure.squid, figure.unit),
  ]);
  return ['', title, ...notes.map((note) => `  ${note}`), ...columns([head, ...rows])];
}

const VERDICT_TEXT = { met: 'met', missed: 'MISSED', none: '' } as const;

const amount = (value: number | undefined, unit: Unit): string =>
  value === undefined ? '–' : `${value.toLocaleString('en', decimals(DECIMALS[unit]))} ${unit}`;

const decimals = (digits: number) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });

/** What is measured to the left, numbers to the right. */
function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return rows.map((row) => `  ${row.map(pad).join('   ')}`.trimEnd());
}
