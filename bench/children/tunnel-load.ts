/** Makes load through tunnels for a time; takes a `TunnelJob` and prints a `LoadResult`, both as JSON. */
import { summarise } from '../support/statistics.ts';
import type { LoadResult } from '../traffic/load.ts';
import { type TunnelWork, unitOf } from '../traffic/units.ts';

export type TunnelJob = {
  readonly proxyPort: number;
  /** Units at one time. */
  readonly lanes: number;
  readonly seconds: number;
  readonly work: TunnelWork;
  /** `count`: a wrong reply is counted, and the load goes on. */
  readonly onWrong: 'fail' | 'count';
};

const MAX_SAMPLES = 1_000_000;

const job = JSON.parse(process.argv[2] ?? '') as TunnelJob;
const unit = await unitOf(job.proxyPort, job.work);
const samples = new Float64Array(MAX_SAMPLES);
let units = 0;
let wrong = 0;
let firstWrong: string | undefined;

const start = performance.now();
const deadline = start + job.seconds * 1_000;
await Promise.all(Array.from({ length: job.lanes }, runLane));
const seconds = (performance.now() - start) / 1_000;
const { median, p99 } = summarise(samples.subarray(0, Math.min(units, MAX_SAMPLES)));
const result: LoadResult = { units, seconds, p50Ms: median, p99Ms: p99, wrong, firstWrong };
process.stdout.write(JSON.stringify(result));

async function runLane(): Promise<void> {
  for (let began = performance.now(); began < deadline; began = performance.now()) {
    try {
      await unit();
      if (units < MAX_SAMPLES) samples[units] = performance.now() - began;
      units++;
    } catch (error) {
      wrong++;
      firstWrong ??= String(error);
      if (job.onWrong === 'fail') return;
    }
  }
}
