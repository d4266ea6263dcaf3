import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from 'yaml';
import type { z } from 'zod';
import { nearest } from './nearest.ts';
import { fail, inFileOrder, type Problem, type Result, succeed } from './result.ts';
import { keysAt } from './schema-keys.ts';

type Path = readonly (string | number)[];
type Fault = { readonly problem: string; readonly hint: string };

/** A YAML file as read: what it says, and where. */
export type YamlSource = {
  readonly file: string;
  readonly text: string;
  /** Plain values, before a schema's defaults and conversions. */
  readonly plain: unknown;
  readonly document: Document;
  /** The node that each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
  /** `file:line:col` of a character offset. */
  readonly place: (offset: number) => string;
};

/** A value that a schema accepted, and where each of its parts stands in its file. */
export type Located<T> = {
  readonly value: T;
  readonly file: string;
  readonly text: string;
  /** `file:line:col` of the value at the path; of its nearest parent when it is not there. */
  readonly at: (path: Path) => string;
};

/** Far above any policy that people write, far below what would stall the process. */
export const MAX_YAML_CHARACTERS = 4_000_000;
/** After the first few, syntax errors only echo one another. */
const MAX_YAML_FAULTS = 5;
/** Each alias costs the parser a walk over the file, and in nested ones the costs multiply. */
const MAX_YAML_ALIASES = 100;

const PARSER_OPTIONS = {
  strict: true,
  schema: 'core', // whatever a `%YAML 1.1` asks for: there `no` is false
  resolveKnownTags: false,
  // Both compare each with all: minutes for a file of 400 KB. `checkNodes` finds duplicate keys; we show no excerpts.
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'error', // its warnings go to the process's stderr
} as const;

/**
 * Reads YAML 1.2 (core schema, one document, no duplicate keys, no unknown tags). What would make the parser itself
 * the victim ends as a problem too: size, NUL bytes, depth, alias bombs.
 */
export function parseYaml(file: string, text: string): Result<YamlSource> {
  const whole = (fault: Fault): Result<never> => fail([{ at: `${file}:1:1`, ...fault }]);
  if (text.length > MAX_YAML_CHARACTERS)
    return whole({
      problem: `the file is larger than ${MAX_YAML_CHARACTERS / 1e6} million characters`,
      hint: 'split it',
    });
  if (text.includes('\u0000'))
    return whole({ problem: 'the file holds a NUL byte', hint: 'is it a text file?' });
  const place = placesIn(file, text);
  try {
    const document = parseDocument(text, PARSER_OPTIONS);
    const { targets, problems } = checkNodes(document, place);
    const faults = [...syntaxFaults(document, place), ...problems];
    if (faults.length > 0) return fail(faults.slice(0, MAX_YAML_FAULTS));
    if (document.contents === null)
      return whole({ problem: 'the file is empty', hint: 'remove it, or fill it' });
    if (targets.size > MAX_YAML_ALIASES)
      return whole({ problem: `the file has ${targets.size} aliases`, hint: 'use fewer aliases' });
    const plain = document.toJS({ maxAliasCount: MAX_YAML_ALIASES });
    return succeed({ file, text, plain, document, targets, place });
  } catch (error) {
    if (error instanceof RangeError)
      return whole({ problem: 'the file is nested too deeply', hint: 'flatten it' });
    // The one failure left is the alias count: the expansion of a few bytes to gigabytes.
    return whole({
      problem: `the aliases cannot be resolved: ${(error as Error).message}`,
      hint: 'use fewer aliases',
    });
  }
}

/** Holds a file to a schema; all problems in one go, in the order of the file. */
export function checkYaml<T>(source: YamlSource, schema: z.ZodType<T>): Result<Located<T>> {
  const { file, text, plain } = source;
  const checked = schema.safeParse(plain);
  if (!checked.success)
    return fail(
      inFileOrder(checked.error.issues.flatMap((issue) => describeIssue(issue, [], schema, source))),
    );
  return succeed({ value: checked.data, file, text, at: (path) => placeOf(source, path) });
}

/** `file:line:col` of an offset. The lines are our own count: the parser's misses some after a syntax error. */
function placesIn(file: string, text: string): (offset: number) => string {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
  return (offset) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
}

function syntaxFaults(document: Document, place: (offset: number) => string): Problem[] {
  return [...document.errors, ...document.warnings].map((fault) => ({
    at: place(fault.pos[0]),
    ...describeYamlFault(fault.code, fault.message),
  }));
}

/** What the parser leaves unchecked, in one walk: keys that stand twice, and aliases that name nothing. */
function checkNodes(
  document: Document,
  place: (offset: number) => string,
): Pick<YamlSource, 'targets'> & { readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target === undefined) problems.push(unresolvedAlias(node, place));
      else if (isWithin(node, target)) problems.push(recursiveAlias(node, place));
      else targets.set(node, target);
    } else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node);
    if (!isMap(node)) return;
    const seen = new Set<unknown>();
    for (const { key } of node.items) {
      if (!isScalar(key)) continue;
      if (seen.has(key.value))
        problems.push({ at: place(key.range?.[0] ?? 0), ...describeYamlFault('DUPLICATE_KEY', '') });
      seen.add(key.value);
    }
  });
  return { targets, problems };
}

