/** What is said of a series of measurements, in the unit of the series. */
export type Summary = {
  readonly median: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
};

export function summarise(series: Float64Array): Summary {
  const sorted = series.toSorted();
  return {
    median: quantile(sorted, 0.5),
    p90: quantile(sorted, 0.9),
    p99: quantile(sorted, 0.99),
    max: quantile(sorted, 1),
  };
}

export const median = (series: readonly number[]): number =>
  quantile(Float64Array.from(series).toSorted(), 0.5);

/** By the nearest rank: a value that was measured, never one between two. */
const quantile = (sorted: Float64Array, part: number): number =>
  sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;

/** What two calls of the clock around nothing show, in nanoseconds: the median of many. */
export function clockCostNs(): number {
  const costs = new Float64Array(200_000);
  for (let at = 0; at < costs.length; at++) {
    const start = process.hrtime.bigint();
    costs[at] = Number(process.hrtime.bigint() - start);
  }
  return summarise(costs.subarray(costs.length / 2)).median; // the first half warms up
}
