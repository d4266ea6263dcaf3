import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type YAMLMap,
} from 'yaml';
import type { z } from 'zod';
import { fail, type Problem, type Result, succeed } from '../result.ts';
import {
  briefly,
  type Fault,
  type Path,
  type PlaceOf,
  placeOf,
  placesIn,
  type YamlPlaces,
} from './yaml-places.ts';
import { describeIssues } from './yaml-problems.ts';
import {
  composeYaml,
  describeYamlFault,
  MAX_YAML_DEPTH,
  MAX_YAML_FAULTS,
  TOO_DEEP,
  TOO_LARGE_HINT,
} from './yaml-syntax.ts';

/** A YAML file: what it says, and where. */
export type YamlContent = {
  readonly file: string;
  readonly text: string;
  /** Plain values, before a schema's defaults and conversions. */
  readonly plain: unknown;
  /** `file:line:col` of the value at the path; of its nearest parent when it is not there. */
  readonly at: (path: Path) => string;
};

/** One that has been parsed, with the document itself, for what only it knows. */
export type YamlSource = YamlContent & { readonly places: YamlPlaces };

/** A value that a schema accepted, and where each of its parts stands in its file. */
export type Located<T> = {
  readonly value: T;
  readonly file: string;
  readonly text: string;
  /** `file:line:col` of the value at the path; of its nearest parent when it is not there. */
  readonly at: (path: Path) => string;
};

/** Far above any policy that people write, far below what would stall the process. */
export const MAX_YAML_CHARACTERS = 1_000_000;
/** Each alias costs the parser a walk over the file. */
const MAX_YAML_ALIASES = 100;
/**
 * With each alias counted as what it stands for: a few hundred bytes of them can stand for gigabytes. It bounds the
 * schema's work as well, which is slowest where every value is wrong.
 */
const MAX_YAML_VALUES = 50_000;

/**
 * Reads YAML 1.2 (core schema, one document, no duplicate keys, no unknown tags). What would make the parser itself
 * the victim ends as a problem too: size, NUL bytes, depth, alias bombs.
 */
export function parseYaml(file: string, text: string): Result<YamlSource> {
  const whole = (fault: Fault): Result<never> => fail([{ at: `${file}:1:1`, ...fault }]);
  if (text.length > MAX_YAML_CHARACTERS)
    return whole({
      problem: `the file is larger than ${MAX_YAML_CHARACTERS / 1e6} million characters`,
      hint: TOO_LARGE_HINT,
    });
  if (text.includes('\u0000'))
    return whole({ problem: 'the file holds a NUL byte', hint: 'is it a text file?' });
  const place = placesIn(file, text);
  try {
    const composed = composeYaml(text, place);
    if (!composed.ok) return composed;
    const document = composed.value;
    const { targets, values, problems } = checkNodes(document, place);
    if (problems.length > 0) return fail(problems.slice(0, MAX_YAML_FAULTS));
    if (document.contents === null)
      return whole({ problem: 'the file is empty', hint: 'remove it, or fill it' });
    if (targets.size > MAX_YAML_ALIASES)
      return whole({ problem: `the file has ${targets.size} aliases`, hint: 'use fewer aliases' });
    if (values > MAX_YAML_VALUES)
      return whole({
        problem: `the file holds more than ${MAX_YAML_VALUES} values, its aliases written out`,
        hint: targets.size > 0 ? 'use fewer aliases' : TOO_LARGE_HINT,
      });
    const places: YamlPlaces = { document, targets, place };
    const plain: unknown = document.toJS({ maxAliasCount: -1 });
    return succeed({ file, text, plain, at: (path) => placeOf(places, path), places });
  } catch (error) {
    if (isStackOverflow(error)) return whole(TOO_DEEP);
    throw error;
  }
}

/** Holds a file to a schema: the first problems in one go, in the order of the file, and how many more there are. */
export function checkYaml<T>(source: YamlSource, schema: z.ZodType<T>): Result<Located<T>> {
  const { file, text, plain, at } = source;
  try {
    const checked = schema.safeParse(plain);
    if (!checked.success)
      return fail(describeIssues(checked.error.issues, schema, { plain, ...source.places }));
    return succeed({ value: checked.data, file, text, at });
  } catch (error) {
    // Zod hands the issues of a list on as the arguments of one call: a hundred thousand are more than the stack holds.
    if (isStackOverflow(error)) return fail([{ at: `${file}:1:1`, ...TOO_MANY_PROBLEMS }]);
    throw error;
  }
}

