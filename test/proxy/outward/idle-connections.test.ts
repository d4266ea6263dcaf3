import net from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { NextHopConnection } from '../../../src/proxy/http/wire/next-hop-connection.ts';
import { createIdleConnections } from '../../../src/proxy/outward/idle-connections.ts';

const ORIGIN = '203.0.113.1:80';

/** Idle for as long as the proxy likes. */
function connection(keptForMs = Number.POSITIVE_INFINITY): NextHopConnection {
  const made = new NextHopConnection(new net.Socket(), { exchangeIdleMs: 60_000, maxHeaderBytes: 1_000 });
  made.keptForMs = keptForMs;
  return made;
}
const connections = (count: number): NextHopConnection[] => Array.from({ length: count }, () => connection());
const closed = (of: readonly NextHopConnection[]): boolean[] => of.map(({ socket }) => socket.destroyed);

afterEach(() => void vi.useRealTimers());

test('beyond the bound of one client its oldest idle connection is closed, and nobody else’s', () => {
  const idle = createIdleConnections(2, 100);
  const [client, other] = [new net.Socket(), new net.Socket()];
  const [first, ...own] = [connection(), ...connections(3)];
  idle.add(first, other, ORIGIN);
  for (const one of own) idle.add(one, client, ORIGIN);
  expect(closed([first, ...own])).toEqual([false, true, false, false]);
  idle.close();
});

test('beyond the bound of all the oldest idle connection is closed, whoever it served', () => {
  const idle = createIdleConnections(2, 3);
  const all = connections(5);
  for (const one of all) idle.add(one, new net.Socket(), ORIGIN);
  expect(closed(all)).toEqual([true, true, false, false, false]);
  idle.close();
});

test('a connection that carries a request again, or has closed, counts no more', async () => {
  const idle = createIdleConnections(2, 2);
  const client = new net.Socket();
  const [taken, gone, third, fourth] = connections(4) as [
    NextHopConnection,
    NextHopConnection,
    NextHopConnection,
    NextHopConnection,
  ];
  idle.add(taken, client, ORIGIN);
  idle.add(gone, client, 'elsewhere');
  expect(idle.take(client, ORIGIN)).toBe(taken);
  const onClose = vi.fn();
  gone.socket.once('close', onClose).destroy();
  await vi.waitFor(() => expect(onClose).toHaveBeenCalled());
  idle.add(third, client, ORIGIN);
  idle.add(fourth, client, ORIGIN);
  expect(closed([taken, third, fourth])).toEqual([false, false, false]);
  idle.close();
});

test('a connection is given to the client that it served, and only for where it leads', () => {
  const idle = createIdleConnections();
  const client = new net.Socket();
  const [one, ...none] = [connection(), connection()];
  // It looks open to who asks: a socket that never connected is not writable.
  Object.defineProperty(one, 'isOpen', { value: true });
  idle.add(one, client, ORIGIN);
  expect(idle.take(new net.Socket(), ORIGIN)).toBeUndefined();
  expect(idle.take(client, '203.0.113.2:80')).toBeUndefined();
  expect(idle.take(client, ORIGIN)).toBe(one);
  expect(idle.take(client, ORIGIN)).toBeUndefined();
  expect(closed([one, ...none])).toEqual([false, false]);
});

test('an idle connection is closed before its origin would, by what that said or by itself', () => {
  vi.useFakeTimers();
  const idle = createIdleConnections();
  const [short, long] = [connection(1_000), connection()];
  for (const one of [short, long]) idle.add(one, new net.Socket(), ORIGIN);
  vi.advanceTimersByTime(900);
  expect(closed([short, long])).toEqual([false, false]);
  vi.advanceTimersByTime(1_000);
  expect(closed([short, long])).toEqual([true, false]);
  vi.advanceTimersByTime(3_000);
  expect(closed([long])).toEqual([true]);
  expect(vi.getTimerCount()).toBe(0); // with nothing idle there is nothing to look after
});
