import pc from 'picocolors';
import { visibleText } from '../block-page/text.ts';
import type { Problem } from '../policy/result.ts';
import type { Endpoint } from '../supervisor/listen.ts';

/** What a verb prints and how it exits; `main` does both. Problems go to stderr, results to stdout. */
export const EXIT = { good: 0, problems: 1, usage: 2, block: 3, changes: 3 } as const;

/** Colours only where a person reads, so each stream is asked: one may be a terminal and the other a file. */
function coloursFor(stream: NodeJS.WriteStream): ReturnType<typeof pc.createColors> {
  const { NO_COLOR = '', TERM } = process.env; // https://no-color.org
  return pc.createColors(stream.isTTY === true && NO_COLOR === '' && TERM !== 'dumb');
}
export const out = coloursFor(process.stdout);
export const err = coloursFor(process.stderr);

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Each problem with its place and what to do about it; with `--json`, as one object on stdout. */
export function printProblems(problems: readonly Problem[], json: boolean): void {
  if (json) {
    printJson({ ok: false, problems });
    return;
  }
  for (const told of problems) {
    const { at, problem, hint } = visibleProblem(told);
    process.stderr.write(`${err.bold(at)}  ${err.red(problem)}\n    ${err.dim('hint:')} ${hint}\n`);
  }
  process.stderr.write(`${count(problems.length, 'problem')}\n`);
}

/** Ends a command with what is wrong. */
export function failWith(problems: readonly Problem[], { json = false }: { readonly json?: boolean }): void {
  printProblems(problems, json);
  process.exitCode = EXIT.problems;
}

/** Keys, values and file names are others' text: nothing in them may act on the terminal that shows them. */
export const visibleProblem = ({ at, problem, hint }: Problem): Problem => ({
  at: visibleText(at),
  problem: visibleText(problem),
  hint: visibleText(hint),
});

export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** `127.0.0.1:3128` or `[::1]:3128`. */
export const endpointText = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** How a listener is spoken to: `127.0.0.1:3128`, `https://127.0.0.1:3129` or `10.0.0.1:3130 (PROXY protocol)`. */
export const listenerText = ({ host, port, scheme, proxyProtocol }: Endpoint): string =>
  `${scheme === 'https' ? 'https://' : ''}${endpointText({ host, port })}${proxyProtocol ? ' (PROXY protocol)' : ''}`;

/** The length of the longest cell of each column of the first row; the rows may be more than one call can take. */
export const columnWidths = (rows: readonly (readonly string[])[]): readonly number[] =>
  (rows[0] ?? []).map((_, column) =>
    rows.reduce((widest, row) => Math.max(widest, (row[column] ?? '').length), 0),
  );

/** Rows as columns that line up. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = columnWidths(rows);
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

/** The columns from `first` to `last` hold numbers, and their ends line up. */
export function numbersRight(
  rows: readonly (readonly string[])[],
  first: number,
  last = Number.POSITIVE_INFINITY,
): readonly (readonly string[])[] {
  const widths = columnWidths(rows).map((width, column) => (column >= first && column <= last ? width : 0));
  return rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)));
}