/** A domain pattern without quotes, `*.example.org`, is an alias to YAML: the likeliest slip of all. */
const unresolvedAlias = (alias: Alias, place: (offset: number) => string): Problem => ({
  at: place(alias.range?.[0] ?? 0),
  problem: `\`*${alias.source}\` without quotes is a YAML alias, and nothing has that name`,
  hint: `write "*${alias.source}"`,
});

const isWithin = (inner: Node, outer: Node): boolean => (inner.range?.[0] ?? 0) < (outer.range?.[2] ?? 0); // the anchor comes first, so only the end is in question

const recursiveAlias = (alias: Alias, place: (offset: number) => string): Problem => ({
  at: place(alias.range?.[0] ?? 0),
  problem: `the alias \`*${alias.source}\` stands inside what it names`,
  hint: 'write out what you mean',
});

function describeYamlFault(code: string, problem: string): Fault {
  switch (code) {
    case 'DUPLICATE_KEY':
      return { problem: 'the key stands twice in this mapping', hint: 'keep one of them' };
    case 'TAG_RESOLVE_FAILED':
      return { problem, hint: 'write plain values, without `!tags`' };
    case 'TAB_AS_INDENT':
      return { problem, hint: 'indent with spaces' };
    case 'RESOURCE_EXHAUSTION':
      return { problem: 'the file is nested too deeply', hint: 'flatten it' };
    case 'MULTIPLE_DOCS':
      return {
        problem: 'the file holds several documents',
        hint: 'one file, one document: remove the `---` between',
      };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return { problem: 'a text with `: ` in it stands without quotes', hint: 'put the text in quotes' };
    case 'MULTILINE_IMPLICIT_KEY':
    case 'MISSING_CHAR':
      return { problem, hint: 'is a `:`, a quote or a bracket missing here or just before?' };
    case 'BAD_INDENT':
      return { problem, hint: 'keys of one mapping stand in one column' };
    default:
      return { problem, hint: 'mend the YAML here' };
  }
}

const placeOf = (source: YamlSource, path: Path): string => source.place(offsetOf(source, path));

function offsetOf(source: YamlSource, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = nodeAt(source, path.slice(0, length));
    if (isNode(node) && node.range) return node.range[0];
  }
  const { contents } = source.document;
  return isNode(contents) && contents.range ? contents.range[0] : 0;
}

/** The node at a path, looking through the aliases on the way to it; undefined when there is none. */
function nodeAt({ document, targets }: YamlSource, path: Path): unknown {
  let node: unknown = document.contents;
  for (const step of path) {
    const parent = isAlias(node) ? targets.get(node) : node;
    node = isCollection(parent) ? parent.get(step, true) : undefined;
  }
  return node;
}

/** Where each key of the mapping at the path stands. */
function keyOffsets(source: YamlSource, path: Path): ReadonlyMap<string, number> {
  const node = nodeAt(source, path);
  const map = isAlias(node) ? source.targets.get(node) : node;
  const keys = isMap(map) ? map.items.map(({ key }) => key) : [];
  return new Map(keys.filter(isScalar).map((key) => [String(key.value), key.range?.[0] ?? 0]));
}

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
function describeIssue(
  issue: z.core.$ZodIssue,
  parent: Path,
  schema: z.ZodType,
  source: YamlSource,
): Problem[] {
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
      return issue.keys.map((unknown) => ({
        at: source.place(offsets.get(unknown) ?? offsetOf(source, path)),
        problem: `unknown key \`${unknown}\``,
        hint: keyHint(unknown, keysAt(schema, path)),
      }));
    }
    case 'invalid_type': {
      const wanted = article(issue.expected);
      const isBare = issue.expected === 'string' && typeof value !== 'object';
      return [
        {
          at,
          problem: `${name} is not ${wanted}`,
          hint: isBare ? `put it in quotes: "${written}"` : `write ${wanted}`,
        },
      ];
    }
    case 'invalid_value':
      return [{ at, problem: `unknown ${String(key)} \`${written}\``, hint: orList(issue.values) }];
    case 'invalid_union': {
      // Of the forms a value may have, the one whose outer shape fits tells best what is wrong inside.
      const nearMiss = issue.errors.find((branch) => branch.every((inner) => inner.path.length > 0));
      return nearMiss === undefined
        ? [{ at, problem: `${name} has none of the forms it may have`, hint: issue.message }]
        : nearMiss.flatMap((inner) => describeIssue(inner, path, schema, source));
    }
    case 'custom':
      return [{ at, problem: issue.message, hint: String(issue.params?.hint ?? 'mend it here') }];
    default: // sizes and formats: the schema's own words say what is wanted
      return [{ at, problem: `${name} cannot be \`${written}\``, hint: issue.message }];
  }
}

function keyHint(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  return known.length > 0 ? `known here: ${known.join(', ')}` : 'remove it';
}

function article(type: string): string {
  const words: Record<string, string> = {
    string: 'a text',
    array: 'a list: [one, two]',
    object: 'a mapping of keys to values',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  };
  return words[type] ?? `of type ${type}`;
}

const orList = (values: readonly unknown[]): string => values.map(String).join(' or ');
const shorten = (value: unknown): string => {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};
