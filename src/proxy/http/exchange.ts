import type { ClientRequest, IncomingMessage, InformationEvent, ServerResponse } from 'node:http';
import type { ProxyError } from '../../policy/proxy-error.ts';
import { fail, type Result, succeed } from '../../policy/result.ts';
import { watchBodyPace } from '../bounds/body-pace.ts';
import type { Limits } from '../bounds/limits.ts';
import { breakOff } from '../client-socket.ts';
import { boundAnswer } from './answer-bounds.ts';
import { fields, listOf, responseHeaders, trailerPairs } from './headers.ts';
import { hasBody } from './message-rules.ts';

/** Why an origin gave no final response. */
export type ExchangeFailure = {
  /** `client-too-slow`: it was the body of the request that did not come. */
  readonly error: ProxyError | 'client-too-slow';
  /** The connection was an idle one that the origin had given up: the request never reached it. */
  readonly isStale: boolean;
  /** Of a response that cannot go on to a client. */
  readonly status?: number | undefined;
};

/**
 * Sends a request with its body and trailers, passes interim responses (1xx) on, and resolves to the final response's
 * head, whose body is still to be read. When the client leaves, the upstream connection ends at once.
 */
export function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: ClientRequest,
  { limits, name }: { readonly limits: Limits; readonly name: string },
): Promise<Result<IncomingMessage, ExchangeFailure>> {
  return new Promise((resolve) => {
    const giveUp = (error: ExchangeFailure['error'], isStale = false): void => {
      upstream.destroy();
      resolve(fail({ error, isStale }));
    };
    response.once('close', () => {
      // Over for the client; upstream too, unless both directions came to their end and the connection may be reused.
      if (!response.writableFinished || !upstream.writableEnded) giveUp('connection_terminated');
    });
    boundAnswer(upstream, limits, giveUp);
    let answer: IncomingMessage | undefined;
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      // Bytes after a complete response (a body where none belongs, a length too short) are nobody's; Node closes that
      // connection for them, and the response stands.
      if (answer?.complete === true) return;
      // Node would take a body that lasts until its connection ends for whole, however that ends (RFC 9112 section 8).
      answer?.destroy(error);
      giveUp(exchangeError(error), isStale(upstream, error));
    });
    upstream.once('timeout', () => {
      // While the client does not take what there is, the origin waits for it; the client's own timer (listener) runs.
      if (!response.writableNeedDrain) giveUp('http_response_timeout');
    });
    // The client's own timer goes off too, and may be first, where an origin takes no more of what it uploads.
    request.once('timeout', () => {
      if (answer === undefined && upstream.writableNeedDrain) giveUp('http_response_timeout');
      else request.socket.destroy();
    });
    upstream.once('upgrade', () => giveUp('http_upgrade_failed')); // never asked for
    upstream.once('response', (final) => {
      answer = final;
      const fault = responseFault(final);
      if (fault === undefined) {
        resolve(succeed(final));
        return;
      }
      resolve(fail({ error: fault, isStale: false, status: final.statusCode }));
      upstream.destroy();
    });
    upstream.on('continue', () => {
      if (request.httpVersion !== '1.0' && !response.headersSent) response.writeContinue();
    });
    upstream.on('information', (information) => {
      if (!upstream.destroyed && information.statusCode !== 100)
        passInterim(information, request, response, name);
    });
    sendBody(request, upstream, limits, () => {
      if (answer === undefined) giveUp('client-too-slow');
      else breakOff(request.socket); // it has its answer, or a part of it
    });
  });
}

/**
 * Relays a final response and resolves to whether the client got all of it. When the origin breaks off, so does the
 * transfer to the client, by a reset: an ordinary end would make half a file look like a whole one.
 */
export function relayResponse(
  answer: IncomingMessage,
  response: ServerResponse,
  name: string,
): Promise<Relayed> {
  return new Promise((resolve) => {
    let bytesDown = 0;
    let isBroken = false;
    const breakOffClient = (): void => {
      isBroken = true;
      if (response.socket !== null) breakOff(response.socket);
      response.destroy();
    };
    answer.on('data', (chunk: Buffer) => {
      bytesDown += chunk.length;
    });
    answer.on('error', breakOffClient);
    answer.once('end', () => {
      if (response.chunkedEncoding) response.addTrailers(trailerPairs(answer));
      response.end();
    });
    response.once('close', () => {
      answer.destroy();
      resolve({
        bytesDown,
        ending: isBroken ? 'broken' : response.writableFinished ? 'whole' : 'client-left',
      });
    });
    // An answer that broke in the segment of its head has told so before anybody listened.
    if (answer.destroyed && !answer.complete) {
      breakOffClient();
      return;
    }
    response.writeHead(answer.statusCode ?? 0, reasonPhrase(answer), responseHeaders(answer, name));
    answer.pipe(response, { end: false });
    // The head waits for a first piece of body to share its segment with, for this turn of the event loop only: a
    // stream of events may send nothing for long.
    setImmediate(() => {
      if (bytesDown === 0 && !response.destroyed && !response.writableEnded) response.flushHeaders();
    });
  });
}

