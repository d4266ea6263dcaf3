import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { WebSocketServer } from 'ws';

/** The origins of a soak, all on 127.0.0.1. */
export type Origins = {
  /** Answers with as many bytes as the path names (`/1000`), with the number of bytes it was sent, and WebSockets. */
  readonly plain: number;
  /** The same over TLS. */
  readonly secure: number;
  /** Breaks off at a random moment in a random way. */
  readonly fickle: number;
  /** Where nobody listens. */
  readonly closed: number;
  stop(): Promise<void>;
};

export type Credentials = { readonly cert: string; readonly key: string };

const MAX_FICKLE_MS = 20;
const CHUNK = Buffer.alloc(16_384, 'x');

export async function startOrigins(credentials: Credentials, random: () => number): Promise<Origins> {
  const plain = http.createServer(answer);
  const sockets = new WebSocketServer({ server: plain });
  sockets.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data) => socket.send(data));
  });
  const secure = https.createServer(credentials, answer);
  const fickle = net.createServer((socket) => beFickle(socket, random));
  const servers = [plain, secure, fickle];
  const open = new Set<net.Socket>();
  for (const server of servers) server.on('connection', (socket: net.Socket) => keep(socket, open));
  const [plainPort = 0, securePort = 0, ficklePort = 0] = await Promise.all(servers.map(listen));
  const closedServer = net.createServer();
  const closed = await listen(closedServer);
  closedServer.close();
  return {
    plain: plainPort,
    secure: securePort,
    fickle: ficklePort,
    closed,
    async stop() {
      for (const socket of open) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function keep(socket: net.Socket, open: Set<net.Socket>): void {
  open.add(socket);
  socket.on('error', () => {});
  socket.once('close', () => open.delete(socket));
}

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as net.AddressInfo).port;
}

function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
  if (request.method === 'POST') {
    let received = 0;
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    request.once('end', () => response.end(String(received)));
    return;
  }
  let left = Number(/\d+/.exec(request.url ?? '')?.[0] ?? 0);
  if (left % 2 === 0) response.setHeader('Content-Length', left); // else chunked
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      const piece = CHUNK.subarray(0, left);
      left -= piece.length;
      if (!response.write(piece)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

/** Each of these is the beginning of something, before which or after which the connection may break. */
const BEGINNINGS = [
  '',
  'HTTP/1.1 200 OK\r\nContent-Le',
  'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\n0123456789\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello',
  'HTTP/1.1 200 OK\r\n\r\nuntil the end',
  '\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03',
  '\x00\xff nonsense \r\n\r\n',
];

function beFickle(socket: net.Socket, random: () => number): void {
  socket.resume();
  const begin = BEGINNINGS[Math.floor(random() * BEGINNINGS.length)] ?? '';
  if (random() < 0.8) socket.write(begin, 'latin1');
  const end = random() < 0.5 ? () => socket.resetAndDestroy() : () => socket.end();
  const timer = setTimeout(end, random() * MAX_FICKLE_MS);
  socket.once('close', () => clearTimeout(timer));
}
