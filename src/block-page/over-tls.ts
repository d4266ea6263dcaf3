import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type net from 'node:net';
import tls from 'node:tls';

/** How the attempt to show a page inside a tunnel ended. */
export type PageEnding = 'served' | 'tls-refused' | 'client-left' | 'deadline';

/** Writes the page as the answer to whatever request came through the tunnel. */
export type ServePage = (headers: IncomingHttpHeaders, response: ServerResponse) => void;

export type PageServer = {
  /**
   * Takes over a connection whose CONNECT was answered with 200: a TLS server for the blocked host answers the first
   * request with the page and closes. Nothing is dialled. Ends by itself after `deadlineMs`, counted from now.
   */
  serve(
    client: net.Socket,
    context: tls.SecureContext,
    page: ServePage,
    deadlineMs: number,
  ): Promise<PageEnding>;
};

export function createPageServer(): PageServer {
  const visits = new WeakMap<
    net.Socket,
    { readonly page: ServePage; readonly end: (ending: PageEnding) => void }
  >();
  // It never listens: it lends its parser to the sockets handed to it, for any method and any path.
  const server = createServer((request, response) => {
    const visit = visits.get(request.socket);
    response.once('finish', () => visit?.end('served'));
    response.setHeader('Connection', 'close');
    visit?.page(request.headers, response);
  });
  server.on('clientError', (_error, socket) => socket.destroy());

  return {
    serve: (client, secureContext, page, deadlineMs) =>
      new Promise((resolve) => {
        const secured = new tls.TLSSocket(client, {
          isServer: true,
          secureContext,
          ALPNProtocols: ['http/1.1'],
        });
        visits.set(secured, { page, end: resolve });
        // Absolute: a server that never listens enforces no headersTimeout, and an idle timer does not stop a slow drip.
        const deadline = setTimeout(() => {
          resolve('deadline');
          client.destroy();
        }, deadlineMs);
        const onError = (error: NodeJS.ErrnoException): void => {
          resolve(error.code?.startsWith('ERR_SSL_') ? 'tls-refused' : 'client-left');
          client.destroy();
        };
        secured.on('error', onError);
        // Node keeps an error after the handshake to this event when no TLS server of its own has made the socket.
        secured.on('_tlsError', onError);
        secured.once('close', () => resolve('client-left'));
        client.on('error', () => client.destroy());
        client.once('close', () => {
          clearTimeout(deadline);
          secured.destroy();
        });
        server.emit('connection', secured);
      }),
  };
}
