/** The head of a response, final or interim, as it came. */
export type ResponseHead = {
  readonly httpVersion: string;
  readonly statusCode: number;
  readonly reasonPhrase: string;
  /** Name, value, name, value, … */
  readonly rawHeaders: readonly string[];
};

const FIELD_CONTENT = '[\\t\\x20-\\x7e\\x80-\\xff]*';
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

/** Each line of it is one or the other; a line may be folded in no message of today (RFC 9112 section 5.2). */
const STATUS_LINE = `HTTP/(\\d\\.\\d) (\\d{3})(?: (${FIELD_CONTENT}))?\\r\\n`;
const FIELD_LINES = `(?:${TOKEN}:${FIELD_CONTENT}\\r\\n)*\\r\\n`;
const RESPONSE_HEAD = new RegExp(`^${STATUS_LINE}${FIELD_LINES}$`);
const TRAILER_SECTION = new RegExp(`^${FIELD_LINES}$`);

/**
 * A head with the empty line that ends it, as Latin-1 (RFC 9112 sections 4 and 5). Undefined when it is not what the
 * grammar says to the letter: what two readers could read in two ways is how responses get split (section 11.1).
 */
export function parseResponseHead(text: string): ResponseHead | undefined {
  const [, httpVersion, status, reasonPhrase = ''] = RESPONSE_HEAD.exec(text) ?? [];
  if (httpVersion === undefined) return undefined;
  const rawHeaders = fieldsOf(text, text.indexOf('\r\n') + 2);
  return { httpVersion, statusCode: Number(status), reasonPhrase, rawHeaders };
}

/** The fields behind a chunked body, with the empty line that ends them (RFC 9112 section 7.1.2). */
export const parseTrailers = (text: string): readonly string[] | undefined =>
  TRAILER_SECTION.test(text) ? fieldsOf(text, 0) : undefined;

/** Of lines that keep the grammar. */
function fieldsOf(text: string, from: number): string[] {
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
