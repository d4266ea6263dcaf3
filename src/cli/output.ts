import pc from 'picocolors';
import type { Problem } from '../policy/result.ts';

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
  for (const { at, problem, hint } of problems)
    process.stderr.write(`${err.bold(at)}  ${err.red(problem)}\n    ${err.dim('hint:')} ${hint}\n`);
  process.stderr.write(`${count(problems.length, 'problem')}\n`);
}

export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** `127.0.0.1:3128` or `[::1]:3128`. */
export const endpointText = ({ host, port }: { readonly host: string; readonly port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Rows as columns that line up. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? [];
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}
