import { METHODS } from 'node:http';
import { bad, type Refusal } from '../refusal.ts';
import { FIELD_LINES, fieldsOf } from './field-lines.ts';

/** The head of a request, as it came. */
export type RequestHead = {
  readonly method: string;
  /** RFC 9112 section 3.2. */
  readonly requestTarget: string;
  readonly httpVersion: string;
  /** Name, value, name, value, … */
  readonly rawHeaders: readonly string[];
};

const METHOD = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const TARGET = '[\\x21-\\x7e]+';
const REQUEST_LINE = new RegExp(`^(${METHOD}) (${TARGET}) HTTP/(\\d\\.\\d)\\r\\n`);
const REST = new RegExp(FIELD_LINES, 'y');

/** Those that anybody has registered. What is done with one is the origin's affair; another is more likely noise. */
const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);

/**
 * A head with the empty line that ends it, as Latin-1 (RFC 9112 sections 3 and 5), or why it is none. Whatever the
 * grammar does not say to the letter is refused: what two readers could read in two ways is how requests get smuggled
 * (section 11.2).
 */
export function parseRequestHead(text: string): RequestHead | Refusal {
  const [line, method, requestTarget, httpVersion] = REQUEST_LINE.exec(text) ?? [];
  if (line === undefined || method === undefined || requestTarget === undefined || httpVersion === undefined)
    return bad('the request line is not valid HTTP/1.1');
  // The preface of HTTP/2 looks like a method of its own: what it lacks is the version (`findViolation`).
  if (!KNOWN_METHODS.has(method) && httpVersion.startsWith('1.'))
    return { status: 501, problem: 'the method is not known here' };
  REST.lastIndex = line.length;
  if (!REST.test(text) || REST.lastIndex !== text.length)
    return bad('the header section is not valid HTTP/1.1');
  return { method, requestTarget, httpVersion, rawHeaders: fieldsOf(text, line.length) };
}

const BEGINNING = new RegExp(`^${METHOD}(?: |$)`);
const MAX_METHOD_CHARACTERS = 32;

/** Whether a request may begin so: who speaks another protocol is told before it has sent a whole head. */
export const mayBeginRequest = (text: string): boolean =>
  BEGINNING.test(text.slice(0, MAX_METHOD_CHARACTERS));

/** The method and the target of a head that was refused, if they can be told from noise. */
export function requestLineOf(text: string): Pick<RequestHead, 'method' | 'requestTarget'> | undefined {
  const [method, requestTarget] = text.slice(0, MAX_SHOWN_CHARACTERS).split('\r\n', 1)[0]?.split(' ') ?? [];
  return method !== undefined && /^[A-Z_-]{1,20}$/.test(method) && requestTarget !== undefined
    ? { method, requestTarget }
    : undefined;
}

/** The most of a target that is looked at for the log: it is as long as its sender likes. */
export const MAX_SHOWN_CHARACTERS = 2_048;
