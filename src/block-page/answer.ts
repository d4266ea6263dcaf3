import { STATUS_CODES } from 'node:http';
import type { BlockReason } from '../policy/decide.ts';
import { createMemory } from '../policy/memory.ts';
import { contentOf, timeOf } from './content.ts';
import { leaveToRead, leaveToSend, mayBeRead } from './cors.ts';
import { FORMATS, isRaster } from './format.ts';
import { escapeHtml } from './html.ts';
import { percentEncode } from './links.ts';
import { look } from './look.ts';
import type { Negotiated } from './negotiate.ts';
import type { Notice } from './notice.ts';
import { alwaysSaid, bytesOf, renderNotice, responseOf } from './response.ts';
import { fill, MARKS, type Template, templateOf, type Values } from './template.ts';
import { visibleText } from './text.ts';
import { utf8Bytes } from './utf8.ts';

/** An answer as it is sent: names and values of its header by turns, and the bytes of its body (`utf8Bytes`). */
export type Answer = { readonly status: number; readonly headers: string[]; readonly body: string };

/** An answer without what differs from one request to the next. */
type Prepared = {
  readonly status: number;
  /** Names and values by turns, as far as they are always the same … */
  readonly headers: readonly string[];
  /** … and the values that are not, by their places there. */
  readonly changing: readonly (readonly [index: number, value: Template])[];
  readonly body: Template;
};

/** About 8 kB each. */
const MAX_PREPARED = 512;
const prepared = createMemory<Prepared>(MAX_PREPARED);

/** The answer to a request, with the leave for a website's script to read it where it may. */
export function answerTo(notice: Notice, negotiated: Negotiated): Answer {
  const { asker } = negotiated;
  if (asker === undefined || !mayBeRead(notice, negotiated.format)) return tell(notice, negotiated);
  if (asker.preflight !== undefined) {
    const leave = leaveToSend(asker.origin, asker.preflight);
    return { status: 204, headers: [...alwaysSaid(notice).flat(), ...leave], body: '' };
  }
  const answer = tell(notice, negotiated);
  answer.headers.push(...leaveToRead(asker));
  return answer;
}

/**
 * What `renderNotice` gives, byte for byte. Nearly all of a page is the same for everybody whom one rule stops, so that
 * is rendered once, and only the rest for each request.
 */
function tell(notice: Notice, negotiated: Negotiated): Answer {
  const key = keyOf(notice, negotiated);
  if (key === undefined) return renderAnew(notice, negotiated);
  const known = prepared(key, () => prepare(notice, negotiated));
  return filled(known, notice, negotiated);
}

function renderAnew(notice: Notice, negotiated: Negotiated): Answer {
  const { status, headers, body } = renderNotice(notice, negotiated);
  return { status, headers: headers.flat(), body: bytesOf(body, negotiated.format) };
}

/** The head of the last response on a connection. */
export function headOf({ status, headers }: Answer): string {
  // A server with a clock dates its answers (RFC 9110 section 6.6.1).
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\nDate: ${new Date().toUTCString()}\r\n`;
  for (let index = 0; index < headers.length; index += 2)
    head += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return `${head}Connection: close\r\n\r\n`;
}

function prepare(notice: Notice, negotiated: Negotiated): Prepared {
  const host = notice.host === undefined ? undefined : MARKS.host;
  const marked = { ...notice, host, client: MARKS.client, code: MARKS.code };
  const time = { iso: MARKS.isoTime, readable: MARKS.readableTime };
  const content = { ...contentOf(marked, negotiated.language), time };
  const { status, headers: fields, body } = responseOf(marked, content, negotiated, () => MARKS.length);
  const headers = fields.flat();
  const templates = headers.map((text, index) => [index, templateOf(text)] as const);
  const changing = templates.filter(([, { places }]) => places.length > 0);
  return { status, headers, changing, body: templateOf(body) };
}

function filled(known: Prepared, notice: Notice, negotiated: Negotiated): Answer {
  const values = valuesOf(notice, negotiated);
  const body = fill(known.body, values);
  const inHead = { ...values, inText: { ...values.inText, length: `${body.length}` } };
  const headers = [...known.headers];
  for (const [index, value] of known.changing) headers[index] = fill(value, inHead);
  return { status: known.status, headers, body };
}

function valuesOf(notice: Notice, { format, language }: Negotiated): Values {
  const escaped = ESCAPES[FORMATS[format].escaping];
  const host = visibleText(notice.host ?? '');
  const { iso, readable } = timeOf(notice.time, language);
  return {
    inText: {
      host: utf8Bytes(escaped(host)),
      client: utf8Bytes(escaped(visibleText(notice.client))),
      code: notice.code,
      isoTime: iso,
      readableTime: utf8Bytes(readable),
      length: '',
    },
    inLinks: { host: percentEncode(host), code: percentEncode(notice.code) },
  };
}

const escapeJson = (text: string): string => JSON.stringify(text).slice(1, -1);
const ESCAPES = { html: escapeHtml, json: escapeJson, nothing: (text: string): string => text } as const;

/** Equal for notices whose answers differ in nothing but values; undefined where that cannot be said. */
function keyOf({ department, host, subject }: Notice, { format, language }: Negotiated): string | undefined {
  // Where lines of text are folded depends on the values, and what is no text is not put together.
  if (format === 'text' || isRaster(format)) return undefined;
  const about = subjectKey(subject);
  if (about === undefined) return undefined;
  const named = host === undefined ? 'unnamed' : 'named';
  return `${numberOf(look())} ${format} ${language} ${named} ${numberOf(department)} ${about}`;
}

function subjectKey(subject: Notice['subject']): string | undefined {
  switch (subject.kind) {
    case 'blocked':
      return blockKey(subject.reason);
    case 'failed':
    case 'limited':
      return JSON.stringify(subject); // all there is of it, and all from short lists
    case 'refused':
      return undefined; // it quotes the request
  }
}

function blockKey(reason: BlockReason): string | undefined {
  switch (reason.code) {
    case 'rule':
      return `rule ${numberOf(reason.rule)}`;
    case 'default':
    case 'department-unknown':
    case 'proxy-loop':
    case 'own-site':
    case 'address-literal':
    case 'not-tls':
    case 'client-hello-unreadable':
    case 'sni-missing':
    case 'sni-mismatch':
    case 'ech-forbidden':
      return reason.code;
    case 'port-forbidden':
    case 'address-forbidden':
      return undefined; // it names the port or the range
  }
}

/**
 * Tells the departments and rules of one set of policies from those of the next, which may have the same ids, and one
 * look from the next. What is prepared holds the number and not the object, so that it keeps no set alive.
 */
function numberOf(part: object | undefined): number {
  if (part === undefined) return 0;
  const known = numbers.get(part);
  if (known !== undefined) return known;
  numbers.set(part, ++lastNumber);
  return lastNumber;
}

const numbers = new WeakMap<object, number>();
let lastNumber = 0;
