import { expect, test } from 'vitest';
import { connectRaw, exchangeRaw, request } from '../support/client.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';

// EV-04, EV-05, EV-09, EV-10, EV-16: what cannot be understood in one way is refused, told once in the log, and harms
// nobody.
const BAD_CONNECT_TARGETS = [
  'allowed.test',
  'allowed.test:',
  'allowed.test:0',
  'allowed.test:65979',
  'allowed.test:-1',
  'allowed.test:https',
  'allowed.test:443/x',
  'http://allowed.test:443/',
  '[[x]]:443',
  '[::1]]:443',
  '::1:443',
  'user@allowed.test:443',
  'user:password@allowed.test:443',
  'allowed..test:443',
  'allowed.test..:443',
  '.allowed.test:443',
  '*.allowed.test:443',
  'allowed,test:443',
  'allowed.test%00.ok.gov:443',
  'allowed.test%20:443',
  `${'a'.repeat(64)}.test:443`,
  `${'a.'.repeat(127)}test:443`,
  ':443',
];

// Covers: EV-04; EV-05; EV-16; EV-19
test.for(BAD_CONNECT_TARGETS)('CONNECT %s is 400 and one line, and the process lives', async (target) => {
  const proxy = await startProxy();
  const received = await exchangeRaw(proxy.port, `CONNECT ${target} HTTP/1.1\r\nHost: allowed.test\r\n\r\n`);
  expect(received).toMatch(/^HTTP\/1\.1 400 /);
  expect(received).toContain('error=http_request_error');
  expect(proxy.lines()).toMatchObject([
    {
      event: 'decision',
      action: 'block',
      reason: 'malformed',
      status: 400,
      target: target.replace(/.*@/, '…@'),
    },
  ]);
  expect(received).toContain(proxy.lines()[0]?.code);
});

const BLOCKED_SPELLINGS = [
  'blocked.test:443',
  'BLOCKED.Test:443',
  'blocked.test.:443',
  'blocked%2etest:443',
  'b%6cocked.test:443',
  'chat.blocked.test:0443',
];

