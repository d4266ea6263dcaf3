import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Bench } from './bench.ts';

export type Benches = Readonly<Record<string, Bench>>;

export type Arguments =
  | {
      readonly kind: 'run';
      readonly benches: Benches;
      readonly json: boolean;
      /** The file that the chart goes to. */
      readonly svg: string | undefined;
      /** Numbers by their options; a bench takes those that it knows. */
      readonly numbers: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly problem: string };

/** What stands after `npm run bench --`: the name of a bench, or none for all, and options. */
export function readArguments(benches: Benches, args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: parserOptions(benches),
      allowPositionals: true,
    });
    if (values.help === true) return { kind: 'help' };
    const chosen = chooseBenches(benches, positionals);
    return {
      kind: 'run',
      benches: chosen,
      json: values.json === true,
      svg: typeof values.svg === 'string' ? values.svg : undefined,
      numbers: numbersOf(chosen, values),
    };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // parseArgs throws one for an option that it does not know
    return { kind: 'refused', problem: error.message };
  }
}

function parserOptions(benches: Benches): NonNullable<ParseArgsConfig['options']> {
  const numbers = Object.values(benches).flatMap(({ options }) => Object.keys(options));
  return {
    ...Object.fromEntries(numbers.map((name) => [name, { type: 'string' } as const])),
    json: { type: 'boolean' },
    svg: { type: 'string' },
    help: { type: 'boolean' },
  };
}

function chooseBenches(benches: Benches, names: readonly string[]): Benches {
  const [name, more] = names;
  if (name === undefined) return benches;
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (bench === undefined) throw new TypeError(`there is no bench \`${name}\``);
  if (more !== undefined) throw new TypeError('name one bench, or none for all');
  return { [name]: bench };
}

/** Those that were given; each must be one that a chosen bench knows. */
function numbersOf(benches: Benches, values: Readonly<Record<string, unknown>>): Record<string, number> {
  const options = new Map(Object.values(benches).flatMap((bench) => Object.entries(bench.options)));
  const numbers: Record<string, number> = {};
  for (const [name, text] of Object.entries(values)) {
    if (typeof text !== 'string' || name === 'svg') continue;
    const option = options.get(name);
    if (option === undefined) throw new TypeError(`${Object.keys(benches).join()} takes no --${name}`);
    const number = Number(text);
    if (!Number.isInteger(number) || number < option.min || number > option.max)
      throw new TypeError(`--${name} takes a whole number from ${option.min} to ${option.max}`);
    numbers[name] = number;
  }
  return numbers;
}

export function usage(benches: Benches): string {
  const lines = Object.entries(benches).map(
    ([name, { summary, options }]) =>
      `  ${name.padEnd(16)} ${summary}${Object.keys(options)
        .map((option) => ` [--${option} N]`)
        .join('')}`,
  );
  const options = new Map(Object.values(benches).flatMap((bench) => Object.entries(bench.options)));
  const optionLines = [...options].map(
    ([name, { about, default: number }]) => `  ${`--${name} N`.padEnd(16)} ${about} (default ${number})`,
  );
  return [
    'npm run bench -- [NAME] [--json] [--svg FILE] [options]: one bench, or all of them',
    '',
    ...lines,
    '',
    `  ${'--json'.padEnd(16)} each report as a line of JSON`,
    `  ${'--svg FILE'.padEnd(16)} a chart of what has a target beside a peer`,
    ...optionLines,
    '',
  ].join('\n');
}
