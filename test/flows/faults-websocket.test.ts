import { describe } from 'vitest';
import { faultTable, type Held, type Scene } from '../support/faults.ts';
import { pour } from '../support/peer.ts';

/** A WebSocket in the clear, allowed and blocked: each state of the path, by each fault of each side. */

const handshake = (authority: string): string =>
  `GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const HALF_REFUSAL = 'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 10\r\n\r\nhalf';
const FRAME = '\x81\x05hello'; // a text frame of a server (RFC 6455 section 5.2)

async function ask(scene: Scene): Promise<Required<Held>> {
  const accepted = scene.accept();
  const client = await scene.connect();
  client.socket.write(handshake(scene.allowed));
  const origin = await accepted;
  await origin.until('\r\n\r\n');
  return { client, origin };
}

async function answer(scene: Scene, text: string, seen?: string): Promise<Required<Held>> {
  const held = await ask(scene);
  held.origin.socket.write(text, 'latin1');
  if (seen !== undefined) await held.client.until(seen);
  return held;
}

/** Either end of a WebSocket closes on bytes that are no frame. */
function closeOnNonsense({ client, origin }: Held, side: string, fault: string): void {
  if (fault === 'garbage') (side === 'client' ? origin : client)?.socket.end();
}

// Covers: EV-19; EV-28; EV-32; EV-36
describe('an allowed WebSocket', () =>
  faultTable([
    {
      state: 'half of the handshake has come',
      async reach(scene) {
        const client = await scene.connect();
        client.socket.write(handshake(scene.allowed).slice(0, -10));
        return { client };
      },
      client: { RST: 'nothing', FIN: 'malformed 400', stall: 'malformed 408', garbage: 'malformed 400' },
    },
    {
      state: 'the origin is thinking',
      reach: ask,
      goOn({ origin }, side, fault) {
        if (side === 'client' && fault === 'FIN') origin?.socket.write(HALF_REFUSAL);
      },
      client: { RST: 'client-left', FIN: 'client-left' },
      origin: {
        RST: 'upstream-failed connection_terminated',
        FIN: 'upstream-failed connection_terminated',
        stall: 'upstream-failed http_response_timeout',
        garbage: 'upstream-failed http_protocol_error',
      },
    },
    {
      state: 'half of the 101 has come',
      reach: (scene) => answer(scene, SWITCH.slice(0, -10)),
      client: { RST: 'client-left' },
      origin: {
        RST: 'upstream-failed connection_terminated',
        FIN: 'upstream-failed connection_terminated',
        stall: 'upstream-failed http_response_timeout',
        garbage: 'upstream-failed http_protocol_error',
      },
    },
    {
      state: 'it is open, and nobody says anything',
      reach: (scene) => answer(scene, SWITCH, '\r\n\r\n'),
      goOn: closeOnNonsense,
      client: {
        RST: 'tunnel-closed',
        FIN: 'tunnel-closed',
        stall: 'tunnel-closed',
        garbage: 'tunnel-closed',
      },
      origin: {
        RST: 'tunnel-closed',
        FIN: 'tunnel-closed',
        stall: 'tunnel-closed',
        garbage: 'tunnel-closed',
      },
    },
    {
      state: 'frames flow down',
      async reach(scene) {
        const held = await answer(scene, SWITCH + FRAME, FRAME);
        pour(held.origin.socket);
        return held;
      },
      goOn: closeOnNonsense,
      client: { RST: 'tunnel-closed', stall: 'tunnel-closed', garbage: 'tunnel-closed' },
      origin: { RST: 'tunnel-closed', FIN: 'tunnel-closed', garbage: 'tunnel-closed' },
    },
    {
      state: 'half of a refusal has come',
      reach: (scene) =>
        answer(scene, 'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 10\r\n\r\nhalf', 'half'),
      client: { RST: 'client-left', FIN: 'client-left' },
      origin: {
        RST: 'upstream-failed http_response_incomplete',
        FIN: 'upstream-failed http_response_incomplete',
        stall: 'upstream-failed http_response_incomplete',
      },
    },
  ]));

// Covers: EV-13; EV-19; EV-28; EV-36
describe('a blocked WebSocket', () =>
  faultTable([
    {
      state: 'the page is there',
      async reach(scene) {
        const client = await scene.connect();
        client.socket.write(handshake(scene.blocked));
        await client.until('HTTP/1.1 403');
        return { client };
      },
      client: {
        RST: 'block-page-served',
        FIN: 'block-page-served',
        stall: 'block-page-served',
        garbage: 'block-page-served',
      },
    },
  ]));
