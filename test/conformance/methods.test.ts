import { expect, test } from 'vitest';
import { BAD_PORTS } from '../../src/config/bad-ports.ts';
import { connectRaw, exchangeRaw, openTunnel } from '../support/client.ts';
import { startRawOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';
import { OK, startRecordingOrigin } from '../support/recording-origin.ts';
import { ask, head, statusesOf } from './support.ts';

// RFC 9110 section 9.3: CONNECT, OPTIONS and TRACE, and the ports that anything may go to.

// Covers: RFC 9110 section 7.6.2 decrement; RFC 9110 section 9.3.7 max-forwards
test.for([
  ['OPTIONS', 'Max-Forwards: 5', 'Max-Forwards: 4'],
  ['TRACE', 'max-forwards: 1', 'max-forwards: 0'],
  ['TRACE', 'Max-Forwards: 007', 'Max-Forwards: 6'],
  ['OPTIONS', 'Max-Forwards: 99999999999999999999', 'Max-Forwards: 254'],
  ['GET', 'Max-Forwards: 0', 'Max-Forwards: 0'],
  ['GET', 'Max-Forwards: ten', 'Max-Forwards: ten'],
])('%s with %s goes on with %s', async ([method, field, sent]) => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  expect(statusesOf(await ask(proxy.port, head(origin, { method: String(method) }, String(field))))).toEqual([
    200,
  ]);
  expect(origin.received().match(/^max-forwards: .*(?=\r$)/gim)).toEqual([sent]);
});

// Covers: RFC 9110 section 9.3.7 no-max-forwards
test('a request without Max-Forwards is given none', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  for (const method of ['OPTIONS', 'TRACE']) await ask(proxy.port, head(origin, { method }));
  expect(origin.requestLines()).toHaveLength(2);
  expect(origin.received()).not.toMatch(/max-forwards/i);
});

// Covers: RFC 9110 section 7.6.2 zero; RFC 9110 section 9.3.7 answer
test('OPTIONS that may be forwarded no further is answered here, and logged as that', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const received = await ask(proxy.port, head(origin, { method: 'OPTIONS' }, 'Max-Forwards: 0'));
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\nAllow: [A-Z, ]*CONNECT[A-Z, ]*\r\nContent-Length: 0\r\n/);
  expect(received.endsWith('\r\n\r\n')).toBe(true);
  expect(origin.accepted()).toBe(0);
  const [decision] = await proxy.linesOf('decision', 1);
  expect(received).toContain(`incident ${decision?.code}`);
  expect(await proxy.linesOf('outcome', 1)).toMatchObject([
    { id: decision?.id, kind: 'answered-by-proxy', status: 200 },
  ]);
});

// Covers: RFC 9110 section 7.6.2 zero; RFC 9110 section 9.3.8 reflect; RFC 9110 section 9.3.8 sensitive
test('TRACE that may be forwarded no further shows the request as it came, less its secrets', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  const secrets = [
    'Authorization: Basic c2VjcmV0',
    'cookie: id=c2VjcmV0',
    'Proxy-Authorization: Basic c2VjcmV0',
  ];
  const request = head(
    origin,
    { method: 'TRACE', path: '/x?y' },
    'Max-Forwards: 0',
    'Via: 1.1 near',
    ...secrets,
    'X: 1',
  );
  const received = await ask(proxy.port, request);
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: message\/http\r\n/);
  expect(received.slice(received.indexOf('\r\n\r\n') + 4)).toBe(
    `TRACE http://allowed.test:${origin.port}/x?y HTTP/1.1\r\nHost: allowed.test\r\nConnection: close\r\nMax-Forwards: 0\r\nVia: 1.1 near\r\nX: 1\r\n\r\n`,
  );
  expect(origin.accepted()).toBe(0);
});

// Covers: RFC 9110 section 7.6.2 zero; EV-03
test('a blocked host stays blocked, however few forwards are left', async () => {
  const proxy = await startProxy();
  for (const method of ['TRACE', 'OPTIONS'])
    expect(
      statusesOf(
        await exchangeRaw(
          proxy.port,
          `${method} http://blocked.test/ HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n`,
        ),
      ),
    ).toEqual([403]);
});

// Covers: RFC 9110 section 7.6.2 syntax
test.for([
  'Max-Forwards: -1',
  'Max-Forwards: ten',
  'Max-Forwards: 1, 0',
  'Max-Forwards: 1\r\nMax-Forwards: 0',
  'Max-Forwards:',
])('a TRACE whose forwards cannot be counted is refused: %j', async (fields) => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  expect(statusesOf(await ask(proxy.port, head(origin, { method: 'TRACE' }, fields)))).toEqual([400]);
  expect(origin.accepted()).toBe(0);
});

