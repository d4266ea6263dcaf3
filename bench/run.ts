import { type ParseArgsConfig, parseArgs } from 'node:util';
import { policyBench } from './policy.ts';
import type { Bench } from './support/bench.ts';
import { reportAsJson, reportAsText } from './support/report.ts';

/** `npm run bench -- NAME [--json] [options]`: measures, and says which targets are met. Exit 0 unless it cannot run. */

const BENCHES: Readonly<Record<string, Bench>> = { policy: policyBench };
const EXIT_USAGE = 2;

await main(process.argv.slice(2));

async function main([name = '--help', ...rest]: readonly string[]): Promise<void> {
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (name === '--help') process.stdout.write(usage());
  else if (bench === undefined) refuse(`there is no bench \`${name}\``);
  else await runBench(bench, rest);
}

async function runBench(bench: Bench, args: readonly string[]): Promise<void> {
  const given = readArgs(bench, args);
  if (given === undefined) return;
  if (given.help) {
    process.stdout.write(usage());
    return;
  }
  const report = await bench.run(given.options, (step) => process.stderr.write(`… ${step}\n`));
  process.stdout.write(given.json ? `${reportAsJson(report)}\n` : reportAsText(report));
}

type Given = {
  readonly json: boolean;
  readonly help: boolean;
  readonly options: Readonly<Record<string, number>>;
};

function readArgs(bench: Bench, args: readonly string[]): Given | undefined {
  const known: ParseArgsConfig['options'] = { json: { type: 'boolean' }, help: { type: 'boolean' } };
  for (const name of Object.keys(bench.options)) known[name] = { type: 'string' };
  try {
    const { values } = parseArgs({ args: [...args], options: known });
    const options = Object.entries(bench.options).map(([name, option]) => {
      const number = Number(values[name] ?? option.default);
      if (!Number.isInteger(number) || number < option.min || number > option.max)
        throw new TypeError(`--${name} takes a whole number from ${option.min} to ${option.max}`);
      return [name, number] as const;
    });
    return { json: values.json === true, help: values.help === true, options: Object.fromEntries(options) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    refuse(error.message); // parseArgs throws a TypeError for an option that it does not know
    return undefined;
  }
}

function refuse(problem: string): void {
  process.stderr.write(`${problem}\n\n${usage()}`);
  process.exitCode = EXIT_USAGE;
}

function usage(): string {
  const benches = Object.entries(BENCHES).flatMap(([name, { summary, options }]) => [
    `  ${name.padEnd(10)} ${summary}`,
    ...Object.entries(options).map(
      ([option, { about, default: number }]) => `    --${option} N  ${about} (default ${number})`,
    ),
  ]);
  return ['npm run bench -- NAME [--json] [options]', '', ...benches, ''].join('\n');
}
