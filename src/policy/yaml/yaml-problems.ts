import type { z } from 'zod';
import { nearest } from '../nearest.ts';
import { inFileOrder, type Problem } from '../result.ts';
import { exampleOf, keysAt, schemasAt } from './schema-keys.ts';
import { briefly, keyOffsets, offsetOf, type Path, placeOf, type YamlPlaces } from './yaml-places.ts';

/** What was held to a schema: its values, and where they stand. */
type Checked = YamlPlaces & { readonly plain: unknown };

/** Nobody mends more at once, and to find the place of each of a million takes minutes. */
const MAX_SCHEMA_PROBLEMS = 50;

/** A schema's issues as problems, in the order of the file; after the first few it only counts them. */
export function describeIssues(
  found: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  source: Checked,
): readonly Problem[] {
  const issues = withoutFollowing(found);
  const told = issues
    .slice(0, MAX_SCHEMA_PROBLEMS)
    .flatMap((issue) => describeIssue(issue, [], schema, source))
    .slice(0, MAX_SCHEMA_PROBLEMS);
  const problems = inFileOrder(told.map(shortened));
  const untold = countOf(issues) - told.length;
  const last = problems.at(-1);
  if (untold <= 0 || last === undefined) return problems;
  return [...problems, { at: last.at, problem: `and ${untold} more in this file`, hint: 'mend these first' }];
}

/** Zod holds a text in the place of a list to the bounds of the list: that it is none is all there is to tell. */
function withoutFollowing(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const placeOfIssue = ({ path }: z.core.$ZodIssue): string => path.map(String).join('\n');
  const mistyped = new Set(issues.filter(({ code }) => code === 'invalid_type').map(placeOfIssue));
  if (mistyped.size === 0) return issues;
  return issues.filter((issue) => issue.code === 'invalid_type' || !mistyped.has(placeOfIssue(issue)));
}

const shortened = ({ at, problem, hint }: Problem): Problem => ({
  at,
  problem: briefly(problem),
  hint: briefly(hint),
});

/** How many problems the issues are: each unknown key is one, and each that is inside a value of several forms. */
function countOf(issues: readonly z.core.$ZodIssue[]): number {
  let count = 0;
  for (const issue of issues) {
    const inner = issue.code === 'invalid_union' ? nearMissOf(issue) : undefined;
    count +=
      issue.code === 'unrecognized_keys' ? issue.keys.length : inner === undefined ? 1 : countOf(inner);
  }
  return count;
}

/** Of the forms that a value may have, the one whose outer shape fits tells best what is wrong inside. */
const nearMissOf = ({ errors }: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined =>
  errors.find((branch) => branch.every((inner) => inner.path.length > 0));

/** Undefined when nothing stands there: what a YAML file says is never undefined. */
function plainAt(plain: unknown, path: Path): unknown {
  return path.reduce(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    plain,
  );
}

/** A schema's issue as a problem; `parent` is where the schema itself stands in the file. */
function describeIssue(issue: z.core.$ZodIssue, parent: Path, schema: z.ZodType, source: Checked): Problem[] {
  const path = [...parent, ...issue.path.filter((part) => typeof part !== 'symbol')];
  const at = placeOf(source, path);
  const key = path.at(-1);
  const name = typeof key === 'string' ? `\`${key}\`` : key === undefined ? 'the file' : 'this entry';
  const value = plainAt(source.plain, path);
  if (value === undefined) {
    const hint = issue.code === 'invalid_value' ? `add ${name}: ${orList(issue.values)}` : `add ${name}`;
    return [{ at, problem: `${name} is missing`, hint }];
  }
  const written = path.length === 0 ? '' : shorten(value);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const offsets = keyOffsets(source, path);
      return issue.keys.slice(0, MAX_SCHEMA_PROBLEMS).map((unknown) => ({
        at: source.place(offsets.get(unknown) ?? offsetOf(source, path)),
        problem: `unknown key \`${unknown}\``,
        hint: keyHint(unknown, schema, path),
      }));
    }
    case 'invalid_type': {
      const refusal = refusalAsText(issue.expected, value, schemasAt(schema, path));
      if (refusal !== undefined) return [{ at, problem: `${name} cannot be \`${written}\``, hint: refusal }];
      const wanted = article(issue.expected);
      const hint = formHint(issue.expected, value, key, schemasAt(schema, path)) ?? `write ${wanted}`;
      return [{ at, problem: `${name} is not ${wanted}`, hint }];
    }
    case 'invalid_value':
      return [{ at, problem: `unknown ${String(key)} \`${written}\``, hint: orList(issue.values) }];
    case 'invalid_union': {
      const nearMiss = nearMissOf(issue);
      return nearMiss === undefined
        ? [{ at, problem: `${name} has none of the forms it may have`, hint: issue.message }]
        : nearMiss
            .slice(0, MAX_SCHEMA_PROBLEMS)
            .flatMap((inner) => describeIssue(inner, path, schema, source));
    }
    case 'invalid_key': {
      const keyAt = source.place(keyOffsets(source, path.slice(0, -1)).get(String(key)) ?? 0);
      return issue.issues.map(({ message, ...inner }) => ({
        at: keyAt,
        problem: message,
        hint: hintIn(inner),
      }));
    }
    case 'custom':
      return [{ at, problem: issue.message, hint: hintIn(issue) }];
    default: // sizes and formats: the schema's own words say what is wanted
      return [{ at, problem: `${name} cannot be \`${written}\``, hint: issue.message }];
  }
}

