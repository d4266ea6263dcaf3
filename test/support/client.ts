import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';

/** A connection that collects what it receives, for requests that no well-behaved client would send. */
export type RawClient = {
  readonly socket: net.Socket;
  readonly received: () => string;
  /** Waits until the text received so far satisfies the condition. */
  until(condition: (received: string) => boolean): Promise<string>;
  /** Waits for the connection's end; `error` is undefined when it was an orderly one. */
  closed(): Promise<{ readonly received: string; readonly error: NodeJS.ErrnoException | undefined }>;
};

export const connectRaw = (port: number, options: Partial<net.TcpNetConnectOpts> = {}): RawClient =>
  rawClient(net.connect({ port, host: '127.0.0.1', ...options }));

/** The same over TLS, to a proxy that has a certificate for `localhost`. */
export const connectTls = (port: number, options: tls.ConnectionOptions): RawClient =>
  rawClient(tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ...options }));

function rawClient(socket: net.Socket): RawClient {
  let received = '';
  let error: NodeJS.ErrnoException | undefined;
  let isClosed = false;
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const check of waiting) check();
  };
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    wake();
  });
  socket.on('error', (fault) => {
    error = fault;
  });
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  onTestFinished(() => void socket.destroy());
  const when = <T>(done: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const check = (): void => {
        const value = done();
        if (value !== undefined) resolve(value);
        else if (isClosed) reject(new Error(`closed (${error?.code}) after: ${received}`));
        else return;
        waiting.delete(check);
      };
      waiting.add(check);
      check();
    });
  return {
    socket,
    received: () => received,
    until: (condition) => when(() => (condition(received) ? received : undefined)),
    closed: () => when(() => (isClosed ? { received, error } : undefined)),
  };
}

/** Sends bytes, and gives all that came back when the connection was closed. */
export async function exchangeRaw(port: number, request: string): Promise<string> {
  const client = connectRaw(port);
  client.socket.write(request, 'latin1');
  return (await client.closed()).received;
}

/** A tunnel through the proxy; rejects when the answer to CONNECT is not 200. */
export async function openTunnel(
  port: number,
  authority: string,
  options: Partial<net.TcpNetConnectOpts> = {},
): Promise<RawClient> {
  return openTunnelOn(connectRaw(port, options), authority);
}

/** The same on a connection that is there already. */
export async function openTunnelOn(client: RawClient, authority: string): Promise<RawClient> {
  client.socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const answer = await client.until((received) => received.includes('\r\n\r\n'));
  if (!answer.startsWith('HTTP/1.1 200 ')) throw new Error(answer);
  return client;
}

export type Answer = {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly trailers: NodeJS.Dict<string>;
  readonly body: string;
};

type RequestSetup = http.RequestOptions & {
  readonly body?: string | readonly string[];
  readonly agent?: http.Agent;
};

/** A plain request through the proxy, as a well-behaved client sends it. */
export function request(port: number, url: string, setup: RequestSetup = {}): Promise<Answer> {
  const { body, headers, ...options } = setup;
  const host = new URL(url).host;
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      { agent: false, ...options, host: '127.0.0.1', port, path: url, headers: { host, ...headers } },
      (incoming) => {
        let received = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (chunk: string) => {
          received += chunk;
        });
        incoming.on('error', reject);
        incoming.on('end', () => {
          const { statusCode = 0, rawHeaders, trailers } = incoming;
          resolve({ status: statusCode, headers: incoming.headers, rawHeaders, trailers, body: received });
        });
      },
    );
    outgoing.on('error', reject);
    for (const part of typeof body === 'string' ? [body] : (body ?? [])) outgoing.write(part);
    outgoing.end();
  });
}
