/** Something a person must mend: where it is (`file:line:col`, a flag or a variable), what is wrong, what to do. */
export type Problem = { readonly at: string; readonly problem: string; readonly hint: string };

/** An expected failure is a value; what is thrown is a bug. */
export type Result<T, E = readonly Problem[]> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const succeed = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });
export const fail = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });

/** By file, then line: as a person mends them. What is found twice is told once. */
export function inFileOrder<T extends Problem>(problems: readonly T[]): readonly T[] {
  const unique = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  return [...unique.values()].toSorted((a, b) => a.at.localeCompare(b.at, 'en', { numeric: true }));
}
