import { writeFileSync } from 'node:fs';
import { idleBench } from './idle.ts';
import { logBench } from './log.ts';
import { policyBench } from './policy.ts';
import { reloadBench } from './reload.ts';
import { type Arguments, type Benches, readArguments, usage } from './support/arguments.ts';
import { chartOf } from './support/chart.ts';
import { type Report, reportAsJson, reportAsText } from './support/report.ts';
import { trafficBenches } from './traffic.ts';

/**
 * `npm run bench -- [NAME] [--json] [--svg FILE] [options]`: measures, and says which targets are met; without a name everything, one
 * bench after the other. Exit 0 unless it cannot run, or a reply is wrong.
 */

const BENCHES: Benches = {
  ...trafficBenches,
  idle: idleBench,
  policy: policyBench,
  log: logBench,
  reload: reloadBench,
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
    case 'run':
      return runAll(given);
  }
}

async function runAll({ benches, json, svg, numbers }: Extract<Arguments, { kind: 'run' }>): Promise<void> {
  const reports: Report[] = [];
  for (const [name, bench] of Object.entries(benches)) {
    const report = await bench.run(numbers, (step) => process.stderr.write(`… ${name}: ${step}\n`));
    process.stdout.write(`${json ? reportAsJson(report) : reportAsText(report)}\n`);
    reports.push(report);
  }
  if (svg === undefined) return;
  const chart = chartOf(reports);
  if (chart === undefined) process.stderr.write('no chart: nothing was measured beside a peer\n');
  else writeFileSync(svg, chart);
}