/** What a check of our own says is to be done. */
const hintIn = (issue: object): string =>
  String(('params' in issue && (issue.params as { hint?: unknown }).hint) || 'mend it here');

type Key = string | number | undefined;

/** What to write in the place of something of another kind. A list or mapping that has an example is shown by that. */
function formHint(
  expected: string,
  value: unknown,
  key: Key,
  wanted: readonly z.ZodType[],
): string | undefined {
  const example = wanted.map(exampleOf).find((one) => one !== undefined);
  const isEntry = expected === 'array' && wanted.some((schema) => schema.safeParse([value]).success);
  if (example !== undefined && !isEntry) return `write \`${labelOf(key)}${flow(example)}\``;
  const mayBeEmpty = wanted.some((schema) => schema.safeParse([]).success);
  if (expected === 'array' && mayBeEmpty && NONE.has(value)) return `write \`${labelOf(key)}[]\` for none`;
  return typeHint(expected, value, key);
}

const NONE: ReadonlySet<unknown> = new Set(['none', 'no', 'off', 'nothing', false]);

/** As YAML writes it on one line, with quotes where it needs them. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' && !/^[A-Za-z][\w./-]*$|^[\d./]+$/.test(value)
      ? `"${value}"`
      : String(value);
  const pairs = Object.entries(value).map(([key, inner]) => `${flow(key)}: ${flow(inner)}`);
  return `{ ${pairs.join(', ')} }`;
}

const labelOf = (key: Key): string => (typeof key === 'string' ? `${key}: ` : '');

/** How to write what stands there in the kind that is wanted; undefined when that takes more than its spelling. */
function typeHint(expected: string, value: unknown, key: Key): string | undefined {
  if (expected === 'array') return listHint(value, key);
  if (expected === 'string' && typeof value !== 'object')
    return `put it in quotes: "${shorten(String(value))}"`;
  if ((expected === 'number' || expected === 'int') && typeof value === 'string') {
    if (/^\d+$/.test(value)) return `write ${value} without quotes`;
    if (/^\d+\s*-\s*\d+$/.test(value)) return 'there are no ranges: list each port';
    return unitHint(value, key);
  }
  return undefined;
}

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };
const BYTES: Readonly<Record<string, number>> = { b: 1, k: 1_024, kb: 1_024, kib: 1_024, m: 1_048_576 };

/** Settings have their unit in their names, and a number is written without one. */
function unitHint(value: string, key: Key): string | undefined {
  const [suffix] = /(?:Ms|Bytes)$/.exec(String(key)) ?? [];
  const units = suffix === 'Ms' ? MS : suffix === 'Bytes' ? BYTES : {};
  const { number, unit: written = '' } = /^(?<number>\d+)\s*(?<unit>[a-z]+)$/i.exec(value)?.groups ?? {};
  const factor = Object.hasOwn(units, written.toLowerCase()) ? units[written.toLowerCase()] : undefined;
  return number === undefined || factor === undefined
    ? undefined
    : `write ${Number(number) * factor}: ${suffix === 'Ms' ? 'milliseconds' : 'bytes'}, without a unit`;
}

function listHint(value: unknown, key: Key): string {
  if (value === null) return 'list something, or remove the key';
  if (typeof value === 'object') return 'begin each entry with `- `';
  const written = typeof value === 'string' && !/^[\w=./-][\w=./:, -]*$/.test(value) ? `"${value}"` : value;
  return `write \`${key === undefined ? '' : `${key}: `}[${shorten(written)}]\``;
}

/**
 * Quotes make a text of anything, but of few things one that is wanted, such as a date: what the schema itself would say
 * of the text. Undefined where quotes would do.
 */
function refusalAsText(expected: string, value: unknown, wanted: readonly z.ZodType[]): string | undefined {
  if (expected !== 'string' || typeof value === 'object') return undefined;
  const refusals = wanted.map((schema) => schema.safeParse(String(value)).error?.issues[0]);
  const [refusal] = refusals;
  if (refusal === undefined || refusals.includes(undefined)) return undefined;
  return refusal.code === 'custom' ? String(refusal.params?.hint ?? refusal.message) : refusal.message;
}

function keyHint(key: string, schema: z.ZodType, path: Path): string {
  const known = keysAt(schema, path);
  if (key === 'category' && known.includes('categories'))
    return 'for a list write `categories: […]`, for a category of the catalog `services: { category: […] }`';
  const parents = known.filter((parent) => keysAt(schema, [...path, parent]).includes(key));
  if (parents.length > 0) return `it goes under ${eitherOf(parents.map((parent) => `\`${parent}:\``))}`;
  const near = nearest(key, known);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  return known.length > 0 ? `known here: ${known.join(', ')}` : 'remove it';
}

function article(type: string): string {
  const words: Record<string, string> = {
    string: 'a text',
    array: 'a list',
    object: 'a mapping of keys to values',
    record: 'a mapping of keys to values',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  };
  return words[type] ?? `of type ${type}`;
}

/** `a, b or c` */
const eitherOf = (words: readonly string[]): string =>
  new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(words);
const orList = (values: readonly unknown[]): string => values.map(String).join(' or ');
const shorten = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};
