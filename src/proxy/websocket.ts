import http, { type IncomingMessage } from 'node:http';
import type net from 'node:net';
import type { Outcome } from '../decision-log/record.ts';
import type { ProxyError } from '../policy/proxy-error.ts';
import { type Admission, type Asked, admit, type Forwarded } from './admit.ts';
import { clientIdleMs } from './bounds/limits.ts';
import { breakOff, closeAfterReading, holdClient } from './client-socket.ts';
import type { ForwardContext } from './forward.ts';
import { boundAnswer } from './http/answer-bounds.ts';
import { responseFault } from './http/exchange.ts';
import { linesOf, type RawHeaders, requestHeaders, responseHeaders, viaOf } from './http/headers.ts';
import { authorityOf, type ForwardTarget } from './http/target.ts';
import type { IncomingRequest } from './http/wire/incoming-request.ts';
import { carrierOf, type OpenFailure } from './outward/opener.ts';
import { failureOutcome, failureSubject, noticeOf, sendNoticeOnSocket, wishesOf } from './respond.ts';
import { splice } from './tunnels/splice.ts';

/** A WebSocket handshake in the clear: decided like any request, and joined to its origin when that agrees. */
export function upgradeToWebSocket(
  asked: Asked,
  target: ForwardTarget,
  request: IncomingRequest,
  head: Buffer,
  context: ForwardContext,
): Promise<void> {
  const { socket: client } = request;
  holdClient(client, head);
  return admit(asked, context.door, client, async (admission) => {
    switch (admission.verdict) {
      case 'forward':
        return shakeHands(admission, target, request, client, context);
      case 'own-site': // has no WebSocket, and `decide` knows that
      case 'block': {
        const notice = noticeOf(admission, { kind: 'blocked', reason: admission.reason });
        const isServed = await sendNoticeOnSocket(notice, wishesOf(request), client, context.limits.lingerMs);
        return isServed ? { kind: 'block-page-served' } : { kind: 'block-page-unseen', cause: 'client-left' };
      }
      case 'fail':
        return failUpgrade(admission, request, client, context, { error: admission.error });
    }
  });
}

async function shakeHands(
  admission: Forwarded,
  target: ForwardTarget,
  request: IncomingRequest,
  client: net.Socket,
  context: ForwardContext,
): Promise<Outcome> {
  const { limits, opener, name } = context;
  // Through a parent by a tunnel, as RFC 6455 section 4.1 has it: few proxies pass an upgrade on.
  const opened = await opener.toOrigin(admission.destination, viaOf(request, name), client);
  if (client.destroyed) {
    if (opened.ok) opened.value.socket.destroy();
    return { kind: 'client-left' };
  }
  if (!opened.ok) return failUpgrade(admission, request, client, context, opened.error);

  const carrier = carrierOf(opened.value);
  const handshake = await askOrigin(opened.value.socket, target, request, client, context);
  if (client.destroyed) {
    if (handshake.kind !== 'failed') handshake.upstream.destroy();
    return { kind: 'client-left', ...carrier };
  }
  switch (handshake.kind) {
    case 'failed': {
      const { error } = handshake; // the origin's: a parent has made the tunnel, and has done its part
      const failed = await failUpgrade(admission, request, client, context, { error });
      return { ...failed, ...carrier };
    }
    case 'switched': {
      client.write(headOf(handshake.response, name, SWITCH), 'latin1');
      const spliced = await splice(client, handshake.upstream, limits);
      return { kind: 'tunnel-closed', ...spliced, ...carrier };
    }
    case 'declined':
      return { ...(await relayDecline(handshake.response, client, context)), ...carrier };
  }
}

/** The fields of an upgrade, in the request to the origin and in the response to the client. */
const SWITCH = ['Connection', 'Upgrade', 'Upgrade', 'websocket'] as const;

type Handshake =
  | { readonly kind: 'switched'; readonly response: IncomingMessage; readonly upstream: net.Socket }
  | { readonly kind: 'declined'; readonly response: IncomingMessage; readonly upstream: net.Socket }
  | { readonly kind: 'failed'; readonly error: ProxyError };

