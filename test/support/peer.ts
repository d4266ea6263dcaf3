import net from 'node:net';
import { duplexPair } from 'node:stream';
import tls from 'node:tls';

/** What may befall a connection. */
export type Fault = 'RST' | 'FIN' | 'stall' | 'garbage';

/** One end of a connection, raw, which collects what it hears, and can be made to fail. */
export type Peer = {
  readonly socket: net.Socket;
  /** What has come, at most the last part of it. */
  readonly received: () => string;
  /** Waits until the text was received; rejects when the connection closes before. */
  until(text: string): Promise<void>;
  befall(fault: Fault): void;
  /** TLS over this connection, whose bytes stay visible and breakable below it. */
  secure(options: tls.ConnectionOptions): tls.TLSSocket;
  secureAsServer(options: tls.TLSSocketOptions): tls.TLSSocket;
};

/** No HTTP, no TLS record, no chunk size, and no WebSocket frame. */
export const GARBAGE = Buffer.from(
  '\x00\xff\x7fgarbage \r\n\r\n\x17\x99\x99\xff\xff}{\r\n\r\n'.repeat(4),
  'latin1',
);

/** Writes for as long as somebody reads. */
export function pour(socket: net.Socket): void {
  const piece = Buffer.alloc(65_536, 'x');
  const more = (): void => {
    while (socket.writable && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}

/** Of what was received, in characters: a flow may be without end. */
const MAX_KEPT = 100_000;

export function peerOn(socket: net.Socket): Peer {
  let received = '';
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of waiting) check();
  };
  socket.on('data', (chunk: Buffer) => {
    received = (received + chunk.toString('latin1')).slice(-MAX_KEPT);
    wake();
  });
  socket.on('error', () => {});
  socket.once('close', wake);
  const cable = (): ReturnType<typeof duplexPair>[0] => {
    const [near, far] = duplexPair();
    socket.pipe(far).pipe(socket);
    for (const end of [near, far]) end.on('error', () => {});
    socket.once('close', () => far.destroy());
    near.once('close', () => socket.end()); // a TLS end that gave up
    return near;
  };
  return {
    socket,
    received: () => received,
    until: (text) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (received.includes(text)) resolve();
          else if (socket.closed) reject(new Error(`closed before ${JSON.stringify(text)}: ${received}`));
          else return;
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      }),
    befall(fault) {
      switch (fault) {
        case 'RST':
          socket.resetAndDestroy();
          return;
        case 'FIN':
          socket.end();
          return;
        case 'stall':
          socket.removeAllListeners('data').unpipe().pause();
          return;
        case 'garbage':
          socket.write(GARBAGE);
      }
    },
    secure: (options) => quiet(tls.connect({ ...options, socket: cable() })),
    secureAsServer: (options) => quiet(new tls.TLSSocket(cable(), { ...options, isServer: true })),
  };
}

/** A connection that is there to be broken: its errors are no news, but it must read to meet them. */
function quiet(socket: tls.TLSSocket): tls.TLSSocket {
  // Node tells of an error after the handshake only so when a TLSSocket was made by hand.
  socket.on('_tlsError', () => socket.destroy());
  return socket.on('error', () => {}).resume();
}

/** Connects from an address of the loopback network, all of which is this machine's. */
export function connectPeer(port: number, localAddress = '127.0.0.1'): Promise<Peer> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', localAddress }, () => resolve(peerOn(socket)));
    socket.once('error', reject);
  });
}
