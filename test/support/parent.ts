import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { onTestFinished } from 'vitest';
import { createAuthority } from '../../src/tls/authority.ts';
import { createLeafIssuer } from '../../src/tls/leaf.ts';
import { type Origin, startRawOrigin } from './origin.ts';
import { folderWith } from './temp-dir.ts';

export type TestParent = Origin & {
  /** The requests that reached it, in order. */
  readonly requests: readonly {
    readonly line: string;
    readonly rawHeaders: readonly string[];
    readonly headers: http.IncomingHttpHeaders;
  }[];
};

/** A parent proxy that carries everything to 127.0.0.1, whatever the host is called. */
export async function startParent(): Promise<TestParent> {
  const { server, requests } = parentServer();
  const origin = await startRawOrigin((socket) => {
    socket.allowHalfOpen = true;
    server.emit('connection', socket);
  });
  return { ...origin, requests };
}

/** The same behind TLS, with a certificate for `host` by a CA of its own. */
export async function startTlsParent(
  host: string,
  options: tls.TlsOptions = {},
): Promise<TestParent & { readonly caFile: string }> {
  const { server, requests } = parentServer();
  const certified = certify(host);
  const secure = tls.createServer({ ...certified.pair, ...options }, (socket) =>
    server.emit('connection', socket),
  );
  secure.on('tlsClientError', () => {});
  const origin = await startRawOrigin((socket) => {
    socket.allowHalfOpen = true;
    secure.emit('connection', socket);
  });
  return { ...origin, requests, caFile: certified.caFile };
}

/** A certificate for a host, and the file of the CA that gave it. */
export function certify(host: string) {
  const folder = folderWith();
  const authority = createAuthority(folder, { now: new Date() });
  if (!authority.ok) throw new Error(JSON.stringify(authority.error));
  const { certificatePem, keyPem } = createLeafIssuer(authority.value)(host, new Date());
  return { pair: { cert: certificatePem, key: keyPem }, caFile: `${folder}/ca.crt` };
}

function parentServer() {
  const requests: TestParent['requests'][number][] = [];
  const note = ({ method, url, rawHeaders, headers }: http.IncomingMessage): void => {
    requests.push({ line: `${method} ${url}`, rawHeaders, headers });
  };
  const server = http.createServer((incoming, response) => {
    note(incoming);
    const { port, pathname, search } = new URL(incoming.url ?? '');
    const outgoing = http.request(
      {
        host: '127.0.0.1',
        port,
        path: pathname + search,
        method: incoming.method,
        headers: incoming.headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.rawHeaders);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  server.on('connect', (incoming, socket, head) => {
    note(incoming);
    const port = Number(incoming.url?.split(':').at(-1));
    const origin = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      origin.write(head);
      socket.pipe(origin).pipe(socket);
    });
    for (const side of [origin, socket])
      side.on('error', () => {
        origin.destroy();
        socket.destroy();
      });
  });
  onTestFinished(() => void server.close());
  return { server, requests };
}

/** A parent that answers whatever CONNECT it gets with the same bytes, and keeps what it is sent. */
export async function startAnsweringParent(
  answer: string,
  after: (socket: net.Socket) => void = () => {},
): Promise<Origin & { readonly received: () => string }> {
  let received = '';
  const origin = await startRawOrigin((socket) => {
    let isAsked = false;
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (isAsked || !received.includes('\r\n\r\n')) return;
      isAsked = true;
      socket.write(answer, 'latin1');
      after(socket);
    });
  });
  return { ...origin, received: () => received };
}

/** A port of 127.0.0.1 on which nobody listens. */
export function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
