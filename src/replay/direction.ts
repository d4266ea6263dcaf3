import type { Change } from './compare.ts';

/** What is counted by host, by person and by rule, and not as a number alone. */
export const DIRECTIONS = [
  'now-blocked',
  'now-forwarded',
  'now-observed',
] as const satisfies readonly Change[];
export type Direction = (typeof DIRECTIONS)[number];
