/** The units of figures, and how many decimals are worth reading. */
const DECIMALS = {
  ns: 0,
  µs: 1,
  ms: 2,
  s: 2,
  MB: 1,
  KB: 1,
  'ns/B': 2,
  '/s': 0,
  'MB/s': 0,
  '%': 0,
  '×': 2,
  '': 0,
} as const;
export type Unit = keyof typeof DECIMALS;

/** At most so much, or at most or at least so many times what a peer takes or gives in the same run. */
export type Target =
  | { readonly kind: 'amount'; readonly atMost: number }
  | { readonly kind: 'ratio'; readonly to: string; readonly atMost: number }
  | { readonly kind: 'gain'; readonly over: string; readonly atLeast: number };

/** One thing measured: of Postern, and of the peers by their names. Undefined where it was not. */
export type Figure = {
  readonly what: string;
  readonly unit: Unit;
  readonly target?: Target | undefined;
  readonly postern?: number | undefined;
  readonly peers?: Readonly<Record<string, number | undefined>>;
  /** What it is called in the chart; undefined for what is in none. */
  readonly chart?: string | undefined;
  /** Of which curve it is a point; undefined for what is in none. */
  readonly curve?: CurvePoint | undefined;
};

/** A point of the chart of growth: the figure is how high it stands. */
export type CurvePoint = {
  /** What grows, and has a picture of its own: `open tunnels`. */
  readonly growing: string;
  /** What is measured: a line in that picture. */
  readonly line: string;
  readonly size: number;
  /** The size as it is written below the picture: `1 KB`. */
  readonly at: string;
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

export function verdictOn({ target, postern, peers }: Figure): Verdict {
  if (target === undefined || postern === undefined) return 'none';
  switch (target.kind) {
    case 'amount':
      return postern <= target.atMost ? 'met' : 'missed';
    case 'ratio': {
      const ratio = ratioTo(peers?.[target.to], postern);
      if (ratio === undefined) return 'none';
      return ratio <= target.atMost ? 'met' : 'missed';
    }
    case 'gain': {
      const ratio = ratioTo(peers?.[target.over], postern);
      if (ratio === undefined) return 'none';
      return ratio >= target.atLeast ? 'met' : 'missed';
    }
  }
}

/** How many times a peer's figure Postern's is. */
export const ratioTo = (peer: number | undefined, postern: number | undefined): number | undefined =>
  peer === undefined || postern === undefined || peer <= 0 || postern < 0 ? undefined : postern / peer;

/** Every figure with its ratios and its verdict. */
export function reportAsJson(report: Report): string {
  const sections = report.sections.map((section) => ({
    ...section,
    figures: section.figures.map((figure) => ({
      ...figure,
      ratios: Object.fromEntries(
        Object.entries(figure.peers ?? {}).map(([name, value]) => [name, ratioTo(value, figure.postern)]),
      ),
      verdict: verdictOn(figure),
    })),
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

/** Of each peer its figure, and how many times that Postern's is. */
function sectionLines({ title, notes, figures }: Section): readonly string[] {
  const peers = [...new Set(figures.flatMap((figure) => Object.keys(figure.peers ?? {})))];
  const head = ['', 'target', 'Postern', '', ...peers.flatMap((name) => [name, RATIO])];
  const rows = figures.map((figure) => [
    figure.what,
    targetText(figure),
    amount(figure.postern, figure.unit),
    VERDICT_TEXT[verdictOn(figure)],
    ...peers.flatMap((name) => {
      const value = figure.peers?.[name];
      return [amount(value, figure.unit), ratioTo(value, figure.postern)?.toFixed(2) ?? ''];
    }),
  ]);
  return ['', title, ...notes.map((note) => `  ${note}`), ...columns([head, ...rows])];
}

const RATIO = '×';

function targetText({ target, unit }: Figure): string {
  switch (target?.kind) {
    case undefined:
      return '';
    case 'amount':
      return `≤ ${amount(target.atMost, unit)}`;
    case 'ratio':
      return `≤ ${target.atMost.toFixed(2)} × ${target.to}`;
    case 'gain':
      return `≥ ${target.atLeast.toFixed(2)} × ${target.over}`;
  }
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
