/** Something a person must mend: the path of the file, what is wrong with it, what to do. */
export type Problem = { readonly at: string; readonly problem: string; readonly hint: string };

/** An expected failure is a value; what is thrown is a bug. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: readonly Problem[] };

export const succeed = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (...problems: readonly Problem[]): Result<never> => ({ ok: false, error: problems });

/** Both values, or the problems of both, so that a person mends everything in one go. */
export function both<A, B>(a: Result<A>, b: Result<B>): Result<readonly [A, B]> {
  if (a.ok && b.ok) return succeed([a.value, b.value]);
  return fail(...(a.ok ? [] : a.error), ...(b.ok ? [] : b.error));
}
