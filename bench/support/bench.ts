import type { Report } from './report.ts';

/** One of the measurements that `npm run bench -- NAME` knows. */
export type Bench = {
  readonly summary: string;
  /** What it takes beside `--json` and `--help`, by name. */
  readonly options: Readonly<Record<string, BenchOption>>;
  /** `tell` shows progress; it is not part of the report. */
  run(options: Readonly<Record<string, number>>, tell: (step: string) => void): Promise<Report>;
};

/** A whole number from `min` to `max`. */
export type BenchOption = {
  readonly about: string;
  readonly default: number;
  readonly min: number;
  readonly max: number;
};
