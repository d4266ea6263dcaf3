import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { describe } from 'vitest';
import { faultTable, type Held, type Scene } from '../support/faults.ts';
import { type Peer, pour } from '../support/peer.ts';
import { clientHello, serverCredentials } from '../support/tls-peers.ts';

/** CONNECT, allowed and blocked: each state of the two paths, by each fault of each side. */

/** A tunnel that opens with something else than a whole ClientHello is decided on once more. */
const REFUSED = 'tunnel-closed, block-page-unseen mid-tunnel';

const credentials = serverCredentials('origin.test');
const hostOf = (authority: string): string => authority.replace(/:\d+$/, '');
const connectHead = (authority: string): string =>
  `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;

async function ask(scene: Scene, authority: string): Promise<Peer> {
  const client = await scene.connect();
  client.socket.write(connectHead(authority));
  return client;
}

/** A tunnel whose 200 has come, and no byte since. */
async function openTunnel(scene: Scene): Promise<Required<Held>> {
  const accepted = scene.accept();
  const client = await ask(scene, scene.allowed);
  const origin = await accepted;
  await client.until('\r\n\r\n');
  return { client, origin };
}

/** A tunnel through which a TLS client and a TLS server have shaken hands. */
async function openSecureTunnel(scene: Scene) {
  const { client, origin } = await openTunnel(scene);
  const server = origin.secureAsServer(credentials);
  const secured = client.secure({ servername: hostOf(scene.allowed), rejectUnauthorized: false });
  await Promise.all([once(secured, 'secureConnect'), once(server, 'secure')]);
  return { client, origin, secured, server };
}

async function openBlockedTunnel(scene: Scene): Promise<Peer> {
  const client = await ask(scene, scene.blocked);
  await client.until('\r\n\r\n');
  return client;
}

async function openSecureBlockedTunnel(scene: Scene) {
  const client = await openBlockedTunnel(scene);
  const secured = client.secure({ servername: hostOf(scene.blocked), rejectUnauthorized: false });
  await once(secured, 'secureConnect');
  return { client, secured };
}

// Covers: EV-19; EV-28; EV-32
describe('an allowed CONNECT', () =>
  faultTable([
    {
      state: 'half of the head has come',
      async reach(scene) {
        const client = await scene.connect();
        client.socket.write(connectHead(scene.allowed).slice(0, -10));
        return { client };
      },
      client: { RST: 'nothing', FIN: 'malformed 400', stall: 'malformed 408', garbage: 'malformed 400' },
    },
    {
      state: 'the 200 has come, and no byte since',
      reach: openTunnel,
      client: { RST: 'tunnel-closed', FIN: 'tunnel-closed', stall: REFUSED, garbage: REFUSED },
      origin: { RST: 'tunnel-closed', FIN: REFUSED },
    },
    {
      state: 'half of a ClientHello has come',
      async reach(scene) {
        const held = await openTunnel(scene);
        const hello = await clientHello(hostOf(scene.allowed));
        held.client.socket.write(hello.subarray(0, hello.length / 2));
        return held;
      },
      client: { RST: 'tunnel-closed', FIN: 'tunnel-closed', stall: REFUSED, garbage: REFUSED },
      origin: { RST: 'tunnel-closed', FIN: REFUSED },
    },
    {
      state: 'the origin has the ClientHello',
      async reach(scene) {
        const held = await openTunnel(scene);
        held.client.secure({ servername: hostOf(scene.allowed), rejectUnauthorized: false });
        await held.origin.until('\x16\x03');
        return held;
      },
      goOn({ origin }, side, fault) {
        if (side === 'client' && fault === 'garbage') origin?.socket.end(); // as a TLS server does
      },
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
      state: 'TLS stands, and nobody says anything',
      async reach(scene) {
        const { client, origin } = await openSecureTunnel(scene);
        return { client, origin };
      },
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
      state: 'a download flows',
      async reach(scene) {
        const { client, origin, server, secured } = await openSecureTunnel(scene);
        pour(server);
        await once(secured, 'data');
        return { client, origin };
      },
      client: {
        RST: 'tunnel-closed',
        FIN: 'tunnel-closed',
        stall: 'tunnel-closed',
        garbage: 'tunnel-closed',
      },
      origin: { RST: 'tunnel-closed', FIN: 'tunnel-closed', garbage: 'tunnel-closed' },
    },
    {
      state: 'an upload flows',
      async reach(scene) {
        const { client, origin, server, secured } = await openSecureTunnel(scene);
        pour(secured);
        await once(server, 'data');
        return { client, origin };
      },
      client: { RST: 'tunnel-closed', FIN: 'tunnel-closed', garbage: 'tunnel-closed' },
      origin: {
        RST: 'tunnel-closed',
        FIN: 'tunnel-closed',
        stall: 'tunnel-closed',
        garbage: 'tunnel-closed',
      },
    },
    {
      state: 'the client has ended its side',
      async reach(scene) {
        const held = await openTunnel(scene);
        held.origin.socket.allowHalfOpen = true;
        held.client.socket.write(await clientHello(hostOf(scene.allowed)));
        held.client.socket.end();
        await once(held.origin.socket, 'end');
        return held;
      },
      goOn({ origin }, side, fault) {
        if (origin !== undefined && side === 'client' && fault === 'RST') pour(origin.socket); // only so it shows
      },
      client: { RST: 'tunnel-closed', stall: 'tunnel-closed' },
      origin: { RST: 'tunnel-closed', FIN: 'tunnel-closed', stall: 'tunnel-closed' },
    },
  ]));

// Covers: EV-13; EV-19; EV-20; EV-28
describe('a blocked CONNECT', () =>
  faultTable([
    {
      state: 'half of the head has come',
      async reach(scene) {
        const client = await scene.connect();
        client.socket.write(connectHead(scene.blocked).slice(0, -10));
        return { client };
      },
      client: { RST: 'nothing', FIN: 'malformed 400', stall: 'malformed 408', garbage: 'malformed 400' },
    },
    {
      state: 'the 200 has come, and no byte since',
      reach: async (scene) => ({ client: await openBlockedTunnel(scene) }),
      client: {
        RST: 'block-page-unseen client-left',
        FIN: 'block-page-unseen client-left',
        stall: 'block-page-unseen deadline',
        garbage: 'block-page-unseen tls-refused',
      },
    },
    {
      state: 'half of a ClientHello has come',
      async reach(scene) {
        const client = await openBlockedTunnel(scene);
        const hello = await clientHello(hostOf(scene.blocked));
        client.socket.write(hello.subarray(0, hello.length / 2));
        return { client };
      },
      client: {
        RST: 'block-page-unseen client-left',
        FIN: 'block-page-unseen client-left',
        stall: 'block-page-unseen deadline',
      },
    },
    {
      state: 'the handshake is half done',
      async reach(scene) {
        const client = await openBlockedTunnel(scene);
        client.socket.write(await clientHello(hostOf(scene.blocked)));
        await client.until('\x16\x03');
        return { client };
      },
      client: {
        RST: 'block-page-unseen left-at-certificate',
        FIN: 'block-page-unseen left-at-certificate',
        stall: 'block-page-unseen deadline',
        garbage: 'block-page-unseen tls-refused',
      },
    },
    {
      state: 'the handshake is done, and nothing was asked',
      async reach(scene) {
        const { client } = await openSecureBlockedTunnel(scene);
        return { client };
      },
      client: {
        RST: 'block-page-unseen left-at-certificate',
        FIN: 'block-page-unseen left-at-certificate',
        stall: 'block-page-unseen deadline',
        garbage: 'block-page-unseen tls-refused',
      },
    },
    {
      state: 'half of the request inside has come',
      async reach(scene) {
        const { client, secured } = await openSecureBlockedTunnel(scene);
        await new Promise((resolve) => secured.write('GET / HTTP/1.1\r\nHost: bl', resolve));
        // The proxy is in this process: when the loop has come round, it has read what was sent.
        await setImmediate();
        await setImmediate();
        return { client };
      },
      client: {
        RST: 'block-page-unseen client-left',
        FIN: 'block-page-unseen client-left',
        stall: 'block-page-unseen deadline',
        garbage: 'block-page-unseen tls-refused',
      },
    },
    {
      state: 'the page is on its way',
      async reach(scene) {
        const { client, secured } = await openSecureBlockedTunnel(scene);
        secured.write('GET / HTTP/1.1\r\nHost: blocked.test\r\n\r\n');
        await once(secured, 'data');
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
