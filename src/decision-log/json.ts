/**
 * One member of a JSON object, with the comma before it: `,"port":443`. Nothing for what is undefined. Names come from
 * the code, never from outside, and are not escaped.
 */
export function member(name: string, value: string | number | null | undefined): string {
  switch (typeof value) {
    case 'undefined':
      return '';
    case 'string':
      return `,"${name}":${quoted(value)}`;
    case 'number':
      return `,"${name}":${Number.isFinite(value) ? value : null}`; // JSON has no other numbers
    case 'object':
      return `,"${name}":null`;
  }
}

/** All members of an object that holds no others in it, in their order, each with the comma before it. */
export function members(fields: Readonly<Record<string, string | number | null | undefined>>): string {
  let text = '';
  for (const name in fields) text += member(name, fields[name]);
  return text;
}

/** Nearly every text has none of these, and is written between its quotes as it is. */
const NEEDS_ESCAPES = /["\\]|[^ -~]/;

const quoted = (text: string): string =>
  NEEDS_ESCAPES.test(text) ? escapeInvisible(JSON.stringify(text)) : `"${text}"`;

/**
 * JSON leaves DEL, C1 controls and the marks that reorder text (Unicode Bidirectional Algorithm) as they are; in a
 * terminal or an editor they would let a host name rewrite the line that reports it. Half a surrogate pair (`Cs`)
 * would be lost in UTF-8.
 */
const INVISIBLE =
  /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Cs}]/gu;

const escapeInvisible = (json: string): string =>
  json.replace(INVISIBLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
