export type RefusedStatus = 400 | 408 | 414 | 421 | 431 | 501 | 505;

/** Why a request is refused before it is even decided on, and the status that says so. */
export type Refusal = { readonly status: RefusedStatus; readonly problem: string };

export const bad = (problem: string): Refusal => ({ status: 400, problem });
