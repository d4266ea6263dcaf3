const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

/** What a field's value, or a reason phrase, consists of: no control characters but the tab (RFC 9110 section 5.5). */
export const FIELD_CONTENT = '[\\t\\x20-\\x7e\\x80-\\xff]*';

/**
 * The fields of a message to the empty line behind them, as the source of an expression. Each line of it is one field: a
 * line may be folded in no message of today, and no white space stands before a colon (RFC 9112 sections 5.1 and 5.2).
 */
export const FIELD_LINES = `(?:${TOKEN}:${FIELD_CONTENT}\\r\\n)*\\r\\n`;

const TRAILER_SECTION = new RegExp(`^${FIELD_LINES}$`);

/** The fields behind a chunked body, with the empty line that ends them (RFC 9112 section 7.1.2). */
export const parseTrailers = (text: string): readonly string[] | undefined =>
  TRAILER_SECTION.test(text) ? fieldsOf(text, 0) : undefined;

/** Names and values by turns, of lines that keep the grammar, from where the first of them begins. */
export function fieldsOf(text: string, from: number): string[] {
  const fields: string[] = [];
  const last = text.length - 2; // where the empty line is
  for (let start = from; start < last; ) {
    const colon = text.indexOf(':', start);
    const end = text.indexOf('\r\n', colon);
    fields.push(text.slice(start, colon), withoutOws(text, colon + 1, end));
    start = end + 2;
  }
  return fields;
}

/** `String.trim` would take more than optional whitespace is (RFC 9110 section 5.6.3): a value may end in byte A0. */
function withoutOws(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isOws(text.charCodeAt(start))) start++;
  while (start < end && isOws(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

const isOws = (code: number): boolean => code === 0x20 || code === 0x09;
