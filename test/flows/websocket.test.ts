import http from 'node:http';
import net from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { connectRaw, exchangeRaw } from '../support/client.ts';
import { type Origin, startHttpOrigin, startRawOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';

async function startEchoOrigin(): Promise<Origin> {
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
  const origin = await startRawOrigin((socket) => server.emit('connection', socket));
  const server = http.createServer((_, response) => response.writeHead(426).end('upgrade, please'));
  server.on('upgrade', (incoming, socket, head) =>
    sockets.handleUpgrade(incoming, socket, head, (ready) => sockets.emit('connection', ready)),
  );
  return origin;
}

/** A WebSocket in the clear, asked of the proxy in absolute-form. */
function openWebSocket(proxyPort: number, url: string): WebSocket {
  const socket = new WebSocket(url, {
    createConnection: () => net.connect(proxyPort, '127.0.0.1'),
    finishRequest: (outgoing) => {
      outgoing.path = url.replace(/^ws/, 'http');
      outgoing.end();
    },
  });
  onTestFinished(() => void socket.on('error', () => {}).terminate());
  return socket;
}

test('a WebSocket in the clear passes, both ways, and is logged as one', async () => {
  const origin = await startEchoOrigin();
  const proxy = await startProxy();
  const socket = openWebSocket(proxy.port, `ws://allowed.test:${origin.port}/chat?x=1`);
  const echoed = new Promise<string>((resolve, reject) => {
    socket.on('message', (data) => resolve(String(data)));
    socket.on('error', reject);
  });
  socket.on('open', () => socket.send('hello'));
  expect(await echoed).toBe('echo hello');
  socket.close();
  expect((await proxy.linesOf('decision', 1))[0]).toMatchObject({
    via: 'websocket',
    method: 'GET',
    host: 'allowed.test',
    path: '/chat',
    action: 'forward',
  });
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'tunnel-closed' });
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

// Covers: EV-36
test('a WebSocket to a blocked host gets the page, and nothing is dialled', async () => {
  const origin = await startEchoOrigin();
  const proxy = await startProxy();
  const refused = await new Promise<number | undefined>((resolve, reject) => {
    const socket = openWebSocket(proxy.port, `ws://blocked.test:${origin.port}/`);
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    socket.on('open', reject);
  });
  expect(refused).toBe(403);
  expect((await proxy.linesOf('decision', 1))[0]).toMatchObject({
    via: 'websocket',
    action: 'block',
    rule: 'no-blocked',
  });
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'block-page-served' });
  expect(origin.accepted()).toBe(0);
});

const handshake = (authority: string, upgrade = 'websocket') =>
  `GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

test('an origin that declines the upgrade is heard', async () => {
  const origin = await startHttpOrigin((_, response) =>
    response.writeHead(426, { 'x-why': 'no sockets' }).end('not here'),
  );
  const proxy = await startProxy();
  const received = await exchangeRaw(proxy.port, handshake(`allowed.test:${origin.port}`));
  expect(received).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
  expect(received).toContain('x-why: no sockets');
  expect(received.endsWith('not here')).toBe(true);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    kind: 'response-relayed',
    status: 426,
    bytesDown: 8,
  });
});

// Covers: EV-36
test('no other protocol is upgraded to: the request goes on as a plain one (EV-36)', async () => {
  let upgrade: string | undefined = 'none seen';
  const origin = await startHttpOrigin((incoming, response) => {
    upgrade = incoming.headers.upgrade;
    response.end('plain');
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(handshake(`allowed.test:${origin.port}`, 'h2c'));
  await client.until((received) => received.includes('plain'));
  expect(upgrade).toBeUndefined();
});

// Covers: EV-36; RFC 9110 section 7.8 agreed
test.for([
  [
    'switches to something else',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  ],
  ['says nothing sensible', 'garbage\r\n\r\n'],
  ['hangs up', ''],
])('an origin that %s ends in a 502 and one outcome', async ([, bytes]) => {
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () => socket.end(String(bytes)));
  });
  const proxy = await startProxy();
  expect(await exchangeRaw(proxy.port, handshake(`allowed.test:${origin.port}`))).toMatch(/^HTTP\/1\.1 502 /);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'upstream-failed' });
});

// Covers: EV-33
test('an origin that refuses and talks nonsense in one breath breaks off the client too, at once', async () => {
  const refusal = 'HTTP/1.1 426 Upgrade Required\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n';
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () => socket.write(refusal));
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(handshake(`allowed.test:${origin.port}`));
  expect((await client.closed()).error?.code).toBe('ECONNRESET');
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    kind: 'upstream-failed',
    cause: 'http_response_incomplete',
  });
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

test('an origin that never answers the handshake is given up', async () => {
  const origin = await startRawOrigin((socket) => socket.resume());
  const proxy = await startProxy({ limits: { exchangeIdleMs: 100 } });
  expect(await exchangeRaw(proxy.port, handshake(`allowed.test:${origin.port}`))).toMatch(/^HTTP\/1\.1 504 /);
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

// Covers: EV-31
test.for([
  ['drips the head of its answer', 'X', 504],
  ['sends interim responses without end', 'HTTP/1.1 102 Processing\r\n\r\n', 502],
])('an origin that %s to the handshake is given up', async ([, bytes, status]) => {
  const origin = await startRawOrigin((socket) => {
    if (status === 504) socket.write('HTTP/1.1 101 Switching Protocols\r\nX: ');
    const drip = setInterval(() => socket.write(String(bytes)), 10);
    socket.resume().once('close', () => clearInterval(drip));
  });
  const proxy = await startProxy({ limits: { exchangeIdleMs: 500 } });
  const received = await exchangeRaw(proxy.port, handshake(`allowed.test:${origin.port}`));
  expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(await proxy.linesOf('outcome', 1)).toMatchObject([{ kind: 'upstream-failed' }]);
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

test('an origin that declines and then stalls is given up', async () => {
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'));
  });
  const proxy = await startProxy({ limits: { exchangeIdleMs: 100 } });
  const client = connectRaw(proxy.port);
  client.socket.write(handshake(`allowed.test:${origin.port}`));
  await client.closed();
  expect((await proxy.linesOf('outcome', 1))[0]?.kind).not.toBe('response-relayed');
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

test('after an origin has closed a WebSocket, a client that stays is let go too', async () => {
  const origin = await startRawOrigin((socket) => {
    const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    socket.once('data', () => socket.end(switched));
  });
  const proxy = await startProxy({ limits: { tunnelIdleMs: 100 } });
  const client = connectRaw(proxy.port, { allowHalfOpen: true });
  client.socket.write(handshake(`allowed.test:${origin.port}`));
  await client.until((received) => received.includes('101'));
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'tunnel-closed' });
});

test('a client that leaves during the handshake ends it upstream', async () => {
  const reached = Promise.withResolvers<void>();
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () => reached.resolve());
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(handshake(`allowed.test:${origin.port}`));
  await reached.promise;
  client.socket.resetAndDestroy();
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'client-left' });
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});
