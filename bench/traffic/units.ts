import tls from 'node:tls';
import { bodies, clientsInTurn } from './http-units.ts';
import { isPatternAt, patternAt } from './pattern.ts';
import { BLOCK_MARKER, BROWSER_FIELDS, BULK_BYTES, bodyPath, ORIGIN_BODY } from './site.ts';
import { type Authority, connectHead, type Opening, openingOf, openTunnel, throughTunnel } from './tunnel.ts';

/** One unit of a load, each time it is called; throws when a reply is not what it must be. */
export type Unit = () => Promise<void>;

/** What the bench's own load does over and over. */
export type TunnelWork =
  /** 1 KB through a tunnel of its own. */
  | { readonly kind: 'exchange'; readonly to: Authority }
  /** `BULK_BYTES` through a tunnel of its own, to the client or from it. */
  | { readonly kind: 'down' | 'up'; readonly to: Authority }
  /** So many bytes to the client through a tunnel of its own, or as the body of a reply over plain HTTP. */
  | { readonly kind: 'sized'; readonly to: Authority; readonly bytes: number }
  | { readonly kind: 'body'; readonly from: Authority; readonly bytes: number }
  /** 1 KB over plain HTTP for clients of these addresses in turn. */
  | { readonly kind: 'clients'; readonly from: Authority; readonly clients: readonly string[] }
  /** The block page over TLS, of the hosts in turn, or of a new one below them each time. */
  | {
      readonly kind: 'page';
      readonly hosts: readonly string[];
      readonly caPem: string;
      /** A label that no run had before; undefined for the hosts themselves. */
      readonly below: string | undefined;
    };

export async function unitOf(proxyPort: number, work: TunnelWork): Promise<Unit> {
  switch (work.kind) {
    case 'exchange':
      return exchanges(proxyPort, await openingOf(work.to));
    case 'down':
      return downloads(proxyPort, await openingOf(work.to), BULK_BYTES);
    case 'up':
      return uploads(proxyPort, await openingOf(work.to));
    case 'sized':
      return downloads(proxyPort, withLine(await openingOf(work.to), work.bytes), work.bytes);
    case 'body':
      return bodies(proxyPort, { ...work.from, path: bodyPath(work.bytes) }, work.bytes);
    case 'clients':
      return clientsInTurn(proxyPort, { ...work.from, path: '/1k' }, work.clients);
    case 'page':
      return blockPages(proxyPort, work);
  }
}

const answer = Buffer.from(ORIGIN_BODY);

/** Takes the origin's answer piece by piece. */
function answerListener(): (chunk: Buffer) => boolean {
  let received = 0;
  return (chunk) => {
    const expected = answer.subarray(received, received + chunk.length);
    if (!expected.equals(chunk)) throw new Error(`the origin said: ${chunk.toString('latin1', 0, 80)}`);
    received += chunk.length;
    return received === answer.length;
  };
}

function exchanges(proxyPort: number, opening: Opening): Unit {
  return async () => {
    const socket = await throughTunnel(proxyPort, opening, answerListener());
    socket.destroy();
  };
}

/** The line that tells the origin how much to send goes with the ClientHello. */
const withLine = ({ connect, clientHello }: Opening, bytes: number): Opening => ({
  connect,
  clientHello: Buffer.concat([clientHello, Buffer.from(`${bytes}\n`)]),
});

function downloads(proxyPort: number, opening: Opening, bytes: number): Unit {
  return async () => {
    let received = 0;
    const socket = await throughTunnel(proxyPort, opening, (chunk) => {
      if (!isPatternAt(received, chunk)) throw new Error(`wrong bytes after ${received}`);
      received += chunk.length;
      return received === bytes;
    });
    socket.destroy();
  };
}

function uploads(proxyPort: number, opening: Opening): Unit {
  return async () => {
    const socket = await throughTunnel(proxyPort, opening, answerListener(), (sender) => {
      let sent = 0;
      const send = (): void => {
        while (sent < BULK_BYTES) {
          const piece = patternAt(sent, BULK_BYTES - sent);
          sent += piece.length;
          if (!sender.write(piece)) break;
        }
        if (sent < BULK_BYTES) sender.once('drain', send);
      };
      send();
    });
    socket.destroy();
  };
}

function blockPages(proxyPort: number, { hosts, caPem, below }: TunnelWork & { kind: 'page' }): Unit {
  // One for all: reading the CA anew for each connection would tire the load. No session is ever offered.
  const secureContext = tls.createSecureContext({ ca: caPem, minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' });
  let count = 0;
  return async () => {
    const listed = hosts[count % hosts.length] ?? '';
    const host = below === undefined ? listed : `${below}-${count}.${listed}`;
    count++;
    const socket = await openTunnel(proxyPort, connectHead({ host, port: 443 }));
    const client = tls.connect({ socket, servername: host, secureContext });
    try {
      checkPage(host, await replyOf(client, requestFor(host)));
    } finally {
      client.destroy();
    }
  };
}

const requestFor = (host: string): string =>
  [
    'GET / HTTP/1.1',
    `Host: ${host}`,
    ...Object.entries(BROWSER_FIELDS).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

/** The whole reply. The handshake has verified the certificate for the host against the CA, or is an error. */
function replyOf(client: tls.TLSSocket, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = '';
    client.once('secureConnect', () => client.write(request));
    client.on('data', (chunk: Buffer) => {
      reply += chunk.toString('latin1');
      if (isWhole(reply)) resolve(reply);
    });
    client.once('error', reject);
    client.once('close', () => reject(new Error(`the page broke off after ${reply.length} bytes`)));
  });
}

function isWhole(reply: string): boolean {
  const end = reply.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(reply)?.[1];
  return end !== -1 && length !== undefined && reply.length === end + 4 + Number(length);
}

function checkPage(host: string, reply: string): void {
  if (!reply.startsWith('HTTP/1.1 403 ') || !reply.includes(BLOCK_MARKER))
    throw new Error(`${host}: no block page but ${reply.slice(0, 200)}`);
}
