/**
 * What is behind the tunnels: three servers that speak once a whole TLS record has come, the client's ClientHello. They
 * do no TLS, which would cost the load more than the proxy. Prints `TunnelPorts` as JSON; ends with its input.
 */
import { once } from 'node:events';
import net from 'node:net';
import { isPatternAt, patternAt } from '../traffic/pattern.ts';
import { BULK_BYTES, ORIGIN_BODY, type TunnelPorts } from '../traffic/site.ts';

const RECORD_HEADER_BYTES = 5;
const READ_BYTES = 256 * 1024;
const answer = Buffer.from(ORIGIN_BODY);

/** What a connection does with bytes; one of them at a time uses the buffer that all share. */
type Reader = (chunk: Buffer) => void;

const ports: TunnelPorts = {
  exchange: await listen((socket) => afterOpening(() => void socket.write(answer))),
  down: await listen((socket) => afterOpening(() => send(socket, 0))),
  up: await listen((socket) => {
    let received = 0;
    let isRight = true;
    return afterOpening(
      () => {},
      (chunk) => {
        isRight &&= isPatternAt(received, chunk);
        received += chunk.length;
        if (received >= BULK_BYTES) socket.end(isRight && received === BULK_BYTES ? answer : 'wrong bytes');
      },
    );
  }),
};
process.stdout.write(`${JSON.stringify(ports)}\n`);
process.stdin.on('end', () => process.exit(0)).resume();

async function listen(readerOf: (socket: net.Socket) => Reader): Promise<number> {
  const server = net.createServer({ highWaterMark: READ_BYTES, noDelay: true }, (socket) => {
    socket.on('data', readerOf(socket));
    socket.on('error', () => {}); // the client judges what it got
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 });
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

/** Waits for the first record, in whatever pieces, then for what follows it. */
function afterOpening(begin: () => void, read: Reader = () => {}): Reader {
  let opening: Buffer | undefined = Buffer.alloc(0);
  return (chunk) => {
    if (opening === undefined) return read(chunk);
    opening = opening.length === 0 ? chunk : Buffer.concat([opening, chunk]);
    if (opening.length < RECORD_HEADER_BYTES) return;
    const end = RECORD_HEADER_BYTES + opening.readUInt16BE(3);
    if (opening.length < end) return;
    const rest = opening.subarray(end);
    opening = undefined;
    begin();
    if (rest.length > 0) read(rest);
  };
}

/** The rest of the transfer from an offset on, at the pace of the connection. */
function send(socket: net.Socket, from: number): void {
  let offset = from;
  while (offset < BULK_BYTES) {
    const piece = patternAt(offset, BULK_BYTES - offset);
    offset += piece.length;
    if (!socket.write(piece)) break;
  }
  if (offset >= BULK_BYTES) socket.end();
  else socket.once('drain', () => send(socket, offset));
}
