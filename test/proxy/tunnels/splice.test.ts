import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { splice } from '../../../src/proxy/tunnels/splice.ts';
import { takeOver } from '../../../src/proxy/tunnels/take-over.ts';

const AMPLE = { tunnelIdleMs: 60_000, tunnelTotalMs: 60_000 };

/** Both ends of a TCP connection on the loopback network, each of which may be closed by half. */
async function connection(): Promise<{ near: net.Socket; far: net.Socket }> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const far = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const [near] = (await once(server, 'connection')) as [net.Socket];
  server.close();
  for (const socket of [near, far]) socket.on('error', () => {});
  onTestFinished(() => {
    near.destroy();
    far.destroy();
  });
  return { near, far };
}

/** A client and an origin, and the two sockets between them that are to be joined. */
async function ends(): Promise<Record<'client' | 'nearClient' | 'nearOrigin' | 'origin', net.Socket>> {
  const [a, b] = await Promise.all([connection(), connection()]);
  return { client: a.far, nearClient: a.near, nearOrigin: b.near, origin: b.far };
}

/** Not by `for await`, which destroys a socket that may have more to send. */
async function readAll(socket: net.Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks);
}

/** Bytes no two stretches of which are alike, so that none can be lost, doubled or overwritten unseen. */
function distinctBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
  return bytes;
}

test('a large transfer arrives byte for byte, both ways at once, and is counted', async () => {
  const { client, nearClient, nearOrigin, origin } = await ends();
  const up = distinctBytes(24_000_000);
  const down = distinctBytes(17_000_001);
  const spliced = splice(nearClient, nearOrigin, AMPLE);
  client.end(up);
  origin.end(down);
  const [atOrigin, atClient] = await Promise.all([readAll(origin), readAll(client)]);
  expect(atOrigin.equals(up)).toBe(true);
  expect(atClient.equals(down)).toBe(true);
  expect(await spliced).toEqual({ bytesUp: up.length, bytesDown: down.length });
});

test('what waits for a reader who pauses is not overwritten by what other tunnels carry', async () => {
  const slow = await ends();
  const busy = await ends();
  const sent = distinctBytes(30_000_000);
  const other = Buffer.alloc(30_000_000, 'o');
  void splice(slow.nearClient, slow.nearOrigin, AMPLE);
  void splice(busy.nearClient, busy.nearOrigin, AMPLE);
  slow.origin.end(sent); // more than the kernel keeps for one who does not read
  busy.origin.end(other);
  expect((await readAll(busy.client)).equals(other)).toBe(true);
  expect(slow.origin.writableFinished).toBe(false);
  expect((await readAll(slow.client)).equals(sent)).toBe(true);
});

test('what was read before anybody joined them goes first', async () => {
  const { client, nearClient, nearOrigin, origin } = await ends();
  client.write('first, ');
  nearClient.read(0);
  await once(nearClient, 'readable');
  void splice(nearClient, nearOrigin, AMPLE);
  client.end('and then');
  expect((await readAll(origin)).toString()).toBe('first, and then');
});

test('a side that was ended before anybody joined them is ended behind what it sent', async () => {
  const { client, nearClient, nearOrigin, origin } = await ends();
  client.end('all I have to say');
  nearClient.read(0);
  await once(nearClient, 'readable');
  const spliced = splice(nearClient, nearOrigin, AMPLE);
  expect((await readAll(origin)).toString()).toBe('all I have to say');
  origin.end('heard');
  expect((await readAll(client)).toString()).toBe('heard');
  expect(await spliced).toEqual({ bytesUp: 17, bytesDown: 5 });
});

test('traffic puts the idle limit off; the end of it brings it on', async () => {
  const { client, nearClient, nearOrigin, origin } = await ends();
  origin.pipe(origin);
  const startedAt = performance.now();
  const spliced = splice(nearClient, nearOrigin, { tunnelIdleMs: 150, tunnelTotalMs: 60_000 });
  let turns = 0;
  client.on('data', () => {
    if (performance.now() - startedAt < 400) setImmediate(() => client.write('x'));
    turns += 1;
  });
  client.write('x');
  await spliced;
  expect(turns).toBeGreaterThan(1);
  expect(performance.now() - startedAt).toBeGreaterThan(500);
});

test('a connection that is taken over reads into the memory that its reader names, and then into the next', async () => {
  const { near, far } = await connection();
  const buffers = [Buffer.alloc(4), Buffer.alloc(8)];
  const read: string[] = [];
  let next = 0;
  takeOver(near, {
    buffer: () => buffers[next] as Buffer,
    callback(length, filled) {
      read.push(filled.subarray(0, length).toString());
      next = 1;
      return true;
    },
  });
  far.end('one two');
  near.resume();
  await once(near, 'end');
  expect(read).toEqual(['one ', 'two']);
  expect(buffers.map(String)).toEqual(['one ', 'two\0\0\0\0\0']);
});

test('an end that came before anybody joined them, with nothing before it, is passed on', async () => {
  const { client, nearClient, nearOrigin, origin } = await ends();
  const ended = once(nearOrigin, 'end');
  origin.end();
  nearOrigin.read(0);
  await ended;
  const spliced = splice(nearClient, nearOrigin, AMPLE);
  expect((await readAll(client)).toString()).toBe('');
  client.end('heard');
  expect((await readAll(origin)).toString()).toBe('heard');
  expect(await spliced).toEqual({ bytesUp: 5, bytesDown: 0 });
});

test('a connection that speaks TLS, or is at its end, is not taken over', async () => {
  const { near } = await connection();
  const reader = { buffer: () => Buffer.alloc(64), callback: () => true };
  const secured = new tls.TLSSocket(near, { isServer: true });
  secured.on('error', () => {});
  expect(takeOver(secured, reader)).toBeUndefined();
  const { near: ended } = await connection();
  ended.end();
  expect(takeOver(ended, reader)).toBeUndefined();
});

test('sockets that cannot be taken over are joined all the same', async () => {
  const { client, nearClient, nearOrigin, origin } = await ends();
  const sent = distinctBytes(5_000_000);
  // As it would be in a Node whose sockets are made otherwise.
  for (const socket of [nearClient, nearOrigin]) {
    const handle = (socket as unknown as { _handle: object })._handle;
    Object.defineProperty(handle, 'useUserBuffer', { value: undefined });
  }
  const spliced = splice(nearClient, nearOrigin, AMPLE);
  client.end(sent);
  origin.end(sent);
  const [atOrigin, atClient] = await Promise.all([readAll(origin), readAll(client)]);
  expect(atOrigin.equals(sent)).toBe(true);
  expect(atClient.equals(sent)).toBe(true);
  expect(await spliced).toEqual({ bytesUp: sent.length, bytesDown: sent.length });
});
