import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

/**
 * One client connection to Postern. It comes from an address of its own on the loopback network, by which the log tells
 * of it.
 */
export type Visit = {
  readonly address: string;
  readonly socket: net.Socket;
  /** How many requests were sent whole. */
  requests: number;
  /** Whether the client broke off by itself, and so cannot know which of its requests came through. */
  readonly isAborted: () => boolean;
  /** Sends further requests over this connection. */
  readonly agent: http.Agent;
};

const MAX_ABORT_MS = 30;

/** The number of a visit as an address from 127.1.0.0 on. */
export const addressOf = (number: number): string =>
  `127.${1 + ((number >> 16) % 250)}.${(number >> 8) & 255}.${number & 255}`;

/** Connects; a doomed visit breaks off at a random moment from now on. */
export async function visit(
  port: number,
  number: number,
  isDoomed: boolean,
  random: () => number,
): Promise<Visit> {
  const address = addressOf(number);
  const socket = net.connect({ host: '127.0.0.1', port, localAddress: address });
  socket.on('error', () => {});
  await once(socket, 'connect');
  let isAborted = false;
  const abort = setTimeout(
    () => {
      isAborted = true;
      const way = random();
      if (way < 0.4) socket.resetAndDestroy();
      else if (way < 0.7) socket.end();
      else socket.destroy();
    },
    isDoomed ? random() * MAX_ABORT_MS : 2 ** 31 - 1,
  );
  socket.once('close', () => clearTimeout(abort));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => socket;
  return { address, socket, requests: 0, isAborted: () => isAborted, agent };
}

export type Answer = { readonly status: number; readonly length: number; readonly text: string };

/** A request of a well-behaved client; rejects when the connection breaks before the answer is whole. */
export function ask(visited: Visit, url: string, body?: readonly Buffer[]): Promise<Answer> {
  const { host } = new URL(url);
  const length = body?.length === 1 ? { 'content-length': body[0]?.length } : {}; // else chunked
  visited.requests += 1;
  return new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error('the connection closed before the answer was whole'));
    visited.socket.once('close', onClose);
    if (visited.socket.closed) onClose();
    const request = http.request({
      agent: visited.agent,
      host: '127.0.0.1',
      method: body === undefined ? 'GET' : 'POST',
      path: url,
      headers: { host, ...length },
    });
    request.on('error', reject);
    request.once('response', (response) => {
      let bytes = 0;
      let text = '';
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (text.length < 4_096) text += chunk.toString('latin1');
      });
      response.on('error', reject);
      response.once('end', () => {
        visited.socket.off('close', onClose);
        resolve({ status: response.statusCode ?? 0, length: bytes, text });
      });
    });
    for (const piece of body ?? []) request.write(piece);
    request.end();
  });
}

/** Sends bytes, and gives what came back up to a mark, or to the end of the connection. */
export function say({ socket }: Visit, bytes: string, until?: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const finish = (): void => {
      socket.off('data', onData);
      socket.off('close', finish);
      resolve(received);
    };
    const onData = (chunk: Buffer): void => {
      received += chunk.toString('latin1');
      if (until !== undefined && received.includes(until)) finish();
    };
    socket.on('data', onData);
    socket.once('close', finish);
    if (socket.closed) finish();
    else socket.write(bytes, 'latin1');
  });
}
