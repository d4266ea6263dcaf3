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
} from 'yaml';

/** Keys and indexes, from the outermost to the innermost. */
export type Path = readonly (string | number)[];
export type Fault = { readonly problem: string; readonly hint: string };
/** `file:line:col` of a character offset. */
export type PlaceOf = (offset: number) => string;

/** Where everything in a YAML file stands. */
export type YamlPlaces = {
  readonly document: Document;
  /** The node that each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
  readonly place: PlaceOf;
};

/** Words from a file may be of any length; a message has room for so many letters. */
const MAX_QUOTED_CHARACTERS = 500;

export const briefly = (text: string): string =>
  text.length > MAX_QUOTED_CHARACTERS ? `${text.slice(0, MAX_QUOTED_CHARACTERS - 1)}…` : text;

/** `file:line:col` of an offset. The lines are our own count: the parser's misses some after a syntax error. */
export function placesIn(file: string, text: string): PlaceOf {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (const { index } of text.matchAll(/\n/g)) lines.addNewLine(index + 1);
  return (offset) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
}

/** `file:line:col` of the value at the path; of its nearest parent when it is not there. */
export const placeOf = (places: YamlPlaces, path: Path): string => places.place(offsetOf(places, path));

export function offsetOf(places: YamlPlaces, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = nodeAt(places, path.slice(0, length));
    if (isNode(node) && node.range) return node.range[0];
  }
  const { contents } = places.document;
  return isNode(contents) && contents.range ? contents.range[0] : 0;
}

/** The node at a path, looking through the aliases on the way to it; undefined when there is none. */
function nodeAt({ document, targets }: YamlPlaces, path: Path): unknown {
  let node: unknown = document.contents;
  for (const step of path) {
    const parent = isAlias(node) ? targets.get(node) : node;
    node = isCollection(parent) ? parent.get(step, true) : undefined;
  }
  return node;
}

/** Where each key of the mapping at the path stands. */
export function keyOffsets(places: YamlPlaces, path: Path): ReadonlyMap<string, number> {
  const node = nodeAt(places, path);
  const map = isAlias(node) ? places.targets.get(node) : node;
  const keys = isMap(map) ? map.items.map(({ key }) => key) : [];
  return new Map(keys.filter(isScalar).map((key) => [String(key.value), key.range?.[0] ?? 0]));
}
