import { execFile } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import net from 'node:net';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { dial, inTurns } from '../../../src/proxy/outward/dial.ts';
import { startBlackhole } from '../../support/blackhole.ts';

const DEADLINE_MS = 10_000;

/** A server at an address and port of loopback that counts who came; it ends when the test does. */
async function listenAt(host: string, port = 0) {
  const sockets = new Set<net.Socket>();
  let accepted = 0;
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.resume();
    socket.once('end', () => socket.end());
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    accepted: () => accepted,
    open: () => sockets.size,
  };
}

/** A client of the proxy, as the proxy holds it, and its own end. */
async function clientPair(): Promise<{ client: net.Socket; far: net.Socket }> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const far = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const client = await new Promise<net.Socket>((resolve) => server.once('connection', resolve));
  client.on('error', () => {});
  client.resume();
  onTestFinished(() => {
    far.destroy();
    client.destroy();
    server.close();
  });
  return { client, far };
}

/** Dials for a client that stays, and checks that nothing but the connection it gives is left. */
async function dialFrom(addresses: readonly string[], port: number, deadlineMs = DEADLINE_MS) {
  const { client } = await clientPair();
  const listeners = client.listenerCount('close');
  const attempts = heedAttempts();
  const dialled = await dial(addresses, port, deadlineMs, client);
  expect(client.listenerCount('close')).toBe(listeners);
  if (dialled.ok) onTestFinished(() => void dialled.value.destroy());
  expect(attempts.filter((socket) => !socket.destroyed)).toEqual(dialled.ok ? [dialled.value] : []);
  return { to: dialled.ok ? dialled.value.remoteAddress : dialled.error, attempts: attempts.length };
}

/** Every socket that this process connects from now on. */
function heedAttempts(): net.Socket[] {
  const attempts: net.Socket[] = [];
  const heed = (message: unknown): void => void attempts.push((message as { socket: net.Socket }).socket);
  subscribe('net.client.socket', heed);
  onTestFinished(() => void unsubscribe('net.client.socket', heed));
  return attempts;
}

// Covers: RFC 8305 section 5
test('the first address that answers is taken, and no other is asked', async () => {
  const { port } = await listenAt('127.0.0.1');
  expect(await dialFrom(['127.0.0.1', '127.0.0.2'], port)).toEqual({ to: '127.0.0.1', attempts: 1 });
});

// Covers: RFC 8305 section 5
test('an address that refuses is followed by the next at once', async () => {
  const { port } = await listenAt('127.0.0.3');
  const dialled = await dialFrom(['127.0.0.1', '127.0.0.2', '127.0.0.3'], port);
  expect(dialled).toEqual({ to: '127.0.0.3', attempts: 3 });
});

// Covers: RFC 8305 section 5
test('an address that does not answer is not waited for: the next is tried beside it', async () => {
  const { port } = await startBlackhole('127.0.0.2');
  await listenAt('127.0.0.1', port);
  expect(await dialFrom(['127.0.0.2', '127.0.0.1'], port)).toEqual({ to: '127.0.0.1', attempts: 2 });
});

// Covers: RFC 8305 section 5
test('a slow address goes on while others are tried, and is taken when they fail', async () => {
  const { port, wake } = await startBlackhole('127.0.0.2');
  const { client } = await clientPair();
  const attempts = heedAttempts();
  const dialled = dial(['127.0.0.2', '127.0.0.1'], port, DEADLINE_MS, client);
  await vi.waitFor(() => expect(attempts[1]?.destroyed).toBe(true), { timeout: 10_000 });
  wake();
  const connection = await dialled;
  if (!connection.ok) throw new Error(connection.error);
  expect(connection.value).toBe(attempts[0]);
  connection.value.destroy();
});

test.each([
  ['nobody listens', ['127.0.0.1', '127.0.0.2'], 'connection_refused'],
  ['one has no route, and one refuses', ['255.255.255.255', '127.0.0.1'], 'connection_refused'],
  ['one refuses, and one has no route', ['127.0.0.1', '255.255.255.255'], 'connection_refused'],
  ['there is no route', ['255.255.255.255'], 'destination_unavailable'],
  ['there is no address', [], 'destination_unavailable'],
])('when all fail the most telling failure is reported: %s', async (_name, addresses, error) => {
  const { port } = await listenAt('127.0.0.9');
  expect(await dialFrom(addresses, port)).toEqual({ to: error, attempts: addresses.length });
});

