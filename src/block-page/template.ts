import { randomUUID } from 'node:crypto';
import { utf8Bytes } from './utf8.ts';

/** What differs between two answers that say the same: `length` is that of the body, in bytes. */
const VARIABLES = ['host', 'client', 'code', 'isoTime', 'readableTime', 'length'] as const;
export type Variable = (typeof VARIABLES)[number];

/** Of these some stand in a link too, percent-encoded. */
const IN_LINKS = ['host', 'code'] as const;
type InLink = (typeof IN_LINKS)[number];

/** Each value as the format writes it, and as a link does; in bytes (`utf8Bytes`). */
export type Values = {
  readonly inText: Readonly<Record<Variable, string>>;
  readonly inLinks: Readonly<Record<InLink, string>>;
};

/** A text in bytes with places for values in it: one literal more than there are places. */
export type Template = { readonly literals: readonly string[]; readonly places: readonly Place[] };
type Place =
  | { readonly in: 'text'; readonly variable: Variable }
  | { readonly in: 'link'; readonly variable: InLink };

/** Drawn when the program starts, so that nothing a policy says can be taken for a mark. */
const SECRET = randomUUID();

/** What stands for each value while a template is made. No format escapes anything of it, and a link the braces alone. */
export const MARKS = Object.fromEntries(
  VARIABLES.map((variable) => [variable, `{${variable}.${SECRET}}`]),
) as Readonly<Record<Variable, string>>;

const MARK_IN_TEXT = `\\{(${VARIABLES.join('|')})\\.${SECRET}\\}`;
const MARK_IN_LINK = `%7B(${IN_LINKS.join('|')})\\.${SECRET}%7D`;
const MARK = new RegExp(`${MARK_IN_TEXT}|${MARK_IN_LINK}`);

/** Makes a template of what was rendered from marks. */
export function templateOf(marked: string): Template {
  const literals: string[] = [];
  const places: Place[] = [];
  // Between two literals stand the two groups of the mark, one of them undefined.
  const pieces: readonly (string | undefined)[] = marked.split(MARK);
  for (let index = 0; index < pieces.length; index += 3) {
    literals.push(utf8Bytes(pieces[index] ?? ''));
    const inText = pieces[index + 1] as Variable | undefined;
    const inLink = pieces[index + 2] as InLink | undefined;
    if (inText !== undefined) places.push({ in: 'text', variable: inText });
    if (inLink !== undefined) places.push({ in: 'link', variable: inLink });
  }
  return { literals, places };
}

export function fill({ literals, places }: Template, { inText, inLinks }: Values): string {
  let filled = literals[0] ?? '';
  for (let index = 0; index < places.length; index++) {
    const place = places[index] as Place;
    filled += place.in === 'text' ? inText[place.variable] : inLinks[place.variable];
    filled += literals[index + 1] ?? '';
  }
  return filled;
}
