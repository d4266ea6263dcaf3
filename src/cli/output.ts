import pc from 'picocolors';
import type { Problem } from '../policy/result.ts';

/** What a verb prints and how it exits; `main` does both. Problems go to stderr, results to stdout. */
export const EXIT = { good: 0, problems: 1, usage: 2, block: 3 } as const;

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
    process.stderr.write(`${pc.bold(at)}  ${pc.red(problem)}\n    ${pc.dim('hint:')} ${hint}\n`);
  process.stderr.write(`${count(problems.length, 'problem')}\n`);
}

export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** Rows as columns that line up. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length))) ?? [];
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}
