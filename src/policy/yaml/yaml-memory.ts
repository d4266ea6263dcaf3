import { isAlias, isCollection, isNode } from 'yaml';
import { type Path, placesIn, type YamlPlaces } from './yaml-places.ts';
import { parseYaml, type YamlSource } from './yaml-source.ts';

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

/** Undefined when JSON cannot hold what the file says: `.inf`, `.nan` and `-0`. */
export function memorise({ plain, places }: YamlSource): YamlMemory | undefined {
  if (!isJson(plain)) return undefined;
  return { plain, offsets: offsetsOf(places(), places().document.contents, plain) };
}

function isJson(plain: unknown): boolean {
  if (typeof plain === 'number') return Number.isFinite(plain) && !Object.is(plain, -0);
  return typeof plain !== 'object' || plain === null || Object.values(plain).every(isJson);
}

function offsetsOf(places: YamlPlaces, node: unknown, plain: unknown): Offsets {
  const own = isNode(node) && node.range ? node.range[0] : null;
  const written = isAlias(node) ? places.targets.get(node) : node;
  if (typeof plain !== 'object' || plain === null || !isCollection(written)) return own;
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(plain)
    ? [...plain.entries()]
    : Object.entries(plain);
  return [own, ...entries.map(([key, value]) => offsetsOf(places, written.get(key, true), value))];
}

/** The file again. The memory must be of the very same text. */
export function recallYaml(file: string, text: string, { plain, offsets }: YamlMemory): YamlSource {
  let place: YamlPlaces['place'] | undefined;
  return {
    file,
    text,
    plain,
    at(path) {
      place ??= placesIn(file, text);
      return place(offsetAt(offsets, plain, path));
    },
    places() {
      const parsed = parseYaml(file, text);
      if (!parsed.ok) throw new Error(`${file} was parsed once, and cannot be now`);
      return parsed.value.places();
    },
  };
}

/** Where the value at the path begins; its nearest parent when it is not there. */
function offsetAt(offsets: Offsets, plain: unknown, path: Path): number {
  const own = typeof offsets === 'number' ? offsets : (offsets?.[0] ?? 0);
  const [step, ...rest] = path;
  if (step === undefined || !Array.isArray(offsets) || typeof plain !== 'object' || plain === null)
    return Number(own);
  const index = Array.isArray(plain) ? Number(step) : Object.keys(plain).indexOf(String(step));
  const entry = index < 0 ? undefined : offsets[index + 1];
  if (entry === undefined || entry === null) return Number(own);
  return offsetAt(entry, (plain as Record<string | number, unknown>)[step], rest);
}