test('the deadline holds over all addresses together', async () => {
  const { port } = await startBlackhole('127.0.0.2');
  const dialled = await dialFrom(['127.0.0.2', '127.0.0.3'], port, 400);
  expect(dialled).toEqual({ to: 'connection_timeout', attempts: 2 });
});

// Covers: EV-19
test('a client that leaves ends all attempts', async () => {
  const { port } = await startBlackhole('127.0.0.2');
  const { client, far } = await clientPair();
  const attempts = heedAttempts();
  const dialled = dial(['127.0.0.2', '127.0.0.3'], port, DEADLINE_MS, client);
  far.resetAndDestroy();
  expect(await dialled).toEqual({ ok: false, error: 'connection_terminated' });
  expect(attempts.map((socket) => socket.destroyed)).toEqual([true]);
});

test('for a client that has left already nothing is dialled', async () => {
  const { client } = await clientPair();
  client.destroy();
  const attempts = heedAttempts();
  const dialled = await dial(['127.0.0.1'], 1, DEADLINE_MS, client);
  expect(dialled).toEqual({ ok: false, error: 'connection_terminated' });
  expect(attempts).toEqual([]);
});

// Covers: EV-12
test('of very many addresses only some are tried', async () => {
  const { port } = await listenAt('127.0.1.200');
  const addresses = Array.from({ length: 200 }, (_, index) => `127.0.1.${index + 1}`);
  expect(await dialFrom(addresses, port)).toEqual({ to: 'connection_refused', attempts: 10 });
});

test('fifty races at once end with one connection each', async () => {
  const { port } = await listenAt('127.0.0.2');
  const other = await listenAt('127.0.0.3', port);
  const { client } = await clientPair();
  client.setMaxListeners(0);
  const attempts = heedAttempts();
  const dialled = await Promise.all(
    Array.from({ length: 50 }, () =>
      dial(['127.0.0.1', '127.0.0.2', '127.0.0.3'], port, DEADLINE_MS, client),
    ),
  );
  const connections = dialled.flatMap((result) => (result.ok ? [result.value] : []));
  expect(connections.length).toBe(50);
  expect(attempts.filter((socket) => !socket.destroyed).length).toBe(50);
  for (const connection of connections) connection.destroy();
  await vi.waitFor(() => expect(other.open()).toBe(0), { timeout: 10_000 });
});

// Covers: RFC 8305 section 4
test.each([
  [
    ['2001:db8::1', '2001:db8::2', '2001:db8::3', '192.0.2.1'],
    ['2001:db8::1', '192.0.2.1', '2001:db8::2', '2001:db8::3'],
  ],
  [
    ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2'],
    ['192.0.2.1', '2001:db8::1', '192.0.2.2', '2001:db8::2'],
  ],
  [
    ['192.0.2.1', '192.0.2.2'],
    ['192.0.2.1', '192.0.2.2'],
  ],
  [[], []],
])('families take turns, in their own order and the first address first: %j', (addresses, order) => {
  expect(inTurns(addresses)).toEqual(order);
});

test('to be out of files is a limit that was reached, and no fault', async () => {
  const program = `
    import { openSync } from 'node:fs';
    import net from 'node:net';
    import { dial } from '${new URL('../../../src/proxy/outward/dial.ts', import.meta.url)}';
    const isFull = () => { try { openSync('/dev/null'); return false; } catch { return true; } };
    while (!isFull());
    const dialled = await dial(['127.0.0.1', '127.0.0.2'], 1, 10_000, new net.Socket());
    console.log(dialled.ok ? 'connected' : dialled.error);`;
  // A limit of a shell of its own, which Node cannot raise again.
  const shell = ['-c', 'ulimit -n 64 && exec "$0" --input-type=module -e "$1"', process.execPath, program];
  const { stdout } = await promisify(execFile)('sh', shell);
  expect(stdout).toBe('connection_limit_reached\n');
});
