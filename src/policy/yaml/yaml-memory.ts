import { isCollection, isNode } from 'yaml';
import type { z } from 'zod';
import { type Path, type PlaceOf, placesIn } from './yaml-places.ts';
import type { Located, YamlContent, YamlSource } from './yaml-source.ts';

/**
 * What a YAML file says and where, without its text and its document: JSON, to be kept for the next start. To parse
 * YAML takes twenty times as long as to parse this.
 */
export type YamlMemory = { readonly plain: unknown; readonly offsets: Offsets };

/**
 * Where a value begins in the text; null where the document cannot tell. Of a list or a mapping a list: where it
 * begins, and then the same of each of its entries, a mapping's in the order of `Object.keys`.
 */
type Offsets = number | null | readonly Offsets[];

/** A file that was not parsed but recalled. */
export type RecalledYaml = YamlContent & { readonly memory: YamlMemory };

/** Undefined for what is not to be kept. */
export const memoryOf = (source: YamlSource | RecalledYaml): YamlMemory | undefined =>
  'memory' in source ? source.memory : memorise(source);

/**
 * Undefined when JSON cannot hold what the file says, `.inf`, `.nan` and `-0`, and when it has aliases: JSON would write
 * them out, and a small file can stand for gigabytes.
 */
export function memorise({ plain, places }: YamlSource): YamlMemory | undefined {
  if (places.targets.size > 0 || !isJson(plain)) return undefined;
  return { plain, offsets: offsetsOf(places.document.contents, plain) };
}

function isJson(plain: unknown): boolean {
  if (typeof plain === 'number') return Number.isFinite(plain) && !Object.is(plain, -0);
  return typeof plain !== 'object' || plain === null || Object.values(plain).every(isJson);
}

function offsetsOf(node: unknown, plain: unknown): Offsets {
  const own = isNode(node) && node.range ? node.range[0] : null;
  if (typeof plain !== 'object' || plain === null || !isCollection(node)) return own;
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(plain)
    ? [...plain.entries()]
    : Object.entries(plain);
  return [own, ...entries.map(([key, value]) => offsetsOf(node.get(key, true), value))];
}

/** The file again; undefined when the memory is of another shape. It must be of the very same text. */
export function recallYaml(file: string, text: string, memory: YamlMemory): RecalledYaml | undefined {
  if (!isMemory(memory)) return undefined;
  const { plain, offsets } = memory;
  let place: PlaceOf | undefined;
  return {
    file,
    text,
    plain,
    memory,
    at(path) {
      place ??= placesIn(file, text);
      return place(offsetAt(offsets, plain, path));
    },
  };
}

/** It comes out of a file, in which anything may stand. */
const isMemory = (memory: unknown): boolean =>
  typeof memory === 'object' && memory !== null && 'plain' in memory && 'offsets' in memory;

/**
 * Holds a recalled file to a schema. Undefined when it fails, for whatever reason: then the text itself is to be parsed,
 * and tells what is wrong.
 */
export function checkRecalled<T>(
  { plain, file, text, at }: RecalledYaml,
  schema: z.ZodType<T>,
): Located<T> | undefined {
  try {
    const checked = schema.safeParse(plain);
    return checked.success ? { value: checked.data, file, text, at } : undefined;
  } catch {
    return undefined; // nested deeper than the stack holds, say
  }
}

/** Where the value at the path begins; its nearest parent when it is not there. Whatever `offsets` are, a number. */
function offsetAt(offsets: Offsets, plain: unknown, path: Path): number {
  const own = ownOffset(offsets) ?? 0;
  const [step, ...rest] = path;
  if (step === undefined || !Array.isArray(offsets) || typeof plain !== 'object' || plain === null)
    return own;
  const index = Array.isArray(plain) ? Number(step) : Object.keys(plain).indexOf(String(step));
  const entry = index < 0 ? undefined : offsets[index + 1];
  if (entry === undefined || entry === null) return own;
  return offsetAt(entry, (plain as Record<string | number, unknown>)[step], rest);
}

function ownOffset(offsets: Offsets | undefined): number | undefined {
  const own = Array.isArray(offsets) ? offsets[0] : offsets;
  return typeof own === 'number' ? own : undefined;
}
