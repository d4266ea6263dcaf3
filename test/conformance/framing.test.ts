import { expect, test, vi } from 'vitest';
import { connectRaw, exchangeRaw } from '../support/client.ts';
import { startProxy } from '../support/proxy.ts';
import { startRecordingOrigin } from '../support/recording-origin.ts';
import { ask, head, statusesOf } from './support.ts';

// RFC 9112 sections 6 and 7: where a request's body ends, and that nobody behind us can think otherwise.

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
const HEX = HIDDEN.length.toString(16);

const AMBIGUOUS: readonly (readonly [what: string, status: number, fields: string, body: string])[] = [
  ['CL.TE', 400, 'Content-Length: 6\r\nTransfer-Encoding: chunked', `0\r\n\r\n${HIDDEN}`],
  ['TE.CL', 400, 'Transfer-Encoding: chunked\r\nContent-Length: 4', `${HEX}\r\n${HIDDEN}\r\n0\r\n\r\n`],
  ['CL.TE in other cases', 400, 'content-LENGTH: 6\r\ntransfer-ENCODING: Chunked', `0\r\n\r\n${HIDDEN}`],
  ['two lengths', 400, `Content-Length: 0\r\nContent-Length: ${HIDDEN.length}`, HIDDEN],
  ['two equal lengths', 400, 'Content-Length: 0\r\nContent-Length: 0', HIDDEN],
  ['a list of equal lengths', 400, 'Content-Length: 0, 0', HIDDEN],
  ['a list of lengths', 400, `Content-Length: 0, ${HIDDEN.length}`, HIDDEN],
  ['a signed length', 400, 'Content-Length: +0', HIDDEN],
  ['a negative length', 400, 'Content-Length: -1', HIDDEN],
  ['a hexadecimal length', 400, 'Content-Length: 0x10', HIDDEN],
  ['an empty length', 400, 'Content-Length:', HIDDEN],
  ['a length with a space in it', 400, 'Content-Length: 1 0', HIDDEN],
  ['a length beyond all counting', 400, 'Content-Length: 18446744073709551616', HIDDEN],
  ['TE.TE', 400, 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', `0\r\n\r\n${HIDDEN}`],
  ['chunked twice', 400, 'Transfer-Encoding: chunked, chunked', `0\r\n\r\n${HIDDEN}`],
  [
    'chunked twice in two fields',
    400,
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
    `0\r\n\r\n${HIDDEN}`,
  ],
  ['chunked before another coding', 400, 'Transfer-Encoding: chunked, gzip', `0\r\n\r\n${HIDDEN}`],
  ['a coding that is not chunked', 400, 'Transfer-Encoding: gzip', HIDDEN],
  ['identity', 400, 'Transfer-Encoding: identity', HIDDEN],
  ['something like chunked', 400, 'Transfer-Encoding: xchunked', HIDDEN],
  ['chunked with a parameter', 400, 'Transfer-Encoding: chunked;q=1', `0\r\n\r\n${HIDDEN}`],
  ['chunked in quotes', 400, 'Transfer-Encoding: "chunked"', `0\r\n\r\n${HIDDEN}`],
  ['an empty element', 400, 'Transfer-Encoding: ,chunked', `0\r\n\r\n${HIDDEN}`],
  ['an empty coding', 400, 'Transfer-Encoding:', HIDDEN],
  ['a vertical tab', 400, 'Transfer-Encoding: \x0bchunked', `0\r\n\r\n${HIDDEN}`],
  ['a field name with a space', 400, 'Transfer-Encoding : chunked', `0\r\n\r\n${HIDDEN}`],
  ['a folded coding', 400, 'Transfer-Encoding:\r\n chunked', `0\r\n\r\n${HIDDEN}`],
  ['a coding that would have to be undone', 501, 'Transfer-Encoding: gzip, chunked', `0\r\n\r\n${HIDDEN}`],
];

// Covers: EV-10; RFC 9112 section 6.1 unknown-coding; RFC 9112 section 6.3 no-final-chunked; RFC 9112 section 6.3 both; RFC 9112 section 6.3 invalid-length; RFC 9112 section 7.1 parameters; RFC 9112 section 11.2; RFC 9110 section 8.6 list
test.for(AMBIGUOUS)(
  '%s is refused with %i and the connection closed, and its origin hears nothing',
  async ([, status, fields, body]) => {
    const origin = await startRecordingOrigin();
    const proxy = await startProxy();
    const received = await exchangeRaw(proxy.port, head(origin, { method: 'POST' }, fields) + body);
    expect(statusesOf(received)).toEqual([status]);
    expect(received).toMatch(/\r\nConnection: close\r\n/i);
    expect(origin.accepted()).toBe(0);
    expect(proxy.lines()).toMatchObject([{ reason: 'malformed', status }]);
  },
);

// Covers: EV-10; RFC 9112 section 6.1 http-1.0
test('a transfer coding in HTTP/1.0 is refused, and the connection closed', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const request = head(origin, { method: 'POST', version: 'HTTP/1.0' }, 'Transfer-Encoding: chunked');
  expect(statusesOf(await exchangeRaw(proxy.port, `${request}0\r\n\r\n${HIDDEN}`))).toEqual([400]);
  expect(origin.accepted()).toBe(0);
});

