import { writeFileSync } from 'node:fs';
import { growthBenches } from './growth.ts';
import { idleBench } from './idle.ts';
import { logBench } from './log.ts';
import { mintBench } from './mint.ts';
import { policyBench } from './policy.ts';
import { reloadBench } from './reload.ts';
import { type Arguments, type Benches, type ChartFiles, readArguments, usage } from './support/arguments.ts';
import { chartOf } from './support/chart.ts';
import { earlierReports } from './support/earlier.ts';
import { growthChartOf } from './support/growth-chart.ts';
import { type Report, reportAsJson, reportAsText } from './support/report.ts';
import { trafficBenches } from './traffic.ts';
import { workersBench } from './workers.ts';

/**
 * `npm run bench -- [NAME] [--json] [--svg FILE] [--curves FILE] [options]`: measures, and says which targets are met;
 * without a name everything, one bench after the other. With `--from FILE` it draws what was measured earlier. Exit 0 unless it cannot run, or a reply is wrong.
 */

const BENCHES: Benches = {
  ...trafficBenches,
  idle: idleBench,
  policy: policyBench,
  log: logBench,
  reload: reloadBench,
  mint: mintBench,
  workers: workersBench,
  ...growthBenches,
};
const EXIT_USAGE = 2;

await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<void> {
  const given = readArguments(BENCHES, args);
  switch (given.kind) {
    case 'help':
      process.stdout.write(usage(BENCHES));
      return;
    case 'refused':
      process.stderr.write(`${given.problem}\n\n${usage(BENCHES)}`);
      process.exitCode = EXIT_USAGE;
      return;
    case 'draw':
      return drawEarlier(given);
    case 'run':
      return runAll(given);
  }
}

async function runAll({
  benches,
  json,
  charts,
  numbers,
}: Extract<Arguments, { kind: 'run' }>): Promise<void> {
  const reports: Report[] = [];
  for (const [name, bench] of Object.entries(benches)) {
    const report = await bench.run(numbers, (step) => process.stderr.write(`… ${name}: ${step}\n`));
    process.stdout.write(`${json ? reportAsJson(report) : reportAsText(report)}\n`);
    reports.push(report);
  }
  drawCharts(reports, charts);
}

function drawEarlier({ from, charts }: Extract<Arguments, { kind: 'draw' }>): void {
  try {
    drawCharts(earlierReports(from), charts);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // one says what is wrong with the file
    process.stderr.write(`${error.message}\n`);
    process.exitCode = EXIT_USAGE;
  }
}

function drawCharts(reports: readonly Report[], { svg, curves }: ChartFiles): void {
  if (svg !== undefined) write(svg, chartOf(reports), 'nothing was measured beside a peer');
  if (curves !== undefined) write(curves, growthChartOf(reports), 'nothing was measured at several sizes');
}

function write(file: string, chart: string | undefined, otherwise: string): void {
  if (chart === undefined) process.stderr.write(`no chart: ${otherwise}\n`);
  else writeFileSync(file, chart);
}
