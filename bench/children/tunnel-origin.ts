/**
 * What is behind the tunnels: four servers that speak once a whole TLS record has come, the client's ClientHello. They
 * do no TLS, which would cost the load more than the proxy. And one that speaks plain HTTP, for bodies of any size.
 * Prints `NodePorts` as JSON; ends with its input.
 */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { Writable } from 'node:stream';
import { isPatternAt, patternAt } from '../traffic/pattern.ts';
import { BULK_BYTES, type NodePorts, ORIGIN_BODY } from '../traffic/site.ts';

const RECORD_HEADER_BYTES = 5;
const READ_BYTES = 256 * 1024;
const answer = Buffer.from(ORIGIN_BODY);

/** What a connection does with bytes; one of them at a time uses the buffer that all share. */
type Reader = (chunk: Buffer) => void;

const ports: NodePorts = {
  exchange: await listenRaw((socket) => afterOpening(() => void socket.write(answer))),
  down: await listenRaw((socket) => afterOpening(() => send(socket, BULK_BYTES))),
  sized: await listenRaw((socket) => {
    let line = '';
    return afterOpening(
      () => {},
      (chunk) => {
        line += chunk.toString('latin1');
        if (line.endsWith('\n')) send(socket, Number(line));
      },
    );
  }),
  bodies: await listen(
    http.createServer({ highWaterMark: READ_BYTES }, (request, response) => {
      const bytes = Number(request.url?.split('/').at(-1));
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes });
      response.on('error', () => {});
      send(response, bytes);
    }),
  ),
  up: await listenRaw((socket) => {
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

function listenRaw(readerOf: (socket: net.Socket) => Reader): Promise<number> {
  const server = net.createServer({ highWaterMark: READ_BYTES, noDelay: true }, (socket) => {
    socket.on('data', readerOf(socket));
    socket.on('error', () => {}); // the client judges what it got
  });
  return listen(server);
}

async function listen(server: net.Server): Promise<number> {
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

/** So many bytes of the pattern, from an offset on, at the pace of the connection. */
function send(to: Writable, bytes: number, from = 0): void {
  let offset = from;
  while (offset < bytes) {
    const piece = patternAt(offset, bytes - offset);
    offset += piece.length;
    if (!to.write(piece)) break;
  }
  if (offset >= bytes) to.end();
  else to.once('drain', () => send(to, bytes, offset));
}
