import { describe } from 'vitest';
import { faultTable, type Held, type Scene } from '../support/faults.ts';
import { pour } from '../support/peer.ts';

/** Plain HTTP, allowed and blocked: each state of the path, by each fault of each side. */

const get = (authority: string): string => `GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
const post = (authority: string): string =>
  `POST http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\nTransfer-Encoding: chunked\r\n\r\n`;
const CHUNK = 'a\r\n0123456789\r\n';
const WHOLE_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A request whose head the origin has read; what it answers is up to the state. */
async function ask(scene: Scene, head = get(scene.allowed)): Promise<Required<Held>> {
  const accepted = scene.accept();
  const client = await scene.connect();
  client.socket.write(head);
  const origin = await accepted;
  await origin.until('\r\n\r\n');
  return { client, origin };
}

/** A request whose answer has begun so, and has reached the client as far as it can be passed on. */
async function answer(scene: Scene, begin: string, seen?: string): Promise<Required<Held>> {
  const held = await ask(scene);
  held.origin.socket.write(begin);
  if (seen !== undefined) await held.client.until(seen);
  return held;
}

/** What comes behind a request does not keep its origin from answering. */
function answerNonsense({ origin }: Held, side: string, fault: string): void {
  if (side === 'client' && fault === 'garbage') origin?.socket.write(WHOLE_ANSWER);
}

// Covers: EV-19; EV-28; EV-31; EV-33
describe('an allowed request', () =>
  faultTable([
    {
      state: 'nothing was asked',
      reach: async (scene) => ({ client: await scene.connect() }),
      client: { RST: 'nothing', FIN: 'nothing', stall: 'nothing', garbage: 'malformed 400' },
    },
    {
      state: 'half of the head has come',
      async reach(scene) {
        const client = await scene.connect();
        client.socket.write(get(scene.allowed).slice(0, -10));
        return { client };
      },
      client: { RST: 'nothing', FIN: 'malformed 400', stall: 'malformed 408', garbage: 'malformed 400' },
    },
    {
      state: 'the origin is thinking',
      reach: (scene) => ask(scene),
      goOn: answerNonsense,
      client: { RST: 'client-left', FIN: 'client-left', garbage: 'response-relayed, malformed 400' },
      origin: {
        RST: 'upstream-failed connection_terminated',
        FIN: 'upstream-failed connection_terminated',
        stall: 'upstream-failed http_response_timeout',
        garbage: 'upstream-failed http_protocol_error',
      },
    },
    {
      state: 'half of an upload has come',
      async reach(scene) {
        const held = await ask(scene, post(scene.allowed));
        held.client.socket.write(CHUNK);
        await held.origin.until(CHUNK);
        return held;
      },
      client: {
        RST: 'client-left',
        FIN: 'client-left',
        stall: 'client-too-slow',
        garbage: 'client-left',
      },
      origin: {
        RST: 'upstream-failed connection_terminated',
        FIN: 'upstream-failed connection_terminated',
        garbage: 'upstream-failed http_protocol_error',
      },
    },
    {
      state: 'an upload flows that nobody takes',
      async reach(scene) {
        const held = await ask(
          scene,
          post(scene.allowed).replace('Transfer-Encoding: chunked', 'Content-Length: 1000000000'),
        );
        pour(held.client.socket);
        return held;
      },
      client: { RST: 'client-left', FIN: 'client-left' },
      origin: {
        RST: 'upstream-failed connection_terminated',
        stall: 'upstream-failed http_response_timeout',
      },
    },
    {
      state: 'half of the head of the answer has come',
      reach: (scene) => answer(scene, 'HTTP/1.1 200 OK\r\nContent-Le'),
      client: { RST: 'client-left', FIN: 'client-left' },
      origin: {
        RST: 'upstream-failed connection_terminated',
        FIN: 'upstream-failed connection_terminated',
        stall: 'upstream-failed http_response_timeout',
        garbage: 'upstream-failed http_protocol_error',
      },
    },
    {
      state: 'an interim answer has come',
      reach: (scene) => answer(scene, 'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n', 'HTTP/1.1 103'),
      client: { RST: 'client-left', FIN: 'client-left' },
      origin: {
        RST: 'upstream-failed connection_terminated',
        FIN: 'upstream-failed connection_terminated',
        stall: 'upstream-failed http_response_timeout',
        garbage: 'upstream-failed http_protocol_error',
      },
    },
    {
      state: 'half of an answer with a length has come',
      reach: (scene) => answer(scene, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'half'),
      client: { RST: 'client-left', FIN: 'client-left' },
      origin: {
        RST: 'upstream-failed http_response_incomplete',
        FIN: 'upstream-failed http_response_incomplete',
        stall: 'upstream-failed http_response_incomplete',
      },
    },
    {
      state: 'half of a chunked answer has come',
      reach: (scene) => answer(scene, `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNK}`, CHUNK),
      client: { RST: 'client-left', FIN: 'client-left' },
      origin: {
        RST: 'upstream-failed http_response_incomplete',
        FIN: 'upstream-failed http_response_incomplete',
        stall: 'upstream-failed http_response_incomplete',
        garbage: 'upstream-failed http_response_incomplete',
      },
    },
    {
      state: 'an answer without a length flows',
      async reach(scene) {
        const held = await answer(scene, 'HTTP/1.1 200 OK\r\n\r\nbegin', 'begin');
        pour(held.origin.socket);
        return held;
      },
      // One that has ended its side may go on reading (RFC 9112 section 9.6).
      client: { RST: 'client-left', stall: 'client-left' },
      origin: { RST: 'upstream-failed http_response_incomplete', FIN: 'response-relayed' },
    },
    {
      state: 'the answer is there, and both connections are kept',
      reach: (scene) => answer(scene, WHOLE_ANSWER, 'ok'),
      client: {
        RST: 'response-relayed',
        FIN: 'response-relayed',
        stall: 'response-relayed',
        garbage: 'response-relayed, malformed 400',
      },
      origin: {
        RST: 'response-relayed',
        FIN: 'response-relayed',
        stall: 'response-relayed',
        garbage: 'response-relayed',
      },
    },
    {
      state: 'a second request was pipelined behind the first',
      async reach(scene) {
        const held = await ask(scene);
        held.client.socket.write(get(scene.blocked));
        return held;
      },
      client: { RST: 'client-left, client-left', FIN: 'client-left, client-left' },
      origin: { FIN: 'upstream-failed connection_terminated, block-page-served' },
    },
  ]));

// Covers: EV-13; EV-19; EV-28; EV-31
describe('a blocked request', () =>
  faultTable([
    {
      state: 'half of its upload has come',
      async reach(scene) {
        const client = await scene.connect();
        client.socket.write(post(scene.blocked) + CHUNK);
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
    {
      state: 'the page is there, and the connection is kept',
      async reach(scene) {
        const client = await scene.connect();
        client.socket.write(get(scene.blocked));
        await client.until('</html>');
        return { client };
      },
      client: {
        RST: 'block-page-served',
        FIN: 'block-page-served',
        stall: 'block-page-served',
        garbage: 'block-page-served, malformed 400',
      },
    },
  ]));
