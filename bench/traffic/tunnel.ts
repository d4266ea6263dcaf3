import net from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';

/** The client's side of tunnels, as cheap as it can be: the load must not tire before the proxy. */

const HEAD_END = '\r\n\r\n';
const MAX_HEAD_BYTES = 8_192;
const READ_BYTES = 256 * 1024;
/** One for all connections: what is read is dealt with before the next read. */
const readBuffer = Buffer.allocUnsafe(READ_BYTES);

export type Authority = { readonly host: string; readonly port: number };

/** A CONNECT request, and the ClientHello that follows it, made once for many tunnels. */
export type Opening = { readonly connect: string; readonly clientHello: Buffer };

export async function openingOf({ host, port }: Authority): Promise<Opening> {
  return { connect: connectHead({ host, port }), clientHello: await clientHelloFor(host) };
}

export const connectHead = ({ host, port }: Authority): string =>
  `CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`;

/** What Node's TLS client says first. An address gets no server name (RFC 6066 section 3). */
function clientHelloFor(host: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read() {},
      write: (hello: Buffer) => resolve(hello), // it is never answered
    });
    tls.connect({ socket: wire, ...(net.isIP(host) === 0 && { servername: host }) }).on('error', () => {});
  });
}

/** Hears what the origin says through a tunnel. Returns `true` once that is all; throws when it is wrong. */
export type Listener = (chunk: Buffer) => boolean;

/**
 * Opens a tunnel, sends the ClientHello, and hears the origin until `listen` has all; gives the connection, still open.
 * `begin` may send more. Whatever else happens is an error.
 */
export function throughTunnel(
  proxyPort: number,
  { connect, clientHello }: Opening,
  listen: Listener,
  begin: (socket: net.Socket) => void = () => {},
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    let answer: Buffer | undefined = Buffer.alloc(0);
    const fail = (problem: string): void => {
      socket.destroy();
      reject(new Error(problem));
    };
    const read = (chunk: Buffer): void => {
      try {
        if (listen(chunk)) resolve(socket);
      } catch (error) {
        fail(String(error));
      }
    };
    const readAnswer = (chunk: Buffer, before: Buffer): void => {
      const head = Buffer.concat([before, chunk]);
      if (!head.includes(HEAD_END) && head.length < MAX_HEAD_BYTES) {
        answer = head;
        return;
      }
      const problem = problemOfAnswer(head);
      if (problem === undefined) {
        answer = undefined;
        socket.write(clientHello);
        begin(socket);
      } else fail(problem);
    };
    const socket = net.connect({
      host: '127.0.0.1',
      port: proxyPort,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback(length, buffer) {
          const chunk = (buffer as Buffer).subarray(0, length);
          if (answer === undefined) read(chunk);
          else readAnswer(chunk, answer);
          return true;
        },
      },
    });
    socket.write(connect);
    socket.once('error', (error) => fail(error.message));
    // Has no effect once `resolve` was called.
    socket.once('end', () => fail('the tunnel ended before all had come'));
  });
}

/** Opens a tunnel and hands its connection over, for TLS. */
export function openTunnel(proxyPort: number, connect: string): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port: proxyPort, noDelay: true });
    socket.write(connect);
    socket.once('error', reject);
    socket.once('data', (head: Buffer) => {
      const problem = problemOfAnswer(head);
      if (problem === undefined) resolve(socket);
      else {
        socket.destroy();
        reject(new Error(problem));
      }
    });
    socket.once('end', () => reject(new Error('the proxy ended the connection')));
  });
}

/** A proxy sends nothing after the head before the client has spoken TLS, and the head is short. */
function problemOfAnswer(head: Buffer): string | undefined {
  const text = head.toString('latin1', 0, MAX_HEAD_BYTES);
  if (!text.includes(HEAD_END)) return `no answer to CONNECT: ${text.slice(0, 80)}`;
  return /^HTTP\/1\.[01] 200 /.test(text) ? undefined : `CONNECT: ${text.split('\r\n', 1)[0]}`;
}
