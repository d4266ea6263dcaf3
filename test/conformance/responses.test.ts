import { expect, test, vi } from 'vitest';
import { connectRaw } from '../support/client.ts';
import { startRawOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';
import { OK, startHostileOrigin } from '../support/recording-origin.ts';
import { ask, head, statusesOf } from './support.ts';

// What origins may send us, and what of it a client may see.

const PROTOCOL = 'http_protocol_error';
const UNUSABLE: readonly (readonly [what: string, error: string, bytes: string])[] = [
  ['no HTTP', PROTOCOL, 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['HTTP/0.9', PROTOCOL, '<html>hello</html>'],
  ['HTTP/2', PROTOCOL, '\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64'],
  ['a request', PROTOCOL, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['two lengths', PROTOCOL, 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  ['two equal lengths', PROTOCOL, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab'],
  ['a list of lengths', PROTOCOL, 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nab'],
  ['a length that is no number', PROTOCOL, 'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nab'],
  ['a negative length', PROTOCOL, 'HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nab'],
  [
    'a length beyond all counting',
    PROTOCOL,
    'HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nab',
  ],
  ['an empty length', PROTOCOL, 'HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nab'],
  [
    'a length and chunks',
    PROTOCOL,
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  ],
  [
    'chunks and a length',
    PROTOCOL,
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  ],
  [
    'chunks in HTTP/1.0',
    PROTOCOL,
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  ],
  [
    'a coding that we would have to undo',
    'http_response_transfer_coding',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'a coding that is not chunked',
    'http_response_transfer_coding',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab',
  ],
  [
    'a coding without a name',
    'http_response_transfer_coding',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\n2\r\nab\r\n0\r\n\r\n',
  ],
  ['white space before a colon', PROTOCOL, 'HTTP/1.1 200 OK\r\nX : 1\r\nContent-Length: 0\r\n\r\n'],
  ['a folded field', PROTOCOL, 'HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nContent-Length: 0\r\n\r\n'],
  ['a NUL in a field', PROTOCOL, 'HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 0\r\n\r\n'],
  ['a bare CR in a field', PROTOCOL, 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b=1\r\nContent-Length: 0\r\n\r\n'],
  ['a field without a colon', PROTOCOL, 'HTTP/1.1 200 OK\r\nX\r\nContent-Length: 0\r\n\r\n'],
  ['the status 000', PROTOCOL, 'HTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n'],
  ['the status 099', PROTOCOL, 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n'],
  ['a status of four digits', PROTOCOL, 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status of two digits', PROTOCOL, 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'],
  ['the version 0.9', PROTOCOL, 'HTTP/0.9 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['the version 3.0', PROTOCOL, 'HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  [
    '407, which is for proxies to say',
    PROTOCOL,
    'HTTP/1.1 407 Log in\r\nProxy-Authenticate: Basic realm="Postern"\r\nContent-Length: 0\r\n\r\n',
  ],
  [
    'an upgrade',
    'http_upgrade_failed',
    'HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
  ],
  [
    'fields without end',
    'http_response_header_section_size',
    `HTTP/1.1 200 OK\r\n${'X: abcdefgh\r\n'.repeat(20_000)}`,
  ],
  [
    'one field without end',
    'http_response_header_section_size',
    `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(200_000)}`,
  ],
  ['a reason without end', 'http_response_header_section_size', `HTTP/1.1 200 ${'a'.repeat(200_000)}`],
  ['interim responses without end', PROTOCOL, 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(5_000)],
  ['100s without end', PROTOCOL, 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(50_000)],
  [
    'an interim response with fields without end',
    'http_response_header_section_size',
    `HTTP/1.1 103 Hints\r\n${'Link: </a>\r\n'.repeat(20_000)}`,
  ],
  ['the end before an answer', 'connection_terminated', ''],
  ['the end within a head', 'connection_terminated', 'HTTP/1.1 200 OK\r\nContent-Le'],
];

// Covers: EV-33; EV-19; RFC 9112 section 5.1 response-colon; RFC 9112 section 5.2 response-fold; RFC 9112 section 6.1 http-1.0; RFC 9112 section 6.3 response-length; RFC 9112 section 6.3 both; RFC 9110 section 15.6.3; RFC 9110 section 11.7.1 origin; RFC 9110 section 15.5.8; RFC 9209 section 2.3.8; RFC 9209 section 2.3.19; RFC 9209 section 2.3.24; RFC 9209 section 2.3.27; RFC 9209 section 2.3.28
test.for(UNUSABLE)(
  'an origin that answers with %s is a 502 with %s, and none of it reaches the client',
  async ([, error, bytes]) => {
    const origin = await startHostileOrigin(bytes);
    const proxy = await startProxy();
    const received = await ask(proxy.port, head(origin, {}));
    expect(statusesOf(received).filter((status) => status >= 200)).toEqual([502]);
    expect(received).toContain(`Proxy-Status: postern; error=${error}; `);
    expect(received).not.toMatch(/set-cookie|proxy-authenticate|x: a/i);
    expect(await proxy.linesOf('outcome', 1)).toMatchObject([{ kind: 'upstream-failed', cause: error }]);
    await vi.waitFor(() => expect(origin.open()).toBe(0));
  },
);

const TRUNCATED: readonly (readonly [what: string, bytes: string])[] = [
  ['less than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
  ['nothing of its length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n'],
  ['no last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ['half a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf'],
  [
    'no end of its trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX: 1\r\n',
  ],
  ['a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nxyz\r\n'],
  [
    'a chunk beyond 64 bits',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nfffffffffffffffff\r\nx',
  ],
  [
    'a chunk longer than its size',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalfhalf\r\n0\r\n\r\n',
  ],
  [
    'chunk extensions without end',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n4;${'a'.repeat(200_000)}`,
  ],
  [
    'trailers without end',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n${'X: abcdefgh\r\n'.repeat(20_000)}`,
  ],
];

// Covers: EV-33; RFC 9112 section 8 response; RFC 9112 section 6.3 incomplete-response; RFC 9112 section 7.1 overflow; RFC 9209 section 2.3.18
test.for(TRUNCATED)('a body with %s never ends like a whole one', async ([, bytes]) => {
  const origin = await startHostileOrigin(bytes);
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(head(origin, {}));
  const { received, error } = await client.closed();
  if (statusesOf(received)[0] === 200) expect(error?.code).toBe('ECONNRESET');
  else if (received !== '') expect(statusesOf(received)).toEqual([502]);
  expect(received).not.toMatch(/\r\n0\r\n\r\n$/);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'upstream-failed' });
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

// Covers: RFC 9112 section 6.3 close-delimited
test('a body that ends with its connection is whole, and framed anew for the client', async () => {
  const origin = await startHostileOrigin('HTTP/1.1 200 OK\r\nX: 1\r\n\r\nall of it');
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(head(origin, {}));
  const received = await client.until((text) => text.endsWith('\r\n0\r\n\r\n'));
  expect(received).toMatch(/\r\nTransfer-Encoding: chunked\r\n/);
  expect(received).toContain('9\r\nall of it\r\n');
});

// Covers: RFC 9112 section 6.3 no-body
test.for([
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody'],
  ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n'],
  ['GET', 'HTTP/1.1 204 No Content\r\n\r\nbody'],
  ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody'],
])('the answer to a %s that can have no body has none: %j', async ([method, bytes]) => {
  const origin = await startHostileOrigin(String(bytes));
  const proxy = await startProxy();
  const received = await ask(proxy.port, head(origin, { method: String(method) }));
  expect(statusesOf(received)).toHaveLength(1);
  expect(received.endsWith('\r\n\r\n')).toBe(true);
  expect(received).not.toContain('body');
});

// Covers: EV-19; RFC 9112 section 4 reason; RFC 9110 section 15 unknown
test.for([
  ['no reason phrase', 'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok', 'HTTP/1.1 200 '],
  [
    'a reason phrase of high bytes',
    'HTTP/1.1 200 \xc3\xa9\r\nContent-Length: 2\r\n\r\nok',
    'HTTP/1.1 200 \xc3\xa9',
  ],
  ['an unknown status', 'HTTP/1.1 299 Odd\r\nContent-Length: 2\r\n\r\nok', 'HTTP/1.1 299 Odd'],
  ['a status beyond all classes', 'HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok', 'HTTP/1.1 999 Odd'],
])('%s passes', async ([, bytes, line]) => {
  const origin = await startHostileOrigin(String(bytes));
  const proxy = await startProxy();
  const received = await ask(proxy.port, head(origin, {}));
  expect(received.split('\r\n')[0]).toBe(line);
  expect(received.endsWith('ok')).toBe(true);
});

// Covers: EV-33
test('an origin that sends line ends for ever in place of an answer is given up', async () => {
  const origin = await startRawOrigin((socket) => {
    const drip = setInterval(() => socket.write('\r\n'), 5);
    socket.once('close', () => clearInterval(drip));
  });
  const proxy = await startProxy({ limits: { exchangeIdleMs: 150 } });
  const received = await ask(proxy.port, head(origin, {}));
  expect(statusesOf(received)).toEqual([504]);
  expect(received).toContain('error=http_response_timeout');
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

// Covers: EV-33; EV-19
test('whatever one origin does, the next request is served', async () => {
  const proxy = await startProxy();
  for (const [, , bytes] of UNUSABLE) await ask(proxy.port, head(await startHostileOrigin(bytes), {}));
  const good = await startHostileOrigin(OK);
  expect(statusesOf(await ask(proxy.port, head(good, {})))).toEqual([200]);
  expect(await proxy.linesOf('outcome', UNUSABLE.length + 1)).toHaveLength(UNUSABLE.length + 1);
});
