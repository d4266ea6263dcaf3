/** Pieces of a template's markup, each with where it begins in the text. Names are in lower case. */
export type Token = { readonly offset: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'open'; readonly name: string; readonly attributes: readonly Attribute[] }
  /** The tag of an element that ends itself, as SVG writes it: `<path/>`. */
  | { readonly kind: 'empty'; readonly name: string; readonly attributes: readonly Attribute[] }
  | { readonly kind: 'close'; readonly name: string }
  | { readonly kind: 'doctype' }
  | { readonly kind: 'broken' }
);

/** `name` as it is written; `value` undefined where there is none. */
export type Attribute = {
  readonly name: string;
  readonly value: string | undefined;
  readonly offset: number;
};

const COMMENT = /<!--(?!-?>)[\s\S]*?-->/y;
const DOCTYPE = /<!doctype html>/iy;
const CLOSE = /<\/([a-z][a-z0-9]*)\s*>/iy;
const OPEN = /<([a-z][a-z0-9]*)((?:\s+[^\s"'<>/=]+(?:="[^"]*")?)*)\s*(\/?)>/iy;
const ATTRIBUTE = /([^\s"'<>/=]+)(?:="([^"]*)")?/g;

/** In these a browser reads no tags before the end tag. */
const RAW: ReadonlySet<string> = new Set(['style', 'title']);

/**
 * Reads markup in the strictest form that HTML has: what browsers would have to guess at is `broken`, so that nothing is
 * understood in two ways. Comments are left out.
 */
export function* tokensOf(text: string): Generator<Token> {
  let offset = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = offset;
    return pattern.exec(text);
  };
  while (offset < text.length) {
    const start = offset;
    const tag = text.indexOf('<', offset);
    if (tag !== offset) {
      offset = tag < 0 ? text.length : tag;
      yield { kind: 'text', text: text.slice(start, offset), offset: start };
      continue;
    }
    const comment = match(COMMENT);
    const doctype = match(DOCTYPE);
    const close = match(CLOSE);
    const open = match(OPEN);
    const found = comment ?? doctype ?? close ?? open;
    offset += found?.[0].length ?? 1;
    if (comment !== null) continue;
    if (doctype !== null) yield { kind: 'doctype', offset: start };
    else if (close !== null) yield { kind: 'close', name: lower(close[1]), offset: start };
    else if (open !== null) {
      const name = lower(open[1]);
      const attributes = attributesOf(open[2] ?? '', start + 1 + name.length);
      yield { kind: open[3] === '/' ? 'empty' : 'open', name, attributes, offset: start };
      if (!RAW.has(name)) continue;
      const end = text.toLowerCase().indexOf(`</${name}`, offset);
      const raw = text.slice(offset, end < 0 ? text.length : end);
      if (raw !== '') yield { kind: 'text', text: raw, offset };
      offset += raw.length;
    } else yield { kind: 'broken', offset: start };
  }
}

const lower = (name = ''): string => name.toLowerCase();

const attributesOf = (text: string, offset: number): readonly Attribute[] =>
  [...text.matchAll(ATTRIBUTE)].map(({ 1: name = '', 2: value, index }) => ({
    name,
    value,
    offset: offset + index,
  }));