// Covers: RFC 9110 section 9.3.8 content
test.for([
  ['Content-Length: 3', 'abc'],
  ['Transfer-Encoding: chunked', '3\r\nabc\r\n0\r\n\r\n'],
])('a TRACE with content is refused: %s', async ([fields, body]) => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy();
  expect(statusesOf(await ask(proxy.port, head(origin, { method: 'TRACE' }, String(fields)) + body))).toEqual(
    [400],
  );
  expect(origin.accepted()).toBe(0);
});

// Covers: EV-16; RFC 9110 section 9.3.6 port; RFC 9112 section 3.2.3
test.for([
  'allowed.test',
  'allowed.test:',
  'allowed.test:0',
  'allowed.test:-1',
  'allowed.test:65979',
  'allowed.test:131515',
  'allowed.test:https',
  'allowed.test:443a',
  'allowed.test:4 43',
  'https://allowed.test:443',
])('CONNECT %s, without a proper port, is 400', async (target) => {
  const proxy = await startProxy();
  const received = await exchangeRaw(proxy.port, `CONNECT ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect(statusesOf(received)).toEqual([400]);
  expect(proxy.lines()).toMatchObject([{ reason: 'malformed', status: 400 }]);
});

// Covers: EV-16; RFC 9110 section 9.3.6 limited
test.for([22, 25, 80, 1, 8080, 3128])(
  'CONNECT to port %i, which nobody opened, is 403 and dials nothing',
  async (port) => {
    const proxy = await startProxy();
    const received = await exchangeRaw(
      proxy.port,
      `CONNECT allowed.test:${port} HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    expect(statusesOf(received)).toEqual([403]);
    expect(received).toContain(`port-forbidden ${port}`);
    expect((await proxy.linesOf('decision', 1))[0]).toMatchObject({
      action: 'block',
      reason: 'port-forbidden',
      port,
    });
  },
);

// Covers: RFC 9110 section 9.3.6 no-framing; RFC 9112 section 6.1 no-coding
test('the 200 to a CONNECT has neither a length nor a transfer coding', async () => {
  const origin = await startRawOrigin((socket) => socket.resume());
  const proxy = await startProxy({ plainPorts: [origin.port] });
  const client = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
  expect(client.received()).toBe('HTTP/1.1 200 Connection Established\r\n\r\n');
});

// Covers: EV-18; RFC 9110 section 9.3.6 content
test.for(['Content-Length: 3', 'Transfer-Encoding: chunked'])(
  'a CONNECT with content is refused, and none of it passes: %s',
  async (fields) => {
    const origin = await startRecordingOrigin();
    const proxy = await startProxy({ plainPorts: [origin.port] });
    const received = await exchangeRaw(
      proxy.port,
      `CONNECT allowed.test:${origin.port} HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\nabc`,
    );
    expect(statusesOf(received)).toEqual([400]);
    expect(origin.accepted()).toBe(0);
  },
);

// Covers: RFC 9110 section 9.3.6 success
test('a CONNECT is answered with 200 only once the connection stands', async () => {
  const proxy = await startProxy({ connectPorts: [1] });
  const received = await exchangeRaw(proxy.port, 'CONNECT allowed.test:1 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(statusesOf(received)).toEqual([502]);
  expect(received).toContain('error=connection_refused');
});

// Covers: EV-16
test('plain HTTP to the ports of mail, SSH and others is refused, to just those that browsers refuse', async () => {
  const proxy = await startProxy();
  for (const port of BAD_PORTS) {
    const byBrowsers = await fetch(`http://127.0.0.1:${port}/`).catch(
      ({ cause }: { cause: Error }) => cause.message,
    );
    expect(byBrowsers).toBe('bad port');
    const received = await exchangeRaw(
      proxy.port,
      `POST http://allowed.test:${port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    expect(statusesOf(received)).toEqual([403]);
    expect(received).toContain(`port-forbidden ${port}`);
  }
});

// Covers: EV-16
test('a WebSocket goes to none of these ports either, and a port that the administrator opens is open', async () => {
  const origin = await startRawOrigin((socket) => void socket.once('data', () => socket.end(OK)));
  const closed = await startProxy({ egress: { forbiddenHttpPorts: [origin.port] } });
  const opened = await startProxy({ egress: { forbiddenHttpPorts: [] } });
  const handshake = head(origin, {}, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x');
  expect(statusesOf(await exchangeRaw(closed.port, handshake))).toEqual([403]);
  expect(origin.accepted()).toBe(0);
  expect(statusesOf(await ask(opened.port, head(origin, {})))).toEqual([200]);
});

// Covers: RFC 9110 section 9.3.6 tunnel-close
test('a tunnel passes what one side sent before it closed, and then closes the other', async () => {
  const origin = await startRawOrigin((socket) => socket.end('the last words'));
  const proxy = await startProxy({ plainPorts: [origin.port] });
  const client = connectRaw(proxy.port);
  client.socket.write(`CONNECT allowed.test:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
  expect((await client.closed()).received).toMatch(/\r\n\r\nthe last words$/);
});
