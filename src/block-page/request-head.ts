import type { Duplex } from 'node:stream';
import { addMember, WISH_FIELDS, type Wishes, type WishField } from './wishes.ts';

/** What a page needs to know of the request that it answers. */
export type RequestHead = Wishes & {
  readonly method: string;
  readonly requestTarget: string;
  readonly host: string | undefined;
  readonly 'sec-fetch-site': string | undefined;
  /** Whether a body comes behind it. */
  readonly hasBody: boolean;
};

/** As much as Node's own server takes. */
const MAX_HEAD_BYTES = 16_384;

// RFC 9112 section 2.2: a lone LF may end a line, and empty lines before the request are passed over.
const END_OF_HEAD = /\n\r?\n/g;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]+) (\S+) HTTP\/1\.[01]\r?(?:\n|$)/;
const WISH = new RegExp(`^(${WISH_FIELDS.join('|')}):(.*)`, 'gim');
const HOST = /^host:(.*)/gim;
const SEC_FETCH_SITE = /^sec-fetch-site:(.*)/gim;
const FRAMING = /^(?:content-length:[ \t]*0*[1-9]|transfer-encoding:)/im;

/**
 * Reads the first request of a connection and calls back once: with its head, or with undefined when it has none.
 * Nothing is decided on it and nothing is passed on: whoever asks gets the page for the one host of the connection, and
 * nothing more. So it is not held against HTTP's rules, and what follows the head is dropped.
 */
export function readRequestHead(stream: Duplex, onHead: (head: RequestHead | undefined) => void): void {
  let text = '';
  const finish = (head: RequestHead | undefined): void => {
    stream.off('data', onData);
    stream.off('end', onEnd);
    stream.resume();
    onHead(head);
  };
  const onData = (chunk: Buffer): void => {
    const searched = text.length;
    text += chunk.toString('latin1');
    if (searched === 0) text = text.replace(/^[\r\n]+/, '');
    END_OF_HEAD.lastIndex = Math.max(0, searched - 2); // its first bytes may have come before
    const end = END_OF_HEAD.exec(text)?.index;
    if (end !== undefined) finish(parseHead(text.slice(0, end)));
    else if (text.length > MAX_HEAD_BYTES) finish(undefined);
  };
  const onEnd = (): void => finish(undefined);
  stream.on('data', onData);
  stream.once('end', onEnd);
}

function parseHead(text: string): RequestHead | undefined {
  const [, method, requestTarget] = REQUEST_LINE.exec(text) ?? [];
  if (method === undefined || requestTarget === undefined) return undefined;
  const wishes: { [field in WishField]?: string } = {};
  for (const [, field = '', value = ''] of text.matchAll(WISH))
    addMember(wishes, field.toLowerCase() as WishField, value.trim());
  return {
    ...wishes,
    method,
    requestTarget,
    host: membersOf(HOST, text),
    'sec-fetch-site': membersOf(SEC_FETCH_SITE, text),
    hasBody: FRAMING.test(text),
  };
}

/** All values of a field; undefined where it is not there. */
function membersOf(field: RegExp, text: string): string | undefined {
  const values = [...text.matchAll(field)].map(([, value = '']) => value.trim());
  return values.length === 0 ? undefined : values.join(', ');
}
