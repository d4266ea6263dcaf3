import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ProxyError } from '../../policy/proxy-error.ts';
import { fail, type Result, succeed } from '../../policy/result.ts';
import { watchBodyPace } from '../bounds/body-pace.ts';
import type { Limits } from '../bounds/limits.ts';
import { breakOff } from '../client-socket.ts';
import { fields, listOf, type RawHeaders, responseHeaders, trailerPairs, valuesOf } from './headers.ts';
import { hasBody } from './message-rules.ts';
import type { Answer } from './wire/answer.ts';
import type { NextHopConnection } from './wire/next-hop-connection.ts';
import type { ResponseHead } from './wire/response-head.ts';

/** Why an origin gave no final response. */
export type ExchangeFailure = {
  /** `client-too-slow`: it was the body of the request that did not come. */
  readonly error: ProxyError | 'client-too-slow';
  /** The connection was an idle one that the origin had given up: the request never reached it. */
  readonly isStale: boolean;
  /** Of a response that cannot go on to a client. */
  readonly status?: number | undefined;
};

/** A request on its way out, and the connection for it. */
export type Outgoing = {
  readonly connection: NextHopConnection;
  readonly method: string;
  /** The request's head as it goes on, to its empty line. */
  readonly head: string;
  /** The exchange is over, and the connection free for another. */
  readonly keep: () => void;
};

/**
 * Sends a request with its body and trailers, passes interim responses (1xx) on, and resolves to the final response,
 * whose body is still to be taken. When the client leaves, the upstream connection ends at once.
 */
export function exchange(
  request: IncomingMessage,
  response: ServerResponse,
  { connection, method, head, keep }: Outgoing,
  { limits, name }: { readonly limits: Limits; readonly name: string },
): Promise<Result<Answer, ExchangeFailure>> {
  return new Promise((resolve) => {
    let answer: Answer | undefined;
    let body: RequestBody | undefined;
    const stop = (): void => {
      response.off('close', onClientEnd);
      body?.stop();
    };
    const giveUp = (error: ExchangeFailure['error'], isStale = false): void => {
      stop();
      connection.destroy();
      answer?.break();
      resolve(fail({ error, isStale }));
    };
    const onClientEnd = (): void => {
      stop();
      connection.destroy();
      resolve(fail({ error: 'connection_terminated', isStale: false }));
    };
    response.once('close', onClientEnd);
    // The client's own timer goes off too, and may be first, where an origin takes no more of what it uploads.
    request.once('timeout', () => {
      if (answer === undefined && connection.socket.writableNeedDrain) giveUp('http_response_timeout');
      else request.socket.destroy();
    });
    connection.begin(method, head, {
      onInterim(interim) {
        if (interim.statusCode !== 100) passInterim(interim, request, response, name);
        else if (request.httpVersion !== '1.0' && !response.headersSent) {
          response.writeContinue();
          body?.begin();
        }
      },
      onAnswer(final) {
        const fault = responseFault(final.head);
        if (fault === undefined) {
          answer = final;
          resolve(succeed(final));
          return;
        }
        stop();
        connection.destroy();
        resolve(fail({ error: fault, isStale: false, status: final.head.statusCode }));
      },
      onNoAnswer: ({ error, isStale }) => giveUp(error, isStale),
      onDrain: () => body?.resume(),
      onSilence() {
        // While the client does not take what there is, the origin waits for it; the client's own timer (listener) runs.
        if (!response.writableNeedDrain) giveUp('http_response_timeout');
      },
      onOver(isReusable) {
        stop();
        if (isReusable) keep();
      },
    });
    if (!hasBody(request)) connection.requestSent();
    else
      body = sendBody(request, connection, limits, () => {
        if (answer === undefined) giveUp('client-too-slow');
        else breakOff(request.socket); // it has its answer, or a part of it
      });
  });
}

/**
 * Relays a final response and resolves to whether the client got all of it. When the origin breaks off, so does the
 * transfer to the client, by a reset: an ordinary end would make half a file look like a whole one.
 */
