import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { ORIGIN_BODY } from '../../bench/traffic/site.ts';
import { unitOf } from '../../bench/traffic/units.ts';
import { startRawOrigin } from '../support/origin.ts';

const ESTABLISHED = 'HTTP/1.1 200 OK\r\n\r\n';
const CLIENT_HELLO = 0x16;

/** Asks for 1 KB through a proxy that answers CONNECT with `head`, then the ClientHello as `say` does. */
async function exchangeWith(head: string, say: (socket: Socket) => void): Promise<void> {
  const proxy = await startRawOrigin((socket) => {
    let asked = '';
    socket.on('data', (chunk) => {
      if (chunk[0] === CLIENT_HELLO) return say(socket);
      asked += chunk;
      if (asked.endsWith('\r\n\r\n')) socket.write(head);
    });
  });
  const unit = await unitOf(proxy.port, { kind: 'exchange', to: { host: 'origin.example', port: 443 } });
  await unit();
}

test('a tunnel that carries what the origin says counts, in whatever pieces it comes', async () => {
  await exchangeWith(ESTABLISHED, (socket) => {
    socket.write(ORIGIN_BODY.slice(0, 1), () => socket.write(ORIGIN_BODY.slice(1)));
  });
});

test.each([
  ['other bytes', (socket: Socket) => socket.write('x'.repeat(ORIGIN_BODY.length)), /the origin said: xxx/],
  ['a byte too many', (socket: Socket) => socket.write(`${ORIGIN_BODY}x`), /the origin said/],
  ['an end before all has come', (socket: Socket) => socket.end(ORIGIN_BODY.slice(0, 9)), /the tunnel ended/],
])('a tunnel with %s is an error', async (_, say, problem) => {
  await expect(exchangeWith(ESTABLISHED, say)).rejects.toThrow(problem);
});

test('a proxy that refuses the tunnel is an error, which says with what', async () => {
  await expect(exchangeWith('HTTP/1.1 403 Forbidden\r\n\r\n', () => {})).rejects.toThrow(
    'CONNECT: HTTP/1.1 403 Forbidden',
  );
});
