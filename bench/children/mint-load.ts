/** One client that asks for ever new blocked names; takes a `MintJob` and prints a `MintResult`, both as JSON. */
import net from 'node:net';
import type { MintJob, MintResult } from '../traffic/mint.ts';
import { connectHead, openingOf } from '../traffic/tunnel.ts';

const HEAD_END = '\r\n\r\n';
const SERVER_HANDSHAKE = 22; // a TLS record (RFC 8446 section 5.1)

const job = JSON.parse(process.argv[2] ?? '') as MintJob;
const hostOf = (number: number): string => `${job.label}-${String(number).padStart(7, '0')}.${job.below}`;
/** One ClientHello for all, with the name written over: the cheapest that such a client can do. */
const template = await openingOf({ host: hostOf(0), port: 443 });
const nameAt = template.clientHello.indexOf(hostOf(0));
const result: MintResult = { pages: 0, refused: 0, seconds: 0 };

const start = performance.now();
let next = 0;
await Promise.all(Array.from({ length: job.lanes }, runLane));
process.stdout.write(JSON.stringify({ ...result, seconds: (performance.now() - start) / 1_000 }));

async function runLane(): Promise<void> {
  while (next < job.names || performance.now() - start < job.seconds * 1_000) {
    const answer = await ask(hostOf(next++));
    if (answer === 'page') result.pages++;
    else result.refused++;
  }
}

/** Until the certificate is on its way, or the tunnel is refused; throws when it is neither. */
function ask(host: string): Promise<'page' | 'refused'> {
  return new Promise((resolve, reject) => {
    let stage: 'asked' | 'greeted' = 'asked';
    const socket = net.connect({ host: '127.0.0.1', port: job.proxyPort, noDelay: true });
    const finish = (how: () => void): void => {
      socket.destroy();
      how();
    };
    socket.write(connectHead({ host, port: 443 }));
    socket.once('error', reject);
    socket.once('end', () => reject(new Error(`${host}: the connection ended`)));
    socket.on('data', (chunk: Buffer) => {
      const head = chunk.toString('latin1', 0, 64);
      if (stage === 'greeted') {
        finish(
          chunk[0] === SERVER_HANDSHAKE ? () => resolve('page') : () => reject(new Error(`${host}: ${head}`)),
        );
      } else if (head.startsWith('HTTP/1.1 200 ') && chunk.includes(HEAD_END)) {
        stage = 'greeted';
        socket.write(helloFor(host));
      } else if (head.startsWith('HTTP/1.1 403 ')) finish(() => resolve('refused'));
      else finish(() => reject(new Error(`${host}: ${head}`)));
    });
  });
}

function helloFor(host: string): Buffer {
  const hello = Buffer.from(template.clientHello);
  hello.write(host, nameAt, 'latin1');
  return hello;
}
