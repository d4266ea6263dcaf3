import { once } from 'node:events';
import net from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { parseHost } from '../../../src/policy/host.ts';
import { createParent, reachParent } from '../../../src/proxy/outward/parent.ts';
import { unwrap } from '../../policy/support.ts';
import { startRawOrigin } from '../../support/origin.ts';

/** A connection of a client, as the proxy holds it, and the client's own end of it. */
async function clientPair(): Promise<{ readonly held: net.Socket; readonly client: net.Socket }> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  const [held] = (await once(server, 'connection')) as [net.Socket];
  held.on('error', () => {});
  held.read(0); // so that a reset is noticed, as `holdClient` has it
  server.close();
  onTestFinished(() => {
    client.destroy();
    held.destroy();
  });
  return { held, client };
}

const parentOf = (scheme: 'http' | 'https', port: number) =>
  createParent({ url: { scheme, host: unwrap(parseHost('parent.test')), port } });

const egress = {
  isOwnListener: () => false,
  forbidsPort: () => false,
  forbidsLiteral: () => false,
  forbidsAddress: () => undefined,
};

const FAR = { dialMs: 600_000 };

test('a client that leaves while the name of a parent is looked up is not waited for', async () => {
  const { held, client } = await clientPair();
  const reached = reachParent(parentOf('http', 1), held, {
    resolve: () => new Promise(() => {}),
    egress,
    ...FAR,
  });
  client.resetAndDestroy();
  expect(await reached).toEqual({ ok: false, error: 'connection_terminated' });
  expect(held.listenerCount('close')).toBe(0);
});

test('a client that left before is not looked up for', async () => {
  const { held } = await clientPair();
  held.destroy();
  const resolve = () => Promise.resolve({ ok: true, value: ['127.0.0.1'] } as const);
  const reached = await reachParent(parentOf('http', 1), held, { resolve, egress, ...FAR });
  expect(reached).toEqual({ ok: false, error: 'connection_terminated' });
});

test('a client that leaves during the handshake with a parent ends it, and the connection', async () => {
  const silent = await startRawOrigin((socket) => socket.resume());
  const { held, client } = await clientPair();
  const resolve = () => Promise.resolve({ ok: true, value: ['127.0.0.1'] } as const);
  const reached = reachParent(parentOf('https', silent.port), held, { resolve, egress, ...FAR });
  await vi.waitFor(() => expect(silent.accepted()).toBe(1));
  client.resetAndDestroy();
  expect(await reached).toEqual({ ok: false, error: 'connection_terminated' });
  await vi.waitFor(() => expect(silent.open()).toBe(0));
});
