import { createHash } from 'node:crypto';
import { nearest } from '../policy/nearest.ts';
import type { Fault } from '../policy/yaml/yaml-places.ts';
import { isPart, REQUIRED, SLOTS, type Slot } from './slot-names.ts';
import type { Attribute, Token } from './template-markup.ts';
import {
  faultOfAttribute,
  faultOfElement,
  faultsOfStyle,
  PARENTS,
  PHRASES,
  SLOTTED,
  VOID,
} from './template-rules.ts';

/** A page of an agency's own, checked: its markup with places for what is told, in plain values. */
export type PageTemplate = {
  readonly pieces: readonly Piece[];
  /** Its styles as Content Security Policy names them. */
  readonly styleHashes: readonly string[];
  readonly hasImages: boolean;
};

/** In a title and in an attribute a slot is a text; elsewhere it may bring elements. */
type Piece = string | { readonly slot: Slot; readonly in: 'element' | 'text' };

/** A template while it is read. */
export type Draft = {
  readonly tell: (offset: number, fault: Fault) => void;
  readonly pieces: Piece[];
  /** The elements that are open, the innermost last. */
  readonly open: string[];
  /** The elements that there were. */
  readonly seen: Set<string>;
  readonly slots: Set<Slot>;
  readonly styleHashes: string[];
};

export const newDraft = (tell: Draft['tell']): Draft => ({
  tell,
  pieces: [],
  open: [],
  seen: new Set(),
  slots: new Set(),
  styleHashes: [],
});

/** Takes the next token. */
export function take(draft: Draft, token: Token): void {
  const { tell, seen, pieces } = draft;
  switch (token.kind) {
    case 'text':
      if (draft.open.at(-1) === 'style') takeStyle(draft, token.text, token.offset);
      else takeText(draft, token.text, token.offset);
      return;
    case 'doctype':
      if (seen.size > 0)
        tell(token.offset, { problem: 'the doctype does not come first', hint: 'move it up' });
      seen.add('!doctype');
      pieces.push('<!doctype html>');
      return;
    case 'open':
    case 'empty':
      takeTag(draft, token);
      return;
    case 'close':
      takeEnd(draft, token.name, token.offset);
      return;
    case 'broken':
      tell(token.offset, BROKEN);
  }
}

/** What came of it, once there is no more. `offset` is that of the end. */
export function finish(
  { tell, open, seen, slots, pieces, styleHashes }: Draft,
  offset: number,
): PageTemplate {
  for (const name of open.toReversed())
    tell(offset, { problem: `\`<${name}>\` is not ended`, hint: `write </${name}>` });
  for (const name of ['!doctype', 'html', 'head', 'title', 'body'])
    if (!seen.has(name)) tell(0, { problem: `there is no \`<${name}>\``, hint: 'a page has one' });
  for (const [slot, why] of Object.entries(REQUIRED))
    if (!slots.has(slot as Slot)) tell(0, { problem: `the slot {{${slot}}} is missing`, hint: why });
  return { pieces: joined(pieces), styleHashes, hasImages: seen.has('img') };
}

const BROKEN: Fault = {
  problem: 'this is no tag',
  hint: 'write `&lt;` for a `<`, and attributes in double quotes: <p class="a">',
};

function takeText(draft: Draft, text: string, offset: number): void {
  const within = draft.open.at(-1) ?? '';
  if (isBetween(within) && text.trim() !== '')
    draft.tell(offset, { problem: 'this text stands outside of the body', hint: 'move it into <body>' });
  // Of all that is open, what lets nothing but text stand in it.
  const narrowest = draft.open.findLast((name) => PHRASES.has(name) || name === 'title') ?? within;
  put(draft, text, offset, { in: within === 'title' ? 'text' : 'element', within: narrowest });
}

function takeStyle({ tell, styleHashes, pieces }: Draft, css: string, offset: number): void {
  for (const { offset: index, ...fault } of faultsOfStyle(css)) tell(offset + index, fault);
  if (css.includes('{{'))
    tell(offset + css.indexOf('{{'), { problem: 'a style has no slots', hint: 'use class="{{kind}}"' });
  styleHashes.push(`sha256-${createHash('sha256').update(css).digest('base64')}`);
  pieces.push(css);
}

