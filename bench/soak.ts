import { parseArgs } from 'node:util';
import { promisesOf, reportText } from './soak/report.ts';
import { type SoakSetup, soak } from './soak/soak.ts';

/**
 * `npm run soak -- [--seconds N] [--clients N] [--seed N]`: one Postern under all kinds of requests, a third of whose
 * clients break off at a random moment. Exit 0 when it keeps its promises, 1 when it does not, 2 for wrong usage.
 */

const DEFAULTS: SoakSetup = { seconds: 600, clients: 24, seed: 1 };
const USAGE = 'npm run soak -- [--seconds N] [--clients N] [--seed N]\n';
const EXIT = { broken: 1, usage: 2 } as const;

const setup = readArgs(process.argv.slice(2));
if (setup === undefined) process.exitCode = EXIT.usage;
else {
  const started = performance.now();
  const report = await soak(setup, (progress) => {
    process.stderr.write(
      `${((performance.now() - started) / 1_000).toFixed(0).padStart(5)} s  ${progress}\n`,
    );
  });
  process.stdout.write(reportText(report, setup));
  if (promisesOf(report).some(({ isKept }) => !isKept)) process.exitCode = EXIT.broken;
}

function readArgs(args: readonly string[]): SoakSetup | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { seconds: { type: 'string' }, clients: { type: 'string' }, seed: { type: 'string' } },
    });
    const numbers = Object.entries(DEFAULTS).map(([name, standard]) => {
      const number = Number(values[name as keyof SoakSetup] ?? standard);
      if (!Number.isInteger(number) || number < 1)
        throw new TypeError(`--${name} takes a whole number from 1`);
      return [name, number] as const;
    });
    return Object.fromEntries(numbers) as SoakSetup;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    process.stderr.write(`${error.message}\n\n${USAGE}`); // parseArgs throws one for an option that it does not know
    return undefined;
  }
}