export function relayResponse(answer: Answer, response: ServerResponse, name: string): Promise<Relayed> {
  return new Promise((resolve) => {
    let bytesDown = 0;
    let isBroken = false;
    const breakOffClient = (): void => {
      isBroken = true;
      if (response.socket !== null) breakOff(response.socket);
      response.destroy();
    };
    response.once('close', () => {
      answer.abandon();
      resolve({
        bytesDown,
        ending: isBroken ? 'broken' : response.writableFinished ? 'whole' : 'client-left',
      });
    });
    // An answer that broke in the segment of its head has told so before anybody listened.
    if (answer.state === 'broken') {
      breakOffClient();
      return;
    }
    const { statusCode, reasonPhrase } = answer.head;
    response.writeHead(statusCode, reasonPhrase, responseHeaders(answer.head, name));
    response.on('drain', () => answer.resume());
    answer.take({
      onPiece(piece) {
        bytesDown += piece.length;
        if (!response.write(piece)) answer.pause();
      },
      onComplete() {
        if (response.chunkedEncoding)
          response.addTrailers(
            trailerPairs({ rawHeaders: answer.head.rawHeaders, rawTrailers: answer.rawTrailers }),
          );
        response.end();
      },
      onBroken: breakOffClient,
    });
    // The head waits for a first piece of body to share its segment with, for this turn of the event loop only: a
    // stream of events may send nothing for long.
    if (answer.state === 'coming' && bytesDown === 0)
      setImmediate(() => {
        if (bytesDown === 0 && !response.destroyed && !response.writableEnded) response.flushHeaders();
      });
  });
}

export type Relayed = { readonly bytesDown: number; readonly ending: 'whole' | 'broken' | 'client-left' };

/** The body of a request while it is being sent. */
type RequestBody = {
  /** The origin wants the body: from now on it is held to its pace. */
  begin(): void;
  resume(): void;
  stop(): void;
};

function sendBody(
  request: IncomingMessage,
  connection: NextHopConnection,
  limits: Limits,
  onTooSlow: () => void,
): RequestBody {
  const isChunked = valuesOf(request.rawHeaders, 'content-length').length === 0;
  let stopWatching: (() => void) | undefined;
  const begin = (): void => {
    stopWatching ??= watchBodyPace(request, limits, onTooSlow);
  };
  const onData = (piece: Buffer): void => {
    begin(); // a client that does not wait for 100 is held to its pace from its first byte on
    if (!(isChunked ? connection.writeChunk(piece) : connection.write(piece))) request.pause();
  };
  const onEnd = (): void => {
    if (isChunked) connection.write(`0\r\n${trailerLines(request)}\r\n`);
    connection.requestSent();
  };
  request.on('data', onData);
  request.once('end', onEnd);
  // The origin may leave its 100 out and answer, or never answer: both have their bounds.
  if (!awaitsContinue(request)) begin();
  request.resume();
  return {
    begin,
    resume: () => request.resume(),
    stop() {
      stopWatching?.();
      request.off('data', onData);
      request.off('end', onEnd);
      if (!request.complete) request.pause();
    },
  };
}

const trailerLines = (request: IncomingMessage): string =>
  trailerPairs(request)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

/** Who expects 100 may wait for it (RFC 9110 section 10.1.1); no other expectation, and none in HTTP/1.0, means that. */
const awaitsContinue = ({ headers, httpVersion }: IncomingMessage): boolean =>
  httpVersion !== '1.0' && headers.expect?.trim().toLowerCase() === '100-continue';

/** An interim response as it came (RFC 9110 section 15.2); Node's server writes only some of them itself. */
function passInterim(
  interim: ResponseHead,
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
): void {
  // While an earlier, pipelined response is still going out this one has no connection: an interim may be dropped.
  if (request.httpVersion === '1.0' || response.headersSent || response.socket === null) return;
  const lines = [`HTTP/1.1 ${interim.statusCode} ${interim.reasonPhrase}`];
  for (const [field, value] of fields(responseHeaders(interim, name))) lines.push(`${field}: ${value}`);
  response.socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Why a response that the parser let pass cannot go on to a client. */
export function responseFault({
  statusCode = 0,
  httpVersion,
  rawHeaders,
}: Pick<IncomingMessage, 'statusCode' | 'httpVersion'> & { readonly rawHeaders: RawHeaders }):
  | ProxyError
  | undefined {
  if (statusCode < 200) return 'http_protocol_error'; // none that ends an exchange (RFC 9110 section 15)
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return 'http_protocol_error';
  // We ask for no credentials, so an origin that does so in a proxy's words is after those of the client's proxy.
  if (statusCode === 407) return 'http_protocol_error';
  if (valuesOf(rawHeaders, 'transfer-encoding').length === 0) return undefined;
  const codings = listOf(rawHeaders, 'transfer-encoding');
  if (httpVersion === '1.0') return 'http_protocol_error'; // its framing is faulty (RFC 9112 section 6.1)
  // Any other coding would have to be undone here, for its name goes no further than this hop (RFC 9112 section 6.1).
  return codings.length === 1 && codings[0] === 'chunked' ? undefined : 'http_response_transfer_coding';
}