const BROKEN_CHUNKS: readonly (readonly [what: string, body: string])[] = [
  ['a size that is no number', 'xyz\r\nabc\r\n0\r\n\r\n'],
  ['a size with a prefix', '0x3\r\nabc\r\n0\r\n\r\n'],
  ['a signed size', '+3\r\nabc\r\n0\r\n\r\n'],
  ['a negative size', '-3\r\nabc\r\n0\r\n\r\n'],
  ['an empty size', '\r\nabc\r\n0\r\n\r\n'],
  ['a size beyond 64 bits', 'fffffffffffffffff\r\nabc\r\n0\r\n\r\n'],
  ['a size that wraps round to 3', '10000000000000003\r\nabc\r\n0\r\n\r\n'],
  ['a bare LF after the size', '3\nabc\r\n0\r\n\r\n'],
  ['a bare CR after the size', '3\rabc\r\n0\r\n\r\n'],
  ['a bare CR in an extension', '3;a\rb\r\nabc\r\n0\r\n\r\n'],
  ['a bare LF in an extension', `3;a\nabc\r\n0\r\n\r\n`],
  ['data longer than its size', '2\r\nabc\r\n0\r\n\r\n'],
  ['data without a line end', '3\r\nabcX0\r\n\r\n'],
  ['a space before the size', ' 3\r\nabc\r\n0\r\n\r\n'],
];

// Covers: EV-10; RFC 9112 section 7.1 overflow; RFC 9112 section 7.1 decode; RFC 9112 section 2.2 bare-cr
test.for(BROKEN_CHUNKS)(
  'chunks with %s end the request: its origin never sees it whole',
  async ([, body]) => {
    const origin = await startRecordingOrigin();
    const proxy = await startProxy();
    const client = connectRaw(proxy.port);
    client.socket.write(head(origin, { method: 'POST' }, 'Transfer-Encoding: chunked') + body + HIDDEN);
    await client.closed();
    await proxy.linesOf('decision', 1);
    const sent = origin.received();
    expect(sent).not.toContain('hidden');
    expect(sent).not.toMatch(/\r\n0\r\n\r\n$/);
    expect((await proxy.linesOf('outcome', 1)).length).toBe(1);
  },
);

// Covers: RFC 9112 section 7.1.1 ignore; RFC 9112 section 7.1 decode; RFC 9112 section 6.1 forward
test('chunks are decoded and framed anew: extensions end here, and the body is the same', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const request = head(origin, { method: 'POST' }, 'Transfer-Encoding: Chunked');
  await ask(proxy.port, `${request}3;name="a;b"\r\nabc\r\n000a\r\n0123456789\r\n0;last\r\n\r\n`);
  const [, body = ''] = origin.received().split('\r\n\r\n', 2);
  expect(origin.received()).toMatch(/\r\nTransfer-Encoding: chunked\r\n/);
  expect(origin.received()).not.toMatch(/content-length|name=|last/i);
  expect(unchunk(`${body}\r\n\r\n`)).toBe('abc0123456789');
});

// Covers: RFC 9112 section 7.1.1 limit
test('chunk extensions without end are refused', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const request = head(origin, { method: 'POST' }, 'Transfer-Encoding: chunked');
  const client = connectRaw(proxy.port);
  client.socket.write(`${request}3;${'a'.repeat(40_000)}\r\nabc\r\n0\r\n\r\n`);
  await client.closed();
  expect(origin.received()).not.toContain('abc');
});

// Covers: RFC 9112 section 6.3 body-length; RFC 9112 section 6.3 sender-length
test('a body with a length goes on with that length, byte for byte', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  await ask(proxy.port, `${head(origin, { method: 'PUT' }, 'Content-Length: 00005')}a\0\r\n\xff`);
  expect(origin.received()).toMatch(/\r\nContent-Length: 0*5\r\n/);
  expect(origin.received().endsWith('\r\n\r\na\0\r\n\xff')).toBe(true);
});

// Covers: EV-10; RFC 9112 section 6.3 none
test.for(['GET', 'DELETE', 'POST', 'OPTIONS'])(
  'a %s without either has no body, and what follows is the next request',
  async (method) => {
    const origin = await startRecordingOrigin();
    const proxy = await startProxy();
    const last = head(origin, { path: '/next' }, 'Connection: close');
    const received = await exchangeRaw(proxy.port, head(origin, { method, path: '/first' }) + last);
    expect(statusesOf(received)).toEqual([200, 200]);
    expect(origin.requestLines()).toEqual([`${method} /first HTTP/1.1`, 'GET /next HTTP/1.1']);
    expect((await proxy.linesOf('decision', 2)).map(({ path }) => path)).toEqual(['/first', '/next']);
  },
);

// Covers: RFC 9112 section 6.3 incomplete; RFC 9112 section 8 request
test.for([
  ['a length', 'Content-Length: 10', 'abc'],
  ['chunks', 'Transfer-Encoding: chunked', '3\r\nabc\r\n'],
])('a body with %s that breaks off is never made whole', async ([, fields, body]) => {
  const origin = await startRecordingOrigin('');
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(head(origin, { method: 'POST' }, String(fields)) + body);
  await vi.waitFor(() => expect(origin.received()).toContain('abc'));
  client.socket.end();
  await client.closed();
  await vi.waitFor(() => expect(origin.open()).toBe(0));
  expect(origin.received()).not.toMatch(/0\r\n\r\n$/);
  expect(await proxy.linesOf('outcome', 1)).toHaveLength(1);
});

/** The content of chunks without extensions. */
function unchunk(text: string): string {
  let rest = text;
  let content = '';
  for (;;) {
    const size = Number.parseInt(rest, 16);
    const start = rest.indexOf('\r\n') + 2;
    if (!(size > 0)) return content;
    content += rest.slice(start, start + size);
    rest = rest.slice(start + size + 2);
  }
}
