import type net from 'node:net';
import tls from 'node:tls';
import { type Answer, answerTo, headOf } from './answer.ts';
import { negotiate } from './negotiate.ts';
import type { Notice } from './notice.ts';
import { type RequestHead, readRequestHead } from './request-head.ts';

/** How the attempt to show a page inside a tunnel ended. */
export type PageEnding =
  | 'served'
  /** It said by an alert that it does not know who signed our certificate … */
  | 'ca-unknown'
  /** … or that it does not take that for another reason. */
  | 'certificate-refused'
  /** It closed the connection without a word once it had our answer to its ClientHello. */
  | 'left-at-certificate'
  /** There was no handshake for another reason, or what came after it is no TLS. */
  | 'tls-refused'
  | 'client-left'
  | 'deadline';

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
    const onError = ({ code = '' }: NodeJS.ErrnoException): void => {
      resolve(code.startsWith('ERR_SSL_') ? refusalBy(code) : leaving());
      client.destroy();
    };
    // Whoever takes the certificate says something.
    let hasSpoken = false;
    secured.once('data', () => {
      hasSpoken = true;
    });
    const leaving = (): PageEnding => (hasSpoken ? 'client-left' : 'left-at-certificate');
    secured.on('error', onError);
    // Node keeps an error after the handshake to this event when no TLS server of its own has made the socket.
    secured.on('_tlsError', onError);
    secured.once('close', () => resolve(leaving()));
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

/**
 * The alerts of RFC 8446 section 6.2 by which a client refuses a certificate, as OpenSSL names them in the code of an
 * error. Chromium says `certificate_unknown` where others say `unknown_ca`.
 */
const CA_UNKNOWN = /_ALERT_(?:UNKNOWN_CA|CERTIFICATE_UNKNOWN)$/;
const CERTIFICATE_REFUSED =
  /_ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(?:EXPIRED|REVOKED))$/;

function refusalBy(code: string): PageEnding {
  if (CA_UNKNOWN.test(code)) return 'ca-unknown';
  return CERTIFICATE_REFUSED.test(code) ? 'certificate-refused' : 'tls-refused';
}

const bytesOf = (answer: Answer, { method }: RequestHead): string =>
  method === 'HEAD' ? headOf(answer) : headOf(answer) + answer.body;
