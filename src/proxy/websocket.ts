import http, { type IncomingMessage } from 'node:http';
import type net from 'node:net';
import type { ProxyError } from '../policy/proxy-error.ts';
import { type Admission, type Asked, admit } from './admit.ts';
import { exchangeError } from './exchange.ts';
import type { ForwardContext } from './forward.ts';
import { fields, requestHeaders, responseHeaders } from './headers.ts';
import { noticeOf, sendNoticeOnSocket } from './respond.ts';
import { splice } from './splice.ts';
import { authorityOf, type ForwardTarget } from './target.ts';

/** A request to switch to WebSocket (RFC 6455), the only protocol that an upgrade may lead to. */
export function isWebSocketUpgrade(request: IncomingMessage): boolean {
  return request.method === 'GET' && request.headers.upgrade?.trim().toLowerCase() === 'websocket';
}

/** A WebSocket handshake in the clear: decided like any request, and joined to its origin when that agrees. */
export async function upgradeToWebSocket(
  asked: Asked,
  target: ForwardTarget,
  request: IncomingMessage,
  client: net.Socket,
  head: Buffer,
  context: ForwardContext,
): Promise<void> {
  client.on('error', () => client.destroy());
  if (head.length > 0) client.unshift(head);
  client.read(0); // keeps the kernel's read going, so that a reset is noticed while we wait

  const admission = await admit(asked, context.door);
  if (client.destroyed) return admission.settle({ kind: 'client-left' });
  const { lingerMs } = context.limits;
  switch (admission.verdict) {
    case 'forward':
      return shakeHands(admission, target, request, client, context);
    case 'block':
      sendNoticeOnSocket(
        noticeOf(admission, { kind: 'blocked', reason: admission.reason }),
        request.headers,
        client,
        lingerMs,
      );
      return admission.settle({ kind: 'block-page-served' });
    case 'fail':
      return failUpgrade(admission, request, client, context, admission.error);
  }
}

async function shakeHands(
  admission: Extract<Admission, { verdict: 'forward' }>,
  target: ForwardTarget,
  request: IncomingMessage,
  client: net.Socket,
  context: ForwardContext,
): Promise<void> {
  const answer = await askOrigin(admission.addresses, target, request, client, context);
  if (client.destroyed) {
    if (answer.kind !== 'failed') answer.upstream.destroy();
    return admission.settle({ kind: 'client-left' });
  }
  switch (answer.kind) {
    case 'failed':
      return failUpgrade(admission, request, client, context, answer.error);
    case 'switched': {
      client.write(
        headOf(answer.message, context.via, ['Connection', 'Upgrade', 'Upgrade', 'websocket']),
        'latin1',
      );
      const { bytesUp, bytesDown } = await splice(client, answer.upstream, context.limits.tunnelIdleMs);
      return admission.settle({ kind: 'tunnel-closed', bytesUp, bytesDown });
    }
    case 'declined':
      return relayDecline(admission, answer.message, client, context);
  }
}

type Handshake =
  | { readonly kind: 'switched'; readonly message: IncomingMessage; readonly upstream: net.Socket }
  | { readonly kind: 'declined'; readonly message: IncomingMessage; readonly upstream: net.Socket }
  | { readonly kind: 'failed'; readonly error: ProxyError };

function askOrigin(
  addresses: readonly string[],
  target: ForwardTarget,
  request: IncomingMessage,
  client: net.Socket,
  { upstreams, limits, via }: ForwardContext,
): Promise<Handshake> {
  const upgrade = ['Connection', 'Upgrade', 'Upgrade', 'websocket'];
  const headers = requestHeaders(request.rawHeaders, authorityOf(target), via, upgrade);
  const upstream = upstreams.single({
    addresses,
    port: target.port,
    method: 'GET',
    path: target.originForm,
    headers,
  });
  return new Promise((resolve) => {
    const giveUp = (error: ProxyError): void => {
      upstream.destroy();
      resolve({ kind: 'failed', error });
    };
    const deadline = setTimeout(giveUp, limits.dialMs, 'connection_timeout');
    upstream.once('close', () => clearTimeout(deadline));
    client.once('close', () => giveUp('connection_terminated'));
    upstream.on('error', (error) => giveUp(exchangeError(error)));
    upstream.once('upgrade', (message, socket: net.Socket, head) => {
      clearTimeout(deadline);
      if (head.length > 0) socket.unshift(head);
      const agreed = message.headers.upgrade?.trim().toLowerCase() === 'websocket';
      if (agreed) resolve({ kind: 'switched', message, upstream: socket });
      else giveUp('http_protocol_error');
    });
    upstream.once('response', (message) => {
      clearTimeout(deadline);
      resolve({ kind: 'declined', message, upstream: message.socket });
    });
    upstream.end();
  });
}

/** The origin answered like a web server: so do we, and close, for this connection has left its HTTP server. */
function relayDecline(
  admission: Admission,
  message: IncomingMessage,
  client: net.Socket,
  { via }: ForwardContext,
): Promise<void> {
  return new Promise((resolve) => {
    let bytesDown = 0;
    client.write(headOf(message, via, ['Connection', 'close']), 'latin1');
    message.on('data', (chunk: Buffer) => {
      bytesDown += chunk.length;
    });
    message.on('error', () => client.resetAndDestroy());
    message.once('end', () => client.end());
    message.pipe(client);
    client.resume();
    client.once('close', () => {
      message.destroy();
      const status = message.statusCode ?? 0;
      if (message.complete) admission.settle({ kind: 'response-relayed', status, bytesUp: 0, bytesDown });
      else admission.settle({ kind: 'upstream-failed', cause: 'http_response_incomplete' });
      resolve();
    });
  });
}

function headOf(message: IncomingMessage, via: string, extra: readonly string[]): string {
  const lines = [`HTTP/1.1 ${message.statusCode} ${http.STATUS_CODES[message.statusCode ?? 0] ?? 'Unknown'}`];
  for (const [name, value] of fields([...responseHeaders(message.rawHeaders, via), ...extra]))
    lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function failUpgrade(
  admission: Admission,
  request: IncomingMessage,
  client: net.Socket,
  { limits }: ForwardContext,
  error: ProxyError,
): void {
  sendNoticeOnSocket(
    noticeOf(admission, { kind: 'failed', error }),
    request.headers,
    client,
    limits.lingerMs,
  );
  admission.settle({ kind: 'upstream-failed', cause: error });
}