function askOrigin(
  socket: net.Socket,
  target: ForwardTarget,
  request: IncomingRequest,
  client: net.Socket,
  { limits, name }: ForwardContext,
): Promise<Handshake> {
  const headers = requestHeaders(request, authorityOf(target), name, SWITCH);
  const upstream = http.request({
    method: 'GET',
    path: target.originForm,
    headers,
    setDefaultHeaders: false,
    maxHeaderSize: limits.maxHeaderBytes,
    timeout: limits.exchangeIdleMs,
    createConnection: () => socket,
  });
  upstream.maxHeadersCount = 0; // bounded by their bytes: beyond a count Node would drop fields without a word
  socket.setTimeout(limits.exchangeIdleMs);
  socket.allowHalfOpen = false; // HTTP has no half-close: who ends has nothing more to say
  return new Promise((resolve) => {
    const giveUp = (error: ProxyError): void => {
      upstream.destroy();
      resolve({ kind: 'failed', error });
    };
    client.once('close', () => giveUp('connection_terminated'));
    boundAnswer(upstream, limits, giveUp);
    let declined: IncomingMessage | undefined;
    upstream.on('error', (error) => {
      declined?.destroy(error); // as in `exchange`: a body that lasts until its connection ends would seem whole
      giveUp(handshakeError(error));
    });
    upstream.once('timeout', () => giveUp('http_response_timeout'));
    upstream.once('upgrade', (response, _socket, head) => {
      if (head.length > 0) socket.unshift(head);
      const agreed = response.headers.upgrade?.trim().toLowerCase() === 'websocket';
      if (agreed) resolve({ kind: 'switched', response, upstream: socket });
      else giveUp('http_upgrade_failed');
    });
    upstream.once('response', (response) => {
      declined = response;
      const fault = responseFault(response);
      if (fault === undefined) resolve({ kind: 'declined', response, upstream: socket });
      else giveUp(fault);
    });
    upstream.end();
  });
}

/** A failure before the origin's answer, in the words of RFC 9209 section 2.3. */
function handshakeError(error: NodeJS.ErrnoException): ProxyError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'http_response_header_section_size';
  return error.code?.startsWith('HPE_') ? 'http_protocol_error' : 'connection_terminated';
}

/** The origin answered like a web server: so do we, and close, for this connection has left its HTTP server. */
function relayDecline(
  response: IncomingMessage,
  client: net.Socket,
  { limits, name }: ForwardContext,
): Promise<Outcome> {
  return new Promise((resolve) => {
    let bytesDown = 0;
    client.once('close', () => {
      response.destroy();
      const status = response.statusCode ?? 0;
      if (response.errored) resolve({ kind: 'upstream-failed', cause: 'http_response_incomplete' });
      else if (client.writableFinished) resolve({ kind: 'response-relayed', status, bytesUp: 0, bytesDown });
      else resolve({ kind: 'client-left', bytesUp: 0, bytesDown });
    });
    // A refusal that broke in the segment of its head has told so before anybody listened.
    if (response.errored) return breakOff(client);
    client.write(headOf(response, name, ['Connection', 'close']), 'latin1');
    response.on('data', (chunk: Buffer) => {
      bytesDown += chunk.length;
    });
    response.on('error', () => breakOff(client));
    response.once('end', () => {
      client.end();
      closeAfterReading(client, limits.lingerMs);
    });
    response.pipe(client);
    client.resume();
    client.setTimeout(clientIdleMs(limits), () => client.destroy());
    // Who has ended its side may be waiting for the answer, or be gone (RFC 9112 section 9.6): as in forward.ts.
    const onEnd = (): void => void client.setTimeout(limits.halfClosedMs);
    if (client.readableEnded) onEnd();
    else client.once('end', onEnd);
  });
}

function headOf(response: IncomingMessage, name: string, extra: RawHeaders): string {
  const phrase = http.STATUS_CODES[response.statusCode ?? 0] ?? 'Unknown';
  const headers = [...dateOf(response), ...responseHeaders(response, name), ...extra];
  return `HTTP/1.1 ${response.statusCode} ${phrase}\r\n${linesOf(headers)}\r\n`;
}

/** A response without a date is given that of its arrival (RFC 9110 section 6.6.1). */
const dateOf = ({ headers }: IncomingMessage): RawHeaders =>
  headers.date === undefined ? ['Date', new Date().toUTCString()] : [];

async function failUpgrade(
  admission: Admission,
  request: IncomingRequest,
  client: net.Socket,
  { limits }: ForwardContext,
  failure: OpenFailure,
): Promise<Outcome> {
  const notice = noticeOf(admission, failureSubject(failure));
  await sendNoticeOnSocket(notice, wishesOf(request), client, limits.lingerMs);
  return failureOutcome(failure);
}