function takeTag(draft: Draft, token: Extract<Token, { readonly kind: 'open' | 'empty' }>): void {
  const { tell, pieces, seen, open } = draft;
  const { name, attributes, offset, kind } = token;
  const has = (wanted: string): boolean =>
    attributes.some((attribute) => attribute.name.toLowerCase() === wanted);
  const fault = faultOfElement(name) ?? misplaced(name, open.at(-1) ?? '');
  if (fault !== undefined) tell(offset, fault);
  if (name === 'html' && !has('lang'))
    tell(offset, {
      problem: '`<html>` has no `lang`',
      hint: 'write <html lang="{{language}}" dir="{{direction}}">',
    });
  if (name === 'img' && !has('alt'))
    tell(offset, { problem: 'the image has no `alt`', hint: 'say what it shows, or alt="" for decoration' });
  seen.add(name);
  pieces.push(`<${name}`);
  for (const attribute of attributes) takeAttribute(draft, name, attribute);
  pieces.push(kind === 'empty' ? '/>' : '>');
  if (kind === 'open' && !VOID.has(name)) open.push(name);
}

function takeAttribute(draft: Draft, element: string, attribute: Attribute): void {
  const { tell, pieces } = draft;
  const { name, value, offset } = attribute;
  const fault = faultOfAttribute(element, attribute);
  if (fault !== undefined) tell(offset, fault);
  pieces.push(` ${name}`);
  if (value === undefined) return;
  pieces.push('="');
  if (SLOTTED.has(name.toLowerCase()))
    put(draft, value, offset + name.length + 2, { in: 'text', within: `${element} ${name}` });
  else {
    if (BRACES.test(value)) tell(offset, { problem: `\`${name}=\` has no slots`, hint: 'write it out' });
    pieces.push(value);
  }
  pieces.push('"');
}

function takeEnd({ tell, open, pieces }: Draft, name: string, offset: number): void {
  const opened = open.at(-1);
  if (opened === name) open.pop();
  else {
    const hint = opened === undefined ? 'remove it' : `\`<${opened}>\` is open: end that first`;
    tell(offset, { problem: `\`</${name}>\` ends nothing`, hint });
  }
  pieces.push(`</${name}>`);
}

const SLOT = /\{\{\s*([^{}]*?)\s*\}\}/g;
const BRACES = /\{\{|\}\}/;

/** Where a text stands: `within` is the element, or the element and its attribute, by which it is bound. */
type Standing = { readonly in: 'element' | 'text'; readonly within: string };

/** Text, with the slots in it. */
function put(draft: Draft, text: string, offset: number, standing: Standing): void {
  let done = 0;
  const putLiteral = (end: number): void => {
    const literal = text.slice(done, end);
    if (BRACES.test(literal))
      draft.tell(offset + done + literal.search(BRACES), {
        problem: 'a slot is not closed, or not opened',
        hint: 'write {{name}}',
      });
    draft.pieces.push(literal);
  };
  for (const { 0: written, 1: name = '', index } of text.matchAll(SLOT)) {
    putLiteral(index);
    putSlot(draft, name, offset + index, standing);
    done = index + written.length;
  }
  putLiteral(text.length);
}

function putSlot({ tell, slots, pieces }: Draft, name: string, offset: number, standing: Standing): void {
  const slot = SLOTS.find((known) => known === name);
  if (slot === undefined) {
    const near = nearest(name, SLOTS);
    const hint = near === undefined ? `there are: ${SLOTS.join(', ')}` : `did you mean {{${near}}}?`;
    tell(offset, { problem: `there is no slot \`${name}\``, hint });
    return;
  }
  const { within } = standing;
  if (isPart(slot) && (standing.in === 'text' || PHRASES.has(within) || isBetween(within)))
    tell(offset, {
      problem: `{{${slot}}} brings elements of its own, which have no place in \`<${within}>\``,
      hint: 'put it into a <div>, or between other elements',
    });
  slots.add(slot);
  pieces.push({ slot, in: standing.in });
}

function misplaced(name: string, within: string): Fault | undefined {
  const parent = Object.hasOwn(PARENTS, name) ? PARENTS[name] : undefined;
  if (parent === undefined ? !isBetween(within) : within === parent) return undefined;
  const where = parent === '' ? 'at the top' : `in \`<${parent ?? 'body'}>\``;
  return { problem: `\`<${name}>\` does not stand ${where}`, hint: 'move it there' };
}

/** Where no text stands. */
const isBetween = (within: string): boolean => within === '' || within === 'html' || within === 'head';

/** Literals that follow each other as one. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const whole: Piece[] = [];
  for (const piece of pieces) {
    const last = whole.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') whole[whole.length - 1] = last + piece;
    else whole.push(piece);
  }
  return whole;
}
