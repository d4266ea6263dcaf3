import { expect, test } from 'vitest';
import { connectRaw, exchangeRaw } from '../support/client.ts';
import { startProxy } from '../support/proxy.ts';
import { startRecordingOrigin } from '../support/recording-origin.ts';
import { ask, head, statusesOf } from './support.ts';

// RFC 9112 sections 2 to 5: how messages are read, and what becomes of their targets.

// Covers: RFC 9112 section 2.2 empty-line
test('empty lines before a request are passed over, and go no further', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  expect(statusesOf(await ask(proxy.port, `\r\n\r\n${head(origin, {})}`))).toEqual([200]);
  expect(origin.received()).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
});

const MALFORMED: readonly (readonly [what: string, request: string])[] = [
  [
    'a bare CR between fields',
    'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\nX: a\rY: b\r\n\r\n',
  ],
  ['a bare CR in a value', 'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\nX: a\rb\r\n\r\n'],
  ['a bare CR in the target', 'GET http://allowed.test/\rx HTTP/1.1\r\nHost: allowed.test\r\n\r\n'],
  ['bare LF line ends', 'GET http://allowed.test/ HTTP/1.1\nHost: allowed.test\n\n'],
  ['white space before the first field', 'GET http://allowed.test/ HTTP/1.1\r\n Host: allowed.test\r\n\r\n'],
  [
    'white space before the colon',
    'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\nX : a\r\n\r\n',
  ],
  ['a tab before the colon', 'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\nX\t: a\r\n\r\n'],
  ['a folded field', 'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\nX: a\r\n b\r\n\r\n'],
  ['a NUL in a value', 'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\nX: a\0b\r\n\r\n'],
  ['a field without a name', 'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\n: a\r\n\r\n'],
  ['a field without a colon', 'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\nX\r\n\r\n'],
  ['a space in the target', 'GET http://allowed.test/a b HTTP/1.1\r\nHost: allowed.test\r\n\r\n'],
  ['a lower-case protocol', 'GET http://allowed.test/ http/1.1\r\nHost: allowed.test\r\n\r\n'],
  ['a target in Hangul', 'GET http://allowed.test/\xed\x95\x9c HTTP/1.1\r\nHost: allowed.test\r\n\r\n'],
  ['no Host', 'GET http://allowed.test/ HTTP/1.1\r\n\r\n'],
  ['two Hosts', 'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\nHost: allowed.test\r\n\r\n'],
  ['a Host of two names', 'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test, blocked.test\r\n\r\n'],
  ['a Host with a path', 'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test/x\r\n\r\n'],
  ['a Host with user information', 'GET http://allowed.test/ HTTP/1.1\r\nHost: u@allowed.test\r\n\r\n'],
  ['two Hosts in HTTP/1.0', 'GET http://allowed.test/ HTTP/1.0\r\nHost: allowed.test\r\nHost: x\r\n\r\n'],
];

// Covers: EV-09; EV-10; RFC 9112 section 2.2 bare-cr; RFC 9112 section 2.2 leading-space; RFC 9112 section 2.2 grammar; RFC 9112 section 3 request-line; RFC 9112 section 3.2 host; RFC 9112 section 5.1 request-colon; RFC 9112 section 5.2 request-fold; RFC 9110 section 5.5 nul; RFC 9110 section 7.2 host
test.for(MALFORMED)(
  '%s is refused with 400, closes the connection, and reaches nobody',
  async ([, request]) => {
    const origin = await startRecordingOrigin();
    const proxy = await startProxy();
    const received = await exchangeRaw(
      proxy.port,
      request.replace('//allowed.test/', `//allowed.test:${origin.port}/`),
    );
    expect(statusesOf(received)).toEqual([400]);
    expect(received).toMatch(/\r\nConnection: close\r\n/i);
    expect(received).toContain('Proxy-Status: postern; error=http_request_error');
    expect(origin.accepted()).toBe(0);
    expect(proxy.lines()).toMatchObject([{ reason: 'malformed', status: 400 }]);
  },
);

// Covers: RFC 9112 section 2.3; RFC 9110 section 7.6.3 version
test.for(['HTTP/1.0', 'HTTP/1.1'])(
  'a request in %s goes on in our own version, and Via tells which it came in',
  async (version) => {
    const origin = await startRecordingOrigin('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok');
    const proxy = await startProxy();
    const answer = await ask(proxy.port, head(origin, { version }));
    expect(origin.received()).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
    expect(origin.received()).toMatch(new RegExp(`\\r\\nVia: ${version.slice(5)} postern-[0-9a-f]{8}\\r\\n`));
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toMatch(/\r\nVia: 1\.0 postern-[0-9a-f]{8}\r\n/);
  },
);

// Covers: RFC 9110 section 15.6.6
test.for(['HTTP/2.0', 'HTTP/3.0', 'HTTP/1.2', 'HTTP/9.9'])(
  'a request in %s is refused with 505',
  async (version) => {
    const proxy = await startProxy();
    const received = await exchangeRaw(
      proxy.port,
      `GET http://allowed.test/${version === '' ? '' : ` ${version}`}\r\nHost: allowed.test\r\n\r\n`,
    );
    expect(statusesOf(received)).toEqual([505]);
    expect(proxy.lines()).toMatchObject([{ reason: 'malformed', status: 505 }]);
  },
);

