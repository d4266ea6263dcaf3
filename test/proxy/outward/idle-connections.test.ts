import net from 'node:net';
import { expect, test, vi } from 'vitest';
import { createIdleConnections } from '../../../src/proxy/outward/idle-connections.ts';

const sockets = (count: number): net.Socket[] => Array.from({ length: count }, () => new net.Socket());
const closed = (of: readonly net.Socket[]): boolean[] => of.map((socket) => socket.destroyed);

test('beyond the bound of one client its oldest idle connection is closed, and nobody else’s', () => {
  const idle = createIdleConnections(2, 100);
  const [client, other] = [new net.Socket(), new net.Socket()];
  const [first, ...own] = [new net.Socket(), ...sockets(3)];
  idle.add(first, other);
  for (const socket of own) idle.add(socket, client);
  expect(closed([first, ...own])).toEqual([false, true, false, false]);
});

test('beyond the bound of all the oldest idle connection is closed, whoever it served', () => {
  const idle = createIdleConnections(2, 3);
  const all = sockets(5);
  for (const socket of all) idle.add(socket, new net.Socket());
  expect(closed(all)).toEqual([true, true, false, false, false]);
});

test('a connection that carries a request again, or has closed, counts no more', async () => {
  const idle = createIdleConnections(2, 2);
  const client = new net.Socket();
  const [taken, gone, third, fourth] = sockets(4) as [net.Socket, net.Socket, net.Socket, net.Socket];
  idle.add(taken, client);
  idle.add(gone, client);
  idle.take(taken);
  const onClose = vi.fn();
  gone.once('close', onClose).destroy();
  await vi.waitFor(() => expect(onClose).toHaveBeenCalled());
  idle.add(third, client);
  idle.add(fourth, client);
  expect(closed([taken, third, fourth])).toEqual([false, false, false]);
  expect(taken.listenerCount('close')).toBe(0);
});
