import { policyBench } from './policy.ts';
import { type Benches, readArguments, usage } from './support/arguments.ts';
import { reportAsJson, reportAsText } from './support/report.ts';
import { trafficBenches } from './traffic.ts';

/**
 * `npm run bench -- [NAME] [--json] [options]`: measures, and says which targets are met; without a name everything, one
 * bench after the other. Exit 0 unless it cannot run, or a reply is wrong.
 */

const BENCHES: Benches = { ...trafficBenches, policy: policyBench };
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
      for (const [name, bench] of Object.entries(given.benches)) {
        const report = await bench.run(given.numbers, (step) => process.stderr.write(`… ${name}: ${step}\n`));
        process.stdout.write(`${given.json ? reportAsJson(report) : reportAsText(report)}\n`);
      }
  }
}
