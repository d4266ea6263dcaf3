import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Bench } from './bench.ts';

export type Benches = Readonly<Record<string, Bench>>;

export type Arguments =
  | {
      readonly kind: 'run';
      readonly benches: Benches;
      readonly json: boolean;
      readonly charts: ChartFiles;
      /** Numbers by their options; a bench takes those that it knows. */
      readonly numbers: Readonly<Record<string, number>>;
    }
  /** Charts of earlier reports, which `from` has as lines of JSON; nothing is measured. */
  | { readonly kind: 'draw'; readonly from: string; readonly charts: ChartFiles }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly problem: string };

/** The files that charts go to. */
export type ChartFiles = {
  /** Of what has a target beside a peer. */
  readonly svg: string | undefined;
  /** Of what was measured at several sizes. */
  readonly curves: string | undefined;
};

/**
 * What stands after `npm run bench --`: the name of a bench, that of a group (`growth` is all whose names begin with
 * `growth-`), or none for all, and options.
 */
export function readArguments(benches: Benches, args: readonly string[]): Arguments {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: parserOptions(benches),
      allowPositionals: true,
    });
    if (values.help === true) return { kind: 'help' };
    const charts = { svg: textOf(values.svg), curves: textOf(values.curves) };
    const from = textOf(values.from);
    if (from !== undefined) return draw(from, charts, { ...values, positionals });
    const chosen = chooseBenches(benches, positionals);
    return {
      kind: 'run',
      benches: chosen,
      json: values.json === true,
      charts,
      numbers: numbersOf(chosen, values),
    };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // parseArgs throws one for an option that it does not know
    return { kind: 'refused', problem: error.message };
  }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Nothing but charts goes with `--from`. */
function draw(
  from: string,
  charts: ChartFiles,
  given: Readonly<Record<string, unknown>> & { readonly positionals: readonly string[] },
): Arguments {
  const { positionals, from: _, svg, curves, ...others } = given;
  if (svg === undefined && curves === undefined)
    throw new TypeError('--from takes --svg or --curves with it');
  const [other] = [...positionals, ...Object.keys(others).map((name) => `--${name}`)];
  if (other !== undefined) throw new TypeError(`--from measures nothing: it takes no ${other}`);
  return { kind: 'draw', from, charts };
}

/** Options that are no numbers of a bench. */
const TEXTS = ['svg', 'curves', 'from'];

function parserOptions(benches: Benches): NonNullable<ParseArgsConfig['options']> {
  const numbers = Object.values(benches).flatMap(({ options }) => Object.keys(options));
  return {
    ...Object.fromEntries(numbers.map((name) => [name, { type: 'string' } as const])),
    json: { type: 'boolean' },
    ...Object.fromEntries(TEXTS.map((name) => [name, { type: 'string' } as const])),
    help: { type: 'boolean' },
  };
}

function chooseBenches(benches: Benches, names: readonly string[]): Benches {
  const [name, more] = names;
  if (name === undefined) return benches;
  if (more !== undefined) throw new TypeError('name one bench, or none for all');
  const exact = Object.entries(benches).filter(([bench]) => bench === name);
  const group = Object.entries(benches).filter(([bench]) => bench.startsWith(`${name}-`));
  const chosen = exact.length > 0 ? exact : group;
  if (chosen.length === 0) throw new TypeError(`there is no bench \`${name}\``);
  return Object.fromEntries(chosen);
}

/** Those that were given; each must be one that a chosen bench knows. */
function numbersOf(benches: Benches, values: Readonly<Record<string, unknown>>): Record<string, number> {
  const options = new Map(Object.values(benches).flatMap((bench) => Object.entries(bench.options)));
  const numbers: Record<string, number> = {};
  for (const [name, text] of Object.entries(values)) {
    if (typeof text !== 'string' || TEXTS.includes(name)) continue;
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
      `  ${name.padEnd(20)} ${summary}${Object.keys(options)
        .map((option) => ` [--${option} N]`)
        .join('')}`,
  );
  const options = new Map(Object.values(benches).flatMap((bench) => Object.entries(bench.options)));
  const optionLines = [...options].map(
    ([name, { about, default: number }]) => `  ${`--${name} N`.padEnd(20)} ${about} (default ${number})`,
  );
  return [
    'npm run bench -- [NAME] [--json] [--svg FILE] [--curves FILE] [options]: one bench, a group, or all of them',
    'npm run bench -- --from FILE [--svg FILE] [--curves FILE]: charts of reports that --json printed',
    '',
    ...lines,
    '',
    `  ${'--json'.padEnd(20)} each report as a line of JSON`,
    `  ${'--svg FILE'.padEnd(20)} a chart of what has a target beside a peer`,
    `  ${'--curves FILE'.padEnd(20)} a chart of how costs grow`,
    ...optionLines,
    '',
  ].join('\n');
}
