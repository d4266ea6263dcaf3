import { FIELD_CONTENT, FIELD_LINES, fieldsOf } from './field-lines.ts';

/** The head of a response, final or interim, as it came. */
export type ResponseHead = {
  readonly httpVersion: string;
  readonly statusCode: number;
  readonly reasonPhrase: string;
  /** Name, value, name, value, … */
  readonly rawHeaders: readonly string[];
};

const STATUS_LINE = `HTTP/(\\d\\.\\d) (\\d{3})(?: (${FIELD_CONTENT}))?\\r\\n`;
const RESPONSE_HEAD = new RegExp(`^${STATUS_LINE}${FIELD_LINES}$`);

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
