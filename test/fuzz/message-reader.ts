import type { Message } from './llhttp-vectors.ts';

/**
 * Reads well-formed messages out of what an origin or a client received, in latin1: heads of CRLF lines, bodies by
 * length, by chunks without extensions, or to the end. Simple on purpose: what it cannot read, Postern must not send.
 */
export function readMessages(text: string, kind: 'request' | 'response'): Message[] {
  const messages: Message[] = [];
  let rest = text;
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n');
    if (end === -1)
      return [...messages, { start: [rest], fields: [], body: '', hasHead: false, isComplete: false }];
    const [line = '', ...lines] = rest.slice(0, end).split('\r\n');
    const fields = lines.map((field): [string, string] => {
      const colon = field.indexOf(':');
      if (colon < 1) throw new Error(`no field: ${JSON.stringify(field)}`);
      return [field.slice(0, colon), field.slice(colon + 1).trim()];
    });
    const body = bodyOf(rest.slice(end + 4), fields, kind, line);
    messages.push({
      start: line.split(' '),
      fields,
      body: body.content,
      hasHead: true,
      isComplete: body.isComplete,
    });
    rest = body.rest;
  }
  return messages;
}

type Body = { readonly content: string; readonly rest: string; readonly isComplete: boolean };

function bodyOf(text: string, fields: Message['fields'], kind: 'request' | 'response', line: string): Body {
  const value = (name: string): string | undefined =>
    fields.find(([field]) => field.toLowerCase() === name)?.[1];
  if (kind === 'response' && /^\S+ (1\d\d|204|304) /.test(line))
    return { content: '', rest: text, isComplete: true };
  if (value('transfer-encoding')?.toLowerCase() === 'chunked') return chunked(text);
  const length = Number(value('content-length') ?? (kind === 'request' ? 0 : Number.NaN));
  if (Number.isNaN(length)) return { content: text, rest: '', isComplete: true };
  return { content: text.slice(0, length), rest: text.slice(length), isComplete: text.length >= length };
}

function chunked(text: string): Body {
  let content = '';
  let rest = text;
  for (;;) {
    const size = /^([0-9a-fA-F]+)\r\n/.exec(rest)?.[1];
    if (size === undefined) return { content, rest: '', isComplete: false };
    const length = Number.parseInt(size, 16);
    rest = rest.slice(size.length + 2);
    if (length === 0) {
      const trailers = /^(?:[^\r\n]+\r\n)*\r\n/.exec(rest)?.[0];
      return {
        content,
        rest: rest.slice(trailers?.length ?? rest.length),
        isComplete: trailers !== undefined,
      };
    }
    if (rest.length < length + 2)
      return { content: content + rest.slice(0, length), rest: '', isComplete: false };
    content += rest.slice(0, length);
    rest = rest.slice(length + 2);
  }
}
