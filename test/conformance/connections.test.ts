import type net from 'node:net';
import { expect, test, vi } from 'vitest';
import { connectRaw, exchangeRaw } from '../support/client.ts';
import { startNameServer } from '../support/name-server.ts';
import { startHttpOrigin, startRawOrigin } from '../support/origin.ts';
import { closedPort } from '../support/parent.ts';
import { BLOCKING_POLICY, startProxy } from '../support/proxy.ts';
import { OK, startHostileOrigin, startRecordingOrigin } from '../support/recording-origin.ts';
import { ask, askFor, head, statusesOf } from './support.ts';

// RFC 9112 section 9: which connections stay, and what belongs together on them.

// Covers: EV-03; RFC 9112 section 9.3 persist; RFC 9112 section 9.3.2 order
test('pipelined requests are answered in their order, however slow the first, each by its own decision', async () => {
  const origin = await startHttpOrigin((incoming, response) => {
    if (incoming.url === '/slow') setTimeout(() => response.end('slow'), 50);
    else response.end('quick');
  });
  const proxy = await startProxy();
  const blocked = head(origin, { path: '/b' }).replace('//allowed.test', '//blocked.test');
  const requests =
    head(origin, { path: '/slow' }) + blocked + head(origin, { path: '/quick' }, 'Connection: close');
  const received = await exchangeRaw(proxy.port, requests);
  expect(statusesOf(received)).toEqual([200, 403, 200]);
  expect(received.indexOf('slow')).toBeLessThan(received.indexOf('quick'));
  const decisions = await proxy.linesOf('decision', 3);
  expect(decisions.map(({ action, path }) => [action, path])).toEqual([
    ['forward', '/slow'],
    ['block', '/b'],
    ['forward', '/quick'],
  ]);
});

// Covers: RFC 9112 section 9.6 close-received; RFC 9112 section 9.6 no-further
test('after `Connection: close` the answer says so too, the connection ends, and what follows is not read', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const received = await exchangeRaw(
    proxy.port,
    head(origin, {}, 'Connection: close') + head(origin, { path: '/late' }),
  );
  expect(statusesOf(received)).toEqual([200]);
  expect(received).toMatch(/\r\nConnection: close\r\n/);
  expect(origin.requestLines()).toEqual(['GET / HTTP/1.1']);
  expect(proxy.lines().filter(({ event }) => event === 'decision')).toHaveLength(1);
});

// Covers: EV-10; RFC 9112 section 9.6 no-further
test('what a refused request hides in its body is never taken for a request', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const hidden = head(origin, { path: '/hidden' });
  const request = head(origin, { method: 'POST' }, 'Transfer-Encoding: gzip, chunked');
  const received = await exchangeRaw(proxy.port, `${request}0\r\n\r\n${hidden}`);
  expect(statusesOf(received)).toEqual([501]);
  expect(origin.accepted()).toBe(0);
});

// Covers: RFC 9112 section 9.3 http-1.0
test.for(['Connection: keep-alive', 'Proxy-Connection: keep-alive', 'Keep-Alive: 300'])(
  'an HTTP/1.0 client is sent away after one answer, though it asks to stay: %s',
  async (fields) => {
    const origin = await startRecordingOrigin();
    const proxy = await startProxy();
    const received = await exchangeRaw(
      proxy.port,
      head(origin, { version: 'HTTP/1.0' }, fields) + head(origin, { path: '/late' }),
    );
    expect(statusesOf(received)).toEqual([200]);
    expect(received).toMatch(/\r\nConnection: close\r\n/);
    expect(origin.requestLines()).toHaveLength(1);
  },
);

// Covers: RFC 9112 section 6.1 http-1.0-response; RFC 9112 section 9.3 self-delimited
test('a body without a length reaches an HTTP/1.0 client without chunks, ended by the connection', async () => {
  const origin = await startHttpOrigin((_, response) => {
    response.write('with');
    response.end('out');
  });
  const proxy = await startProxy();
  const received = await exchangeRaw(proxy.port, head(origin, { version: 'HTTP/1.0' }));
  expect(received).not.toMatch(/transfer-encoding/i);
  expect(received.endsWith('\r\n\r\nwithout')).toBe(true);
});