// Covers: RFC 9112 section 3 method; RFC 9110 section 9.1
test('a method that the parser does not know is refused with 501, and noise with 400', async () => {
  const proxy = await startProxy();
  for (const [line, status] of [
    ['BREW http://allowed.test/ HTTP/1.1', 501],
    ['get http://allowed.test/ HTTP/1.1', 501],
    ['\x01\x02\x03 noise', 400],
  ] as const)
    expect(statusesOf(await exchangeRaw(proxy.port, `${line}\r\nHost: allowed.test\r\n\r\n`))).toEqual([
      status,
    ]);
});

// Covers: RFC 9112 section 3 target-length; RFC 9112 section 3 line-length
test('a target of 8000 bytes passes, and one that is too long is 414 whether or not it fits into the head', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  expect(statusesOf(await ask(proxy.port, head(origin, { path: `/${'a'.repeat(8_000)}` })))).toEqual([200]);
  for (const length of [40_000, 70_000, 200_000])
    expect(statusesOf(await ask(proxy.port, head(origin, { path: `/${'a'.repeat(length)}` })))).toEqual([
      414,
    ]);
  expect(origin.accepted()).toBe(1);
  expect(
    proxy
      .lines()
      .filter(({ reason }) => reason === 'malformed')
      .map(({ status }) => status),
  ).toEqual([414, 414, 414]);
});

// Covers: EV-31; RFC 9110 section 5.4; RFC 6585 section 5
test.for([
  ['one that is too long', `X: ${'a b '.repeat(20_000)}\r\n`],
  ['too many', 'X: abcdefghij\r\n'.repeat(10_000)],
])('header fields that are too large, %s, are 431 and reach nobody', async ([, fields]) => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const received = await exchangeRaw(proxy.port, head(origin, {}, String(fields).trimEnd()));
  expect(statusesOf(received)).toEqual([431]);
  expect(origin.accepted()).toBe(0);
});

// Covers: EV-09; RFC 9112 section 3.2.2 replace-host; RFC 9110 section 7.2 host; RFC 9112 section 3.2.1
test('Host is made from the target, whatever the client wrote there, and comes first', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const target = `http://Allowed.TEST:${origin.port}?a=b`;
  await exchangeRaw(
    proxy.port,
    `GET ${target} HTTP/1.1\r\nX: 1\r\nHost: blocked.test\r\nConnection: close\r\n\r\n`,
  );
  expect(origin.received()).toMatch(
    new RegExp(`^GET /\\?a=b HTTP/1\\.1\\r\\nHost: allowed\\.test:${origin.port}\\r\\nX: 1\\r\\n`),
  );
  expect(origin.received().match(/^host:/gim)).toHaveLength(1);
});

// Covers: EV-09; RFC 9112 section 3.2.2 replace-host
test('what is decided on is the target, and an allowed name in Host opens nothing', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const received = await exchangeRaw(
    proxy.port,
    `GET http://blocked.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\nConnection: close\r\n\r\n`,
  );
  expect(statusesOf(received)).toEqual([403]);
  expect(origin.accepted()).toBe(0);
});

// Covers: RFC 9112 section 3.2.2 accept; RFC 9110 section 7.7 target
test.for([
  '/',
  '/a%2Fb/../c/./d//e',
  '/%7Euser/%ff?q=%00&r=a+b;c',
  "/:@!$&'()*+,;=-._~",
  '/?',
  '/?http://blocked.test/',
  '/{}|^`"<>',
])('the path and query go on byte for byte: %s', async (path) => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  await ask(proxy.port, head(origin, { path }));
  expect(origin.requestLines()).toEqual([`GET ${path} HTTP/1.1`]);
});

// Covers: RFC 9112 section 3.2.4; RFC 9110 section 9.3.7 asterisk
test.for([
  ['', '*'],
  ['/', '/'],
  ['?x', '/?x'],
])('OPTIONS for the path %j asks its origin for %s', async ([path, asked]) => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  await ask(proxy.port, head(origin, { method: 'OPTIONS', path: String(path) }));
  expect(origin.requestLines()).toEqual([`OPTIONS ${asked} HTTP/1.1`]);
});

// Covers: RFC 9110 section 7.4; RFC 9110 section 15.5.20
test.for(['GET /', 'OPTIONS *', 'GET //allowed.test/'])(
  '%s, which names no host to forward to, is 421',
  async (line) => {
    const proxy = await startProxy();
    const received = await exchangeRaw(proxy.port, `${line} HTTP/1.1\r\nHost: allowed.test\r\n\r\n`);
    expect(statusesOf(received)).toEqual([421]);
    expect(proxy.lines()).toMatchObject([{ reason: 'malformed', status: 421 }]);
  },
);

// Covers: EV-36; RFC 9113 section 3.4
test('the preface of HTTP/2 is refused, and what follows it is not read', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${head(origin, {})}`);
  const { received } = await client.closed();
  expect(statusesOf(received)).toHaveLength(1);
  expect(received).toMatch(/^HTTP\/1\.1 (400|505) /);
  expect(origin.accepted()).toBe(0);
});
