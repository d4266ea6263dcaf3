import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { peerAddress } from '../../../src/proxy/arrival/client-address.ts';

/** The server's end of a connection from 127.0.0.1 to a listener there, however that is bound. */
async function arrivingAt(host: string): Promise<net.Socket> {
  const arrived = Promise.withResolvers<net.Socket>();
  const server = net.createServer(arrived.resolve);
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve));
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const socket = await arrived.promise;
  onTestFinished(() => void socket.destroy());
  return socket;
}

test.each([
  ['an IPv4 listener', '127.0.0.1', '127.0.0.1'],
  [
    'a listener of both kinds, to which the kernel tells it in the IPv6 form',
    '::ffff:127.0.0.1',
    '::ffff:127.0.0.1',
  ],
])('an IPv4 peer of %s is told by its IPv4 address', async (_name, host, remoteAddress) => {
  const socket = await arrivingAt(host);
  expect(socket.remoteAddress).toBe(remoteAddress);
  expect(peerAddress(socket)).toBe('127.0.0.1');
});

test('of a connection that is gone no address is told', async () => {
  const socket = await arrivingAt('127.0.0.1');
  socket.destroy();
  expect(peerAddress(socket)).toBe('');
});
