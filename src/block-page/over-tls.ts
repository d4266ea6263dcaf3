import type net from 'node:net';
import tls from 'node:tls';
import { type Answer, answerTo, headOf } from './answer.ts';
import { negotiate } from './negotiate.ts';
import type { Notice } from './notice.ts';
import { type RequestHead, readRequestHead } from './request-head.ts';

/** How the attempt to show a page inside a tunnel ended. */
export type PageEnding = 'served' | 'tls-refused' | 'client-left' | 'deadline';

/** The one name in the list that ALPN has (RFC 7301 section 3.1), in bytes: Node would make them for each connection. */
const HTTP_1_1 = Buffer.from('\x08http/1.1');

/** A block page, as `serveInside` serves it: for the blocked host, whatever the first request is. */
export const servePage = (
  client: net.Socket,
  secureContext: tls.SecureContext,
  notice: Notice,
  deadlineMs: number,
): Promise<PageEnding> =>
  serveInside(client, secureContext, async (head) => answerTo(notice, negotiate(head)), deadlineMs);

/**
 * Takes over a connection whose CONNECT was answered with 200: a TLS server answers the first request as `answer` says,
 * and closes. Nothing is dialled. Ends by itself after `deadlineMs`, counted from now.
 */
export function serveInside(
  client: net.Socket,
  secureContext: tls.SecureContext,
  answer: (head: RequestHead) => Promise<Answer>,
  deadlineMs: number,
): Promise<PageEnding> {
  return new Promise((resolve, reject) => {
    const secured = new tls.TLSSocket(client, { isServer: true, secureContext, ALPNProtocols: HTTP_1_1 });
    // Absolute: an idle timer does not stop a slow drip.
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
    readRequestHead(secured, (head) => {
      if (head === undefined) return void client.destroy();
      secured.once('finish', () => {
        resolve('served');
        // To close with bytes unread would reset the connection, and the page could be lost on its way.
        if (!head.hasBody) client.destroy();
      });
      answer(head).then(
        (answered) => void secured.end(bytesOf(answered, head), 'latin1'),
        (fault) => {
          reject(fault);
          client.destroy();
        },
      );
    });
  });
}

const bytesOf = (answer: Answer, { method }: RequestHead): string =>
  method === 'HEAD' ? headOf(answer) : headOf(answer) + answer.body;