// Covers: RFC 9112 section 9.3 read-all; RFC 9112 section 9.5 early-answer
test('a body that nobody reads does not become the next request', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const hidden = head(origin, { path: '/hidden' });
  const blocked = head(origin, { method: 'POST' }, `Content-Length: ${hidden.length}`).replace(
    '//allowed.test',
    '//blocked.test',
  );
  const received = await askFor(proxy.port, blocked + hidden + head(origin, { path: '/next' }), 2);
  expect(statusesOf(received)).toEqual([403, 200]);
  expect(origin.requestLines()).toEqual(['GET /next HTTP/1.1']);
});

// Covers: RFC 9110 section 9.2.2 retry; RFC 9112 section 9.3.1
test.for([
  ['GET', 2],
  ['HEAD', 2],
  ['OPTIONS', 2],
  ['DELETE', 2],
  ['PUT', 1],
  ['POST', 1],
  ['PATCH', 1],
])('a %s is sent %i time(s) at most when its connection turns out to be dead', async ([method, times]) => {
  const lines: string[] = [];
  const origin = await startRawOrigin((socket) => {
    socket.on('data', (chunk) => {
      lines.push(chunk.toString('latin1').split('\r\n')[0] ?? '');
      if (lines.length === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      else if (lines.length === 2) socket.resetAndDestroy();
      else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(head(origin, { path: '/first' }));
  await client.until((received) => statusesOf(received).length === 1);
  const hasBody = ['PUT', 'POST', 'PATCH'].includes(String(method));
  const request = head(
    origin,
    { method: String(method), path: '/second' },
    ...(hasBody ? ['Content-Length: 1'] : []),
  );
  client.socket.write(hasBody ? `${request}x` : request);
  const received = await client.until((text) => statusesOf(text).length === 2);
  expect(lines.filter((line) => line.includes('/second'))).toHaveLength(Number(times));
  expect(statusesOf(received)[1]).toBe(times === 2 ? 200 : 502);
});

// Covers: RFC 9112 section 9.2 unasked; RFC 9112 section 6.3 extra-data; RFC 9112 section 11.1
test('bytes that an origin sends behind its answer are nobody’s answer', async () => {
  const origin = await startRawOrigin((socket) => {
    socket.on('data', () => socket.write(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`));
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(head(origin, { path: '/1' }));
  await client.until((text) => statusesOf(text).length === 1);
  client.socket.write(head(origin, { path: '/2' }, 'Connection: close'));
  const { received } = await client.closed();
  expect(statusesOf(received)).toEqual([200, 200]);
  expect(received).not.toContain('forged');
});

// Covers: RFC 9112 section 9.6 client-close; RFC 9112 section 9.3 read-response
test.for([
  ['said that it closes', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
  ['speaks HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
])('a connection whose origin %s is not used again', async ([, answer]) => {
  const origin = await startRecordingOrigin(answer);
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  for (const count of [1, 2]) {
    client.socket.write(head(origin, { path: `/${count}` }));
    await client.until((text) => statusesOf(text).length === count);
  }
  expect(origin.accepted()).toBe(2);
});

// Covers: RFC 9112 section 9.6 close-sent
test('a request on a connection that will not be kept says so to its origin', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  await ask(proxy.port, `${head(origin, { method: 'POST' }, 'Content-Length: 1')}x`);
  expect(origin.received()).toContain('\r\nConnection: close\r\n');
});

// Covers: RFC 9112 section 9.6 half-close; RFC 9112 section 9.5 monitor
test('a client that ends its side after its request still gets its answer', async () => {
  const ready = Promise.withResolvers<void>();
  const origin = await startHttpOrigin(async (_, response) => {
    await ready.promise;
    response.end('for you');
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port, { allowHalfOpen: true });
  client.socket.end(head(origin, {}));
  await vi.waitFor(() => expect(origin.accepted()).toBe(1));
  ready.resolve();
  const { received } = await client.closed();
  expect(statusesOf(received)).toEqual([200]);
  expect(received).toContain('for you');
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'response-relayed' });
});

// Covers: RFC 9112 section 9.5 monitor
test('an answer that does not come soon is not kept up for a client that has ended its side', async () => {
  const origin = await startRawOrigin((socket) => socket.resume());
  const proxy = await startProxy({ limits: { halfClosedMs: 50 } });
  const client = connectRaw(proxy.port, { allowHalfOpen: true });
  client.socket.end(head(origin, {}));
  await client.closed();
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'client-left' });
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

// Covers: RFC 9112 section 9.6 staged; RFC 9112 section 9.5 graceful
test('a refused client that is still sending can read why, before its connection is closed', async () => {
  const proxy = await startProxy({ limits: { lingerMs: 200 } });
  const client = connectRaw(proxy.port);
  client.socket.write(`CONNECT blocked.test:22 HTTP/1.1\r\nHost: x\r\n\r\n${'x'.repeat(300_000)}`);
  const { received, error } = await client.closed();
  expect(statusesOf(received)).toEqual([403]);
  expect(error).toBeUndefined();
});

// Covers: EV-31; RFC 9110 section 15.5.9
test('a head that comes too slowly is 408, and the connection closed', async () => {
  const proxy = await startProxy({ limits: { requestHeadMs: 100 } });
  const client = connectRaw(proxy.port);
  client.socket.write('GET http://allowed.test/ HT');
  const { received } = await client.closed();
  expect(statusesOf(received)).toEqual([408]);
  expect(received).toMatch(/\r\nConnection: close\r\n/);
});

// Covers: RFC 9112 section 9.3 reuse
test('a client connection serves many requests, and so does the one to its origin', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  for (const count of [1, 2, 3]) {
    client.socket.write(head(origin, { path: `/${count}` }));
    await client.until((text) => statusesOf(text).length === count);
  }
  expect(origin.requestLines()).toHaveLength(3);
  expect(origin.accepted()).toBe(1);
});

// Covers: RFC 9112 section 8 response
test('an answer that breaks off reaches the client as a broken one', async () => {
  const origin = await startHostileOrigin('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(head(origin, {}));
  const { error } = await client.closed();
  expect(error?.code).toBe('ECONNRESET');
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    kind: 'upstream-failed',
    cause: 'http_response_incomplete',
  });
});

// Covers: EV-28; EV-03
test.for([
  ['resets its connection', (socket: net.Socket) => socket.resetAndDestroy()],
  ['closes its connection', (socket: net.Socket) => socket.destroy()],
] as const)(
  'pipelined requests whose client %s before their turn are decided on and told of, and nothing is looked up for them',
  async ([, leave]) => {
    const origin = await startRawOrigin((socket) => socket.resume()); // never answers
    const names = await startNameServer(() => ({ records: [{ address: '127.0.0.1' }] }));
    const port = await closedPort();
    const policy = BLOCKING_POLICY.replace('networks: [127.0.0.1]', `ports: [${port}]`);
    const proxy = await startProxy({
      policies: { 'office.yaml': policy },
      config: { listen: [{ host: '127.0.0.1', port }] },
      egress: { dns: { servers: [names.address], hosts: { 'allowed.test': ['127.0.0.1'] } } },
      limits: { halfClosedMs: 1_000 },
    });
    const to = (host: string) => head(origin, { path: '/' }).replace('//allowed.test', `//${host}`);
    const client = connectRaw(proxy.port);
    client.socket.write(to('allowed.test') + to('blocked.test') + to('unasked.test'));
    await vi.waitFor(() => expect(origin.accepted()).toBe(1));
    leave(client.socket);
    const outcomes = await proxy.linesOf('outcome', 3);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['client-left', 'client-left', 'client-left']);
    const decisions = await proxy.linesOf('decision', 3);
    expect(decisions.map(({ host, action, department }) => [host, action, department])).toEqual([
      ['allowed.test', 'forward', 'office'],
      ['blocked.test', 'block', 'office'],
      ['unasked.test', 'forward', 'office'],
    ]);
    expect(names.asked).toEqual([]);
    expect(origin.accepted()).toBe(1);
  },
);
