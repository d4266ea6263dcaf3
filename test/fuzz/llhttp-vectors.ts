import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A message as a parser understood it; names and values as they stood, all in latin1. */
export type Message = {
  readonly start: readonly string[];
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly hasHead: boolean;
  readonly isComplete: boolean;
};

/** A test case of llhttp: bytes (latin1), and what its strict parser makes of them. */
export type Vector = {
  /** `request/uri: Quotes in URI`. */
  readonly name: string;
  readonly bytes: string;
  readonly messages: readonly Message[];
  /** Why the parser gave up, in its words; undefined when all is well. */
  readonly error: string | undefined;
};

const CASE =
  /<!-- meta=(?<meta>\{[^>]*\}) -->\n```http\n(?<http>(?:(?!```).)*?)\n```\n(?:(?!<!-- |```).)*```log\n(?<log>.*?)\n```/gs;
const TITLE = /^#+ (.+)$/gm;

/** The cases of a folder of Markdown that are about strict parsing; those of lenient modes say nothing about us. */
export function vectorsIn(folder: string, kind: 'request' | 'response'): Vector[] {
  return readdirSync(join(folder, kind))
    .sort()
    .flatMap((file) =>
      casesOf(readFileSync(join(folder, kind, file), 'utf8'), `${kind}/${file.replace('.md', '')}`, kind),
    );
}

function casesOf(text: string, from: string, kind: string): Vector[] {
  const vectors: Vector[] = [];
  for (const match of text.matchAll(CASE)) {
    const { meta = '', http = '', log = '' } = match.groups ?? {};
    const { type, skipBody } = JSON.parse(meta) as { type: string; skipBody?: boolean };
    if (type !== kind || skipBody === true) continue; // a HEAD's answer, which only its request tells
    const title = [...text.slice(0, match.index).matchAll(TITLE)].at(-1)?.[1] ?? '';
    const bytes = Buffer.from(unescaped(http)).toString('latin1'); // offsets in the log count the bytes of UTF-8
    vectors.push({ name: `${from}: ${title}`, bytes, ...understood(bytes, log) });
  }
  return vectors;
}

/** Line ends are CRLF; a backslash at a line's end joins it to the next, others begin an escape. */
const unescaped = (text: string): string =>
  text
    .replace(/\\\n/g, '')
    .replace(/\n/g, '\r\n')
    .replace(/\\r/g, '\r')
    .replace(/\\n/g, '\n')
    .replace(/\\t/g, '\t')
    .replace(/\\f/g, '\f')
    .replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Reads the log: `off=4 len=33 span[url]="…"`, `off=41 message complete`, `off=26 error code=8 reason="…"`. */
function understood(bytes: string, log: string): Pick<Vector, 'messages' | 'error'> {
  const messages: Draft[] = [];
  let error: string | undefined;
  let open: Span | undefined;
  for (const line of log.split('\n')) {
    if (line.endsWith(' message begin'))
      messages.push({ start: [], fields: [], body: '', hasHead: false, isComplete: false });
    const current = messages.at(-1);
    const span = /^off=(\d+) len=(\d+) span\[(\w+)\]/.exec(line);
    if (span !== null) {
      const [, offset, length, name = ''] = span;
      const text = bytes.slice(Number(offset), Number(offset) + Number(length));
      if (name === 'body' && current !== undefined) current.body += text;
      else open = open?.name === name ? { name, text: open.text + text } : { name, text };
    } else if (current !== undefined && open !== undefined && line.endsWith(`${open.name} complete`)) {
      note(current, open);
      open = undefined;
    }
    const head = /headers complete (?:status=(\d+))?/.exec(line);
    if (head !== null && current !== undefined) {
      current.hasHead = true;
      if (head[1] !== undefined) current.start.push(head[1]);
    }
    if (line.endsWith(' message complete') && current !== undefined) current.isComplete = true;
    const reason = /error code=(\d+) reason="(.*)"$/.exec(line);
    // 21 to 23 are pauses: where a message leaves HTTP/1.1 for a tunnel.
    if (reason !== null && !['21', '22', '23'].includes(reason[1] ?? '')) error = reason[2];
  }
  return { messages, error };
}

type Span = { readonly name: string; readonly text: string };
type Draft = {
  start: string[];
  fields: [string, string][];
  body: string;
  hasHead: boolean;
  isComplete: boolean;
};

/** What was read to its end: an element of the first line, or of a field; trailers are left out. */
function note(message: Draft, { name, text }: Span): void {
  if (message.hasHead) return;
  const last = message.fields.at(-1);
  if (name === 'header_field') message.fields.push([text, '']);
  else if (name === 'header_value' && last !== undefined) last[1] = text;
  else message.start.push(text);
}

/** A request for an origin, as its client would ask a proxy for it, with a Host that is one; all other bytes stay. */
export function toProxy(bytes: string, origin: { readonly port: number }): string {
  return bytes.replace(
    /^([A-Z-]+) (?:http:\/\/[^/? ]*)?(\/?[^ \r\n]*) ((?:HTTP|ICE|RTSP)\/1\.[01]\r\n)((?:[^\r\n]+\r\n)*)/gm,
    (all: string, method: string, path: string, version: string, fields: string) => {
      if (method === 'CONNECT') return all;
      const others = fields.replace(/^host *:.*\r\n/gim, '');
      return `${method} http://allowed.test:${origin.port}${path === '*' ? '' : path} ${version}Host: allowed.test\r\n${others}`;
    },
  );
}