export type Relayed = { readonly bytesDown: number; readonly ending: 'whole' | 'broken' | 'client-left' };

function sendBody(
  request: IncomingMessage,
  upstream: ClientRequest,
  limits: Limits,
  onTooSlow: () => void,
): void {
  if (!hasBody(request)) {
    upstream.end();
    return;
  }
  upstream.flushHeaders(); // a client that expects 100 sends no body before the origin has seen the head
  request.pipe(upstream, { end: false });
  const watch = (): void => void upstream.once('close', watchBodyPace(request, limits, onTooSlow));
  if (awaitsContinue(request)) onceBegun(request, upstream, watch);
  else watch();
  request.once('end', () => {
    if (upstream.chunkedEncoding) upstream.addTrailers(trailerPairs(request));
    upstream.end();
  });
}

/** Who expects 100 may wait for it (RFC 9110 section 10.1.1); no other expectation, and none in HTTP/1.0, means that. */
const awaitsContinue = ({ headers, httpVersion }: IncomingMessage): boolean =>
  httpVersion !== '1.0' && headers.expect?.trim().toLowerCase() === '100-continue';

/**
 * The origin may leave its 100 out and answer, or never answer: both have their bounds. A client that does not wait for
 * it, and may send its body at once, is held to its pace from there on.
 */
function onceBegun(request: IncomingMessage, upstream: ClientRequest, watch: () => void): void {
  const forget = (): void => {
    request.off('data', begin);
    upstream.off('continue', begin);
  };
  const begin = (): void => {
    forget();
    watch();
  };
  request.once('data', begin);
  upstream.once('continue', begin);
  upstream.once('close', forget);
}

/** An interim response as it came (RFC 9110 section 15.2); Node's server writes only some of them itself. */
function passInterim(
  information: InformationEvent,
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
): void {
  // While an earlier, pipelined response is still going out this one has no connection: an interim may be dropped.
  if (request.httpVersion === '1.0' || response.headersSent || response.socket === null) return;
  const lines = [`HTTP/1.1 ${information.statusCode} ${reasonPhrase(information)}`];
  for (const [field, value] of fields(responseHeaders(information, name))) lines.push(`${field}: ${value}`);
  response.socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** A failure before the final response, in the words of RFC 9209 section 2.3. */
export function exchangeError(error: NodeJS.ErrnoException): ProxyError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 'http_response_header_section_size';
  return error.code?.startsWith('HPE_') ? 'http_protocol_error' : 'connection_terminated';
}

const isStale = (upstream: ClientRequest, error: NodeJS.ErrnoException): boolean =>
  upstream.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');

/** Why a response that the parser let pass cannot go on to a client. */
export function responseFault({
  statusCode = 0,
  httpVersion,
  rawHeaders,
}: IncomingMessage): ProxyError | undefined {
  if (statusCode < 200) return 'http_protocol_error'; // none that ends an exchange (RFC 9110 section 15)
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'http_protocol_error';
  // We ask for no credentials, so an origin that does so in a proxy's words is after those of the client's proxy.
  if (statusCode === 407) return 'http_protocol_error';
  const codings = listOf(rawHeaders, 'transfer-encoding');
  if (codings.length === 0) return undefined;
  if (httpVersion === '1.0') return 'http_protocol_error'; // its framing is faulty (RFC 9112 section 6.1)
  // Any other coding would have to be undone here, for its name goes no further than this hop (RFC 9112 section 6.1).
  return codings.length === 1 && codings[0] === 'chunked' ? undefined : 'http_response_transfer_coding';
}

/** A phrase with bytes that HTTP does not allow would make `writeHead` throw; phrases carry no meaning. */
function reasonPhrase({ statusMessage = '' }: { readonly statusMessage?: string | undefined }): string {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(statusMessage) ? statusMessage : '';
}