const TOO_MANY_PROBLEMS: Fault = {
  problem: 'the file has too many problems to tell one from another',
  hint: 'split it, or make it from the start',
};

/** Nothing but its words tells it from other RangeErrors, which are bugs. */
const isStackOverflow = (error: unknown): boolean =>
  error instanceof RangeError && error.message === 'Maximum call stack size exceeded';

type Nodes = Pick<YamlPlaces, 'targets'> & {
  /** How many values the file has, each alias counted as what it stands for. */
  readonly values: number;
  readonly problems: readonly Problem[];
};

/** What the parser leaves unchecked, in one walk: depth, keys that stand twice or are aliases, aliases that name nothing. */
function checkNodes(document: Document, place: PlaceOf): Nodes {
  const problems: Problem[] = [];
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const sizes = new Map<Node, number>(); // of what has an anchor
  const resolve = (alias: Alias): number => {
    const target = anchors.get(alias.source);
    if (target === undefined) problems.push(unresolvedAlias(alias, place));
    else if (isWithin(alias, target)) problems.push(recursiveAlias(alias, place));
    else targets.set(alias, target);
    return (target && sizes.get(target)) ?? 1;
  };
  const walkKey = (key: unknown, depth: number): number => {
    const size = walk(key, depth);
    if (isAlias(key) && targets.has(key)) problems.push(aliasAsKey(key, place));
    return size;
  };
  /** Walks a node and all below it; gives the number of values. */
  const walk = (node: unknown, depth: number): number => {
    if (problems.length >= MAX_YAML_FAULTS) return 0;
    if (isPair(node)) return walkKey(node.key, depth) + walk(node.value, depth);
    if (isAlias(node)) return resolve(node);
    if (!isNode(node)) return 0;
    if (depth > MAX_YAML_DEPTH) problems.push({ at: place(node.range?.[0] ?? 0), ...TOO_DEEP });
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isMap(node)) problems.push(...repeatedKeys(node, place));
    let size = 1;
    if (isMap(node) || isSeq(node)) for (const item of node.items) size += walk(item, depth + 1);
    if (node.anchor !== undefined) sizes.set(node, size);
    return size;
  };
  return { values: walk(document.contents, 0), targets, problems };
}

function repeatedKeys({ items }: YAMLMap, place: PlaceOf): readonly Problem[] {
  const seen = new Set<string>();
  const repeated: Problem[] = [];
  for (const { key } of items) {
    if (!isScalar(key)) continue;
    const name = String(key.value ?? ''); // as JavaScript will call it: `1` and "1" are one key
    if (seen.has(name) && repeated.length < MAX_YAML_FAULTS)
      repeated.push({ at: place(key.range?.[0] ?? 0), ...describeYamlFault('DUPLICATE_KEY', '') });
    seen.add(name);
  }
  return repeated;
}

/** A domain pattern without quotes, `*.example.org`, is an alias to YAML: the likeliest slip of all. */
const unresolvedAlias = (alias: Alias, place: PlaceOf): Problem => ({
  at: place(alias.range?.[0] ?? 0),
  problem: briefly(`\`*${alias.source}\` without quotes is a YAML alias, and nothing has that name`),
  hint: briefly(`write "*${alias.source}"`),
});

/** Another spelling of a key, which would pass for another key. */
const aliasAsKey = (alias: Alias, place: PlaceOf): Problem => ({
  at: place(alias.range?.[0] ?? 0),
  problem: briefly(`the alias \`*${alias.source}\` stands as a key`),
  hint: 'write the key itself',
});

const isWithin = (inner: Node, outer: Node): boolean => (inner.range?.[0] ?? 0) < (outer.range?.[2] ?? 0); // the anchor comes first, so only the end is in question

const recursiveAlias = (alias: Alias, place: PlaceOf): Problem => ({
  at: place(alias.range?.[0] ?? 0),
  problem: `the alias \`*${alias.source}\` stands inside what it names`,
  hint: 'write out what you mean',
});
