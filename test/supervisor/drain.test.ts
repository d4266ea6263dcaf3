import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/proxy/bounds/limits.ts';
import { ClientConnection, isIdle } from '../../src/proxy/http/wire/client-connection.ts';
import type { OutgoingResponse } from '../../src/proxy/http/wire/outgoing-response.ts';
import { drainable } from '../../src/supervisor/drain.ts';
import { connectRaw, request } from '../support/client.ts';
import { isListening } from '../support/serve.ts';

const NEVER_MS = 1_000_000;

/** A server whose requests wait until the test lets them go on. */
async function startServer() {
  const held: OutgoingResponse[] = [];
  const bounds = { ...DEFAULT_LIMITS, keepAliveMs: NEVER_MS };
  const sockets: net.Socket[] = [];
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    new ClientConnection(socket, bounds, {
      onRequest(_, response) {
        response.writeHead(200, []);
        held.push(response);
      },
      onLeaving: (request) => void request.socket.write('HTTP/1.1 200 OK\r\n\r\n'),
      onOutOfTurn: ({ socket }) => socket.destroy(),
      onMalformed: (_, __, socket) => socket.destroy(),
      onBrokenBody: (socket) => socket.destroy(),
    });
  });
  const { drain } = drainable([server], isIdle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as net.AddressInfo;
  const isHeld = (count: number) =>
    vi.waitUntil(() => held.length === count, { timeout: 20_000, interval: 5 });
  return { server, drain, held, isHeld, port };
}

/** Opens a connection and says nothing on it, as browsers do ahead of a request. */
async function connectSilently(server: net.Server) {
  const accepted = once(server, 'connection');
  const client = connectRaw((server.address() as net.AddressInfo).port);
  await accepted;
  return client;
}

describe('drain', () => {
  test('ends at once when nothing runs', async () => {
    const { drain, port } = await startServer();
    await drain(NEVER_MS);
    expect(await isListening(port)).toBe(false);
  });

  test('serves whoever the kernel has let in before, though nobody has accepted it', async () => {
    const { drain, held, isHeld, port } = await startServer();
    const early = Array.from({ length: 20 }, () => request(port, 'http://a.example/'));
    process.nextTick(() => void drain(NEVER_MS)); // the connections are made in the ticks before it
    await isHeld(early.length);
    for (const response of held) {
      response.write(Buffer.from('served'));
      response.end();
    }
    expect((await Promise.all(early)).map(({ body }) => body)).toEqual(early.map(() => 'served'));
  });

  test('takes no new connection, while what runs goes on', async () => {
    const { drain, held, isHeld, port } = await startServer();
    const running = request(port, 'http://a.example/');
    await isHeld(1);
    const drained = drain(NEVER_MS);
    await vi.waitFor(async () => expect(await isListening(port)).toBe(false), { timeout: 20_000 });
    held[0]?.end();
    await running;
    await drained;
  });

  test('closes connections that are idle, however long they might be kept', async () => {
    const { drain, held, isHeld, port } = await startServer();
    const agent = new http.Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const first = request(port, 'http://a.example/', { agent });
    await isHeld(1);
    held[0]?.end();
    await first;
    await drain(NEVER_MS);
  });

  test('closes connections that never said anything', async () => {
    const { drain, server } = await startServer();
    const silent = await connectSilently(server);
    await drain(NEVER_MS);
    expect((await silent.closed()).received).toBe('');
  });

  test('waits for a running request, and closes its connection after it', async () => {
    const { drain, held, isHeld, port, server } = await startServer();
    const agent = new http.Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const running = request(port, 'http://a.example/', { agent });
    await isHeld(1);
    const silent = await connectSilently(server);
    let isDrained = false;
    const drained = drain(NEVER_MS).then(() => {
      isDrained = true;
    });
    held[0]?.write(Buffer.from('first half, '));
    await silent.closed(); // what waits for nothing goes first
    expect(isDrained).toBe(false);
    held[0]?.write(Buffer.from('second half'));
    held[0]?.end();
    expect(await running).toMatchObject({ status: 200, body: 'first half, second half' });
    await drained;
  });

  test('ends what still runs at the deadline: requests and tunnels', async () => {
    const { drain, isHeld, port } = await startServer();
    const stuck = connectRaw(port);
    stuck.socket.write('GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n');
    await isHeld(1);
    const tunnel = connectRaw(port);
    tunnel.socket.write('CONNECT a.example:443 HTTP/1.1\r\nHost: a.example\r\n\r\n');
    await tunnel.until((received) => received.includes('200'));
    await drain(1);
    await stuck.closed();
    await tunnel.closed();
  });

  test('is over when every request has heard of its end, and not before', async () => {
    const { drain, held, isHeld, port } = await startServer();
    const stuck = connectRaw(port);
    stuck.socket.write('GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n');
    await isHeld(1);
    let hasHeard = false;
    held[0]?.whenOver(() => {
      hasHeard = true;
    });
    await drain(1);
    expect(hasHeard).toBe(true);
  });

  test('drains all of several servers', async () => {
    const servers = [net.createServer(), net.createServer()];
    const { drain } = drainable(servers, isIdle);
    const ports = await Promise.all(
      servers.map(async (server) => {
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        return (server.address() as net.AddressInfo).port;
      }),
    );
    await drain(NEVER_MS);
    expect(await Promise.all(ports.map(isListening))).toEqual([false, false]);
  });
});