// Covers: EV-04
test.for(BLOCKED_SPELLINGS)('CONNECT %s, whatever its spelling, is blocked', async (target) => {
  const proxy = await startProxy({ config: { blockPage: { https: 'refuse' } } });
  const received = await exchangeRaw(proxy.port, `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(received).toMatch(/^HTTP\/1\.1 403 /);
  expect((await proxy.linesOf('decision', 1))[0]).toMatchObject({ reason: 'rule', rule: 'no-blocked' });
});

const HEAD = 'Host: allowed.test\r\n';
const BAD_REQUESTS: readonly (readonly [name: string, status: number, request: string])[] = [
  ['no Host', 400, 'GET http://allowed.test/ HTTP/1.1\r\n\r\n'],
  ['no Host in CONNECT', 400, 'CONNECT allowed.test:443 HTTP/1.1\r\n\r\n'],
  ['two Hosts', 400, `GET http://allowed.test/ HTTP/1.1\r\n${HEAD}Host: blocked.test\r\n\r\n`],
  ['two Hosts in CONNECT', 400, `CONNECT allowed.test:443 HTTP/1.1\r\n${HEAD}${HEAD}\r\n`],
  ['a list of Hosts', 400, 'GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test, blocked.test\r\n\r\n'],
  ['an empty Host', 400, 'GET http://allowed.test/ HTTP/1.1\r\nHost: \r\n\r\n'],
  ['user information', 400, `GET http://user@allowed.test/ HTTP/1.1\r\n${HEAD}\r\n`],
  ['origin-form', 421, `GET / HTTP/1.1\r\n${HEAD}\r\n`],
  ['an https URL', 400, `GET https://allowed.test/ HTTP/1.1\r\n${HEAD}\r\n`],
  ['an ftp URL', 400, `GET ftp://allowed.test/ HTTP/1.1\r\n${HEAD}\r\n`],
  ['a port out of range', 400, `GET http://allowed.test:65616/ HTTP/1.1\r\n${HEAD}\r\n`],
  ['a fragment', 400, `GET http://allowed.test/#x HTTP/1.1\r\n${HEAD}\r\n`],
  ['an encoded NUL in the host', 400, `GET http://allowed.test%00.ok.gov/ HTTP/1.1\r\n${HEAD}\r\n`],
  [
    'a length and chunks',
    400,
    `POST http://allowed.test/ HTTP/1.1\r\n${HEAD}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'two equal lengths',
    400,
    `POST http://allowed.test/ HTTP/1.1\r\n${HEAD}Content-Length: 0\r\nContent-Length: 0\r\n\r\n`,
  ],
  ['a signed length', 400, `POST http://allowed.test/ HTTP/1.1\r\n${HEAD}Content-Length: +3\r\n\r\nabc`],
  [
    'a coding that is not chunked',
    501,
    `POST http://allowed.test/ HTTP/1.1\r\n${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'chunked hidden behind a comma',
    400,
    `POST http://allowed.test/ HTTP/1.1\r\n${HEAD}Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'two codings in two fields',
    400,
    `POST http://allowed.test/ HTTP/1.1\r\n${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  [
    'chunks in HTTP/1.0',
    400,
    'POST http://allowed.test/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['CONNECT with a body', 400, `CONNECT allowed.test:443 HTTP/1.1\r\n${HEAD}Content-Length: 3\r\n\r\nabc`],
  ['no HTTP at all', 400, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  ['an unknown version', 505, `GET http://allowed.test/ HTTP/3.0\r\n${HEAD}\r\n`],
  ['a folded field', 400, `GET http://allowed.test/ HTTP/1.1\r\n${HEAD}X: a\r\n b\r\n\r\n`],
  ['a space before the colon', 400, `GET http://allowed.test/ HTTP/1.1\r\n${HEAD}X : a\r\n\r\n`],
  ['a NUL in a field', 400, `GET http://allowed.test/ HTTP/1.1\r\n${HEAD}X: a\0b\r\n\r\n`],
  ['fields without end', 431, `GET http://allowed.test/ HTTP/1.1\r\n${HEAD}X: ${'a'.repeat(70_000)}\r\n\r\n`],
];

// Covers: EV-05; EV-09; EV-10; EV-28
test.for(BAD_REQUESTS)(
  'a request with %s is %i and one line, and its origin hears nothing',
  async ([, status, text]) => {
    const origin = await startHttpOrigin((_, response) => response.end());
    const proxy = await startProxy();
    const received = await exchangeRaw(
      proxy.port,
      text.replaceAll('allowed.test/', `allowed.test:${origin.port}/`),
    );
    expect(received.slice(0, 13)).toBe(`HTTP/1.1 ${status} `);
    expect(proxy.lines()).toMatchObject([
      { event: 'decision', action: 'block', reason: 'malformed', status },
    ]);
    expect(origin.accepted()).toBe(0);
    expect((await request(proxy.port, `http://allowed.test:${origin.port}/`)).status).toBe(200);
  },
);

// Covers: EV-28
test('a coding that the parser finds out only after the head is one refusal, not two', async () => {
  const proxy = await startProxy();
  const received = await exchangeRaw(
    proxy.port,
    `POST http://allowed.test/ HTTP/1.1\r\n${HEAD}Transfer-Encoding: xchunked\r\n\r\nabc`,
  );
  expect(received.match(/HTTP\/1\.1 \d+/g)).toHaveLength(1);
  expect(proxy.lines()).toHaveLength(1);
});

// Covers: EV-31; RFC 9110 section 15.5.9
test('a head that never ends is given up with 408', async () => {
  const proxy = await startProxy({ limits: { requestHeadMs: 100 } });
  const client = connectRaw(proxy.port);
  client.socket.write('GET http://allowed.test/ HTTP/1.1\r\nHost: allow');
  expect((await client.closed()).received).toMatch(/^HTTP\/1\.1 408 /);
  expect(proxy.lines()).toMatchObject([{ reason: 'malformed', status: 408 }]);
});

// Covers: EV-31
test('a target of any length is refused in no time, and shown without its secrets', async () => {
  const proxy = await startProxy();
  const target = `http://user:secret@b/${'a@'.repeat(30_000)}`;
  const started = performance.now();
  await exchangeRaw(proxy.port, `GET ${target} HTTP/1.1\r\n${HEAD}\r\n`);
  expect(performance.now() - started).toBeLessThan(2_000); // it took seconds when the work grew with the square
  expect(String(proxy.lines()[0]?.target)).not.toContain('secret');
});

test('a head that the parser refuses is logged with the line it began with', async () => {
  const proxy = await startProxy();
  await exchangeRaw(proxy.port, `GET http://allowed.test/\xed\x95\x9c?q=secret HTTP/1.1\r\n${HEAD}\r\n`);
  expect(proxy.lines()).toMatchObject([
    { status: 400, method: 'GET', target: expect.stringMatching(/^http:.*\?…$/) },
  ]);
});

test('a connection that never asks anything is closed without an answer and without a line', async () => {
  const proxy = await startProxy({ limits: { requestHeadMs: 100 } });
  expect((await connectRaw(proxy.port).closed()).received).toBe('');
  expect(proxy.lines()).toEqual([]);
});

// Covers: EV-19
test('connections that break off before or within a head leave no line and no harm', async () => {
  const proxy = await startProxy();
  for (const bytes of ['', 'G', 'CONNECT allowed.test:443 HTTP/1.1\r\n']) {
    const client = connectRaw(proxy.port);
    client.socket.write(bytes, () => client.socket.resetAndDestroy());
    await client.closed();
  }
  expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403);
  expect((await proxy.linesOf('decision', 1)).filter(({ reason }) => reason !== 'rule')).toEqual([]);
});

// Covers: EV-31
test('more pipelined requests than anybody needs end the connection, not the process', async () => {
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write('GET http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\n\r\n'.repeat(1_000));
  await client.closed();
  expect(proxy.lines().filter(({ problem }) => String(problem).includes('too many requests'))).toHaveLength(
    1,
  );
  expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403);
});

// Covers: EV-10; EV-36
test('what follows a request on its connection never takes the place of its answer', async () => {
  const origin = await startHttpOrigin((incoming, response) => {
    incoming.resume();
    setImmediate(() => response.end(`answer to ${incoming.url}`));
  });
  const proxy = await startProxy({ connectPorts: [origin.port] });
  const get = (path: string, more = '') =>
    `GET http://allowed.test:${origin.port}${path} HTTP/1.1\r\nHost: allowed.test\r\n${more}\r\n`;
  const garbage = await exchangeRaw(proxy.port, `${get('/first')}\x01\x02garbage\r\n\r\n`);
  expect(garbage.match(/HTTP\/1\.1 \d+|answer to \/[a-z]+/g)).toEqual([
    'HTTP/1.1 200',
    'answer to /first',
    'HTTP/1.1 400',
  ]);

  const tunnel = await exchangeRaw(
    proxy.port,
    `${get('/second')}CONNECT allowed.test:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`,
  );
  expect(tunnel).not.toContain('Connection Established');
  const refusal = proxy.lines().find(({ method }) => method === 'CONNECT');
  expect(refusal).toMatchObject({
    reason: 'malformed',
    problem: expect.stringContaining('before an earlier request'),
  });

  const hidden = get('/smuggled');
  const client = connectRaw(proxy.port);
  client.socket.write(
    `${get('/third', 'Connection: Upgrade\r\nUpgrade: h2c\r\n')}` +
      `POST http://allowed.test:${origin.port}/fourth HTTP/1.1\r\nHost: x\r\nContent-Length: ${hidden.length}\r\n\r\n`,
  );
  client.socket.write(hidden);
  const { received } = await client.closed();
  expect(received).toContain('answer to /third');
  expect(received).not.toContain('smuggled');
});

// Covers: RFC 9112 section 9.6
test('what is pipelined behind a request whose answer closes the connection is not worked on', async () => {
  const origin = await startHttpOrigin((_, response) => response.end());
  const proxy = await startProxy();
  const url = `http://allowed.test:${origin.port}/`;
  const received = await exchangeRaw(
    proxy.port,
    `GET ${url} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n${`GET ${url} HTTP/1.1\r\nHost: allowed.test\r\n\r\n`.repeat(3)}`,
  );
  expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
  expect(proxy.lines()).toHaveLength(1);
  expect(origin.accepted()).toBe(0);
});
