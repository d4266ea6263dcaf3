import { z } from 'zod';
import { nearest } from '../policy/nearest.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { exampleOf, unwrap } from '../policy/yaml/schema-keys.ts';
import { flow } from '../policy/yaml/yaml-problems.ts';
import { configSchema } from './schema.ts';

/** A setting that an environment variable can give: a scalar, or a list of scalars separated by commas. */
type Variable = {
  readonly name: string;
  readonly path: readonly string[];
  readonly schema: z.ZodType;
  readonly isList: boolean;
};

/** A value for one setting, from outside the file. */
export type Override = { readonly path: readonly string[]; readonly value: unknown };

const PREFIX = 'POSTERN_';

/** What Kubernetes tells every pod beside a service that is called `postern`; none of it is a setting. */
const KUBERNETES_LINK = /^POSTERN_(?:SERVICE_(?:HOST|PORT)|PORT)(?:_|$)/;

/** Reads every `POSTERN_…` variable; one that names no setting is an error, like an unknown key. */
export function readVariables(environment: NodeJS.ProcessEnv): Result<readonly Override[]> {
  const known = new Map(variablesOf(configSchema, []).map((variable) => [variable.name, variable]));
  const problems: Problem[] = [];
  const overrides: Override[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || KUBERNETES_LINK.test(name) || text === undefined) continue;
    const variable = known.get(name);
    if (variable === undefined) {
      problems.push({ at: name, problem: 'no setting has this variable', hint: unknownHint(name, known) });
      continue;
    }
    const value = readValue(variable, text);
    if (value.ok) overrides.push({ path: variable.path, value: value.value });
    else problems.push(value.error);
  }
  return problems.length > 0 ? fail(problems) : succeed(overrides);
}

function unknownHint(name: string, known: ReadonlyMap<string, Variable>): string {
  const setting = inFileOnly(configSchema, []).find(({ path }) => variableOf(path) === name);
  if (setting !== undefined) {
    const written = `${setting.path.at(-1)}: ${flow(exampleOf(setting.schema))}`;
    return `\`${setting.path.join('.')}\` holds more than plain values: write it in the configuration file, such as \`${written}\``;
  }
  const near = nearest(name, known.keys());
  return near === undefined ? `known: ${[...known.keys()].join(', ')}` : `did you mean ${near}?`;
}

/** Settings that no variable can give. */
function inFileOnly(
  schema: z.ZodType,
  path: readonly string[],
): readonly Pick<Variable, 'path' | 'schema'>[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject)
    return Object.entries(inner.shape).flatMap(([key, child]) =>
      inFileOnly(child as z.ZodType, [...path, key]),
    );
  return isPlain(inner) ? [] : [{ path, schema }];
}

/** Whether it is a scalar, or a list of them. */
const isPlain = (inner: z.ZodType): boolean =>
  !(inner instanceof z.ZodRecord) &&
  !(inner instanceof z.ZodArray && unwrap(inner.element as z.ZodType) instanceof z.ZodObject);

function variablesOf(schema: z.ZodType, path: readonly string[]): Variable[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject)
    return Object.entries(inner.shape).flatMap(([key, child]) =>
      variablesOf(child as z.ZodType, [...path, key]),
    );
  return isPlain(inner)
    ? [{ name: variableOf(path), path, schema, isList: inner instanceof z.ZodArray }]
    : [];
}

/** `POSTERN_EGRESS_CONNECT_PORTS`, of the path of a setting. */
export function variableOf(path: readonly string[]): string {
  const words = path.map((key) => key.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase());
  return PREFIX + words.join('_');
}

function readValue({ name, schema, isList }: Variable, text: string): Result<unknown, Problem> {
  const candidates = isList ? listCandidates(text) : scalarCandidates(text);
  const accepted = candidates.find((candidate) => schema.safeParse(candidate).success);
  if (accepted !== undefined) return succeed(accepted);
  const issues = candidates.map((candidate) => schema.safeParse(candidate).error?.issues[0]);
  // A reading of the wrong type says only that it was not the one that was meant.
  const issue = issues.find((one) => one?.code !== 'invalid_type') ?? issues[0];
  const problem = issue?.code === 'custom' ? issue.message : `\`${text}\` is not a value of this setting`;
  return fail({ at: name, problem, hint: hintOf(issue, isList) });
}

function hintOf(issue: z.core.$ZodIssue | undefined, isList: boolean): string {
  switch (issue?.code) {
    case 'custom':
      return String(issue.params?.hint ?? issue.message);
    case 'invalid_value':
      return issue.values.map(String).join(' or ');
    case 'invalid_type':
      return isList ? 'write numbers, separated by commas' : 'write a whole number'; // any text is a text
    default:
      return issue?.message ?? '';
  }
}

/** The readings of a text, most specific first: `1` may be a number or a text. */
function scalarCandidates(text: string): unknown[] {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return [Number(trimmed), trimmed];
  return trimmed === 'true' || trimmed === 'false' ? [trimmed === 'true', trimmed] : [trimmed];
}

function listCandidates(text: string): unknown[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  const numbers = items.map(Number);
  return numbers.every(Number.isInteger) ? [numbers, items] : [items];
}
