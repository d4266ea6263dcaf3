import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { nearest } from './nearest.ts';
import { fail, type Problem, type Result, succeed } from './result.ts';
import { keysAt } from './schema-keys.ts';

type Path = readonly (string | number)[];

/** A value read from a YAML file, and where each of its parts stands in it. */
export type Located<T> = {
  readonly value: T;
  /** What the file says, before the schema's defaults and conversions. */
  readonly plain: unknown;
  readonly file: string;
  readonly text: string;
  /** `file:line:col` of the value at the path; of its nearest parent when it is not there. */
  readonly at: (path: Path) => string;
};

/** Far above any policy that people write, far below what would stall the process. */
export const MAX_YAML_CHARACTERS = 4_000_000;
/** After the first few, syntax errors only echo one another. */
const MAX_YAML_FAULTS = 5;

/** Reads YAML 1.2 (core schema, no duplicate keys, no unknown tags) and checks it; all problems in one go. */
export function readYaml<T>(file: string, text: string, schema: z.ZodType<T>): Result<Located<T>> {
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const parsed = parseWithinBounds(text, lines);
  if (!parsed.ok) return fail([{ at: `${file}:1:1`, ...parsed.error }]);
  const { document, plain } = parsed.value;
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    return fail(
      faults
        .slice(0, MAX_YAML_FAULTS)
        .map((fault) => ({ at: place(fault.pos[0]), ...describeYamlFault(fault.code, fault.message) })),
    );
  const at = (path: Path): string => place(offsetOf(document, path));
  const checked = schema.safeParse(plain);
  if (!checked.success)
    return fail(checked.error.issues.flatMap((issue) => describeIssue(issue, schema, document, at, place)));
  return succeed({ value: checked.data, plain, file, text, at });
}

type Parsed = { readonly document: Document; readonly plain: unknown };

/** What would make the parser itself the victim ends as a problem: size, NUL bytes, depth, alias bombs. */
function parseWithinBounds(
  text: string,
  lines: LineCounter,
): Result<Parsed, { problem: string; hint: string }> {
  if (text.length > MAX_YAML_CHARACTERS)
    return fail({
      problem: `the file is larger than ${MAX_YAML_CHARACTERS / 1e6} million characters`,
      hint: 'split it',
    });
  if (text.includes('\u0000'))
    return fail({ problem: 'the file holds a NUL byte', hint: 'is it a text file?' });
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      uniqueKeys: true,
      strict: true,
      logLevel: 'silent',
    });
    return succeed({
      document,
      plain: document.errors.length > 0 ? undefined : document.toJS({ maxAliasCount: 100 }),
    });
  } catch (error) {
    if (error instanceof RangeError)
      return fail({ problem: 'the file is nested too deeply', hint: 'flatten it' });
    // The one failure left is the alias count: the expansion of a few bytes to gigabytes.
    return fail({
      problem: `the aliases cannot be resolved: ${(error as Error).message}`,
      hint: 'use fewer aliases',
    });
  }
}

function describeYamlFault(code: string, message: string): { problem: string; hint: string } {
  const problem = message.replace(/ at line \d+, column \d+:[\s\S]*$/, '');
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
    default:
      return { problem, hint: 'mend the YAML here' };
  }
}

function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(document.contents) && document.contents.range ? document.contents.range[0] : 0;
}

function keyOffset(document: Document, parent: Path, key: string): number {
  const map = parent.length === 0 ? document.contents : document.getIn(parent, true);
  const pair = isMap(map)
    ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
    : undefined;
  return isPair(pair) && isNode(pair.key) && pair.key.range ? pair.key.range[0] : offsetOf(document, parent);
}

function describeIssue(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  document: Document,
  at: (path: Path) => string,
  place: (offset: number) => string,
): Problem[] {
  const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
  const name = typeof path.at(-1) === 'string' ? `\`${path.at(-1)}\`` : 'this entry';
  const written = (): string => (document.hasIn(path) ? shorten(document.getIn(path)) : '');
  const isMissing = path.length > 0 && !document.hasIn(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        at: place(keyOffset(document, path, key)),
        problem: `unknown key \`${key}\``,
        hint: keyHint(key, keysAt(schema, path)),
      }));
    case 'invalid_type':
      if (isMissing) return [{ at: at(path), problem: `${name} is missing`, hint: `add ${name}` }];
      return [
        {
          at: at(path),
          problem: `${name} is not ${article(issue.expected)}`,
          hint: `write ${article(issue.expected)}`,
        },
      ];
    case 'invalid_value': {
      const values = issue.values.map(String);
      if (isMissing)
        return [{ at: at(path), problem: `${name} is missing`, hint: `add ${name}: ${orList(values)}` }];
      return [
        { at: at(path), problem: `unknown ${String(path.at(-1))} \`${written()}\``, hint: orList(values) },
      ];
    }
    case 'invalid_union': // the schema states the forms as the union's error
      return [{ at: at(path), problem: `${name} has none of the forms it may have`, hint: issue.message }];
    case 'custom':
      return [
        { at: at(path), problem: issue.message, hint: String(issue.params?.['hint'] ?? 'mend it here') },
      ];
    default:
      return [{ at: at(path), problem: `${name}: ${issue.message}`, hint: 'mend it here' }];
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

const orList = (values: readonly string[]): string => values.join(' or ');
const shorten = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};
