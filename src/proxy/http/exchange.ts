import type { ProxyError } from '../../policy/proxy-error.ts';
import { fail, type Result, succeed } from '../../policy/result.ts';
import { watchBodyPace } from '../bounds/body-pace.ts';
import type { Limits } from '../bounds/limits.ts';
import { breakOff } from '../client-socket.ts';
import { linesOf, listOf, type RawHeaders, responseHeaders, trailersFor, valuesOf } from './headers.ts';
import { hasBody } from './message-rules.ts';
import type { Answer } from './wire/answer.ts';
import type { IncomingRequest } from './wire/incoming-request.ts';
import type { NextHopConnection } from './wire/next-hop-connection.ts';
import type { OutgoingResponse } from './wire/outgoing-response.ts';

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
  request: IncomingRequest,
  response: OutgoingResponse,
  { connection, method, head, keep }: Outgoing,
  { limits, name }: { readonly limits: Limits; readonly name: string },
): Promise<Result<Answer, ExchangeFailure>> {
  return new Promise((resolve) => {
    let answer: Answer | undefined;
    let body: RequestBody | undefined;
    let isStopped = false;
    const stop = (): void => {
      isStopped = true;
      response.onSilence = undefined;
      body?.stop();
    };
    const giveUp = (error: ExchangeFailure['error'], isStale = false): void => {
      stop();
      connection.destroy();
      answer?.break();
      resolve(fail({ error, isStale }));
    };
    response.whenOver(() => {
      if (isStopped) return;
      stop();
      connection.destroy();
      resolve(fail({ error: 'connection_terminated', isStale: false }));
    });
    // The client's own timer goes off too, and may be first, where an origin takes no more of what it uploads.
    response.onSilence = () => {
      if (answer === undefined && connection.socket.writableNeedDrain) giveUp('http_response_timeout');
      else request.socket.destroy();
    };
    connection.begin(method, head, {
      onInterim(interim) {
        const isContinue = interim.statusCode === 100;
        const headers = isContinue ? [] : responseHeaders(interim, name);
        response.writeInterim(interim.statusCode, interim.reasonPhrase, headers);
        if (isContinue) body?.begin();
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
        if (!response.isHeldBack) giveUp('http_response_timeout');
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
export function relayResponse(answer: Answer, response: OutgoingResponse, name: string): Promise<Relayed> {
  return new Promise((resolve) => {
    let bytesDown = 0;
    let isBroken = false;
    const breakOffClient = (): void => {
      isBroken = true;
      breakOff(response.request.socket);
    };
    response.whenOver((isWhole) => {
      answer.abandon();
      resolve({ bytesDown, ending: isBroken ? 'broken' : isWhole ? 'whole' : 'client-left' });
    });
    // An answer that broke in the segment of its head has told so before anybody listened.
    if (answer.state === 'broken') {
      breakOffClient();
      return;
    }
    const { statusCode, reasonPhrase } = answer.head;
    response.writeHead(statusCode, responseHeaders(answer.head, name), reasonPhrase);
    response.onDrain = () => answer.resume();
    answer.take({
      onPiece(piece) {
        bytesDown += piece.length;
        if (!response.write(piece)) answer.pause();
      },
      onComplete() {
        const { rawTrailers } = answer;
        response.end(rawTrailers.length === 0 ? [] : trailersFor(answer.head.rawHeaders, rawTrailers));
      },
      onBroken: breakOffClient,
    });
    // The head waits for a first piece of body to share its segment with, for this turn of the event loop only: a
    // stream of events may send nothing for long.
    if (answer.state === 'coming' && bytesDown === 0) setImmediate(() => response.flushHead());
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
  request: IncomingRequest,
  connection: NextHopConnection,
  limits: Limits,
  onTooSlow: () => void,
): RequestBody {
  const { body } = request;
  const isChunked = valuesOf(request.rawHeaders, 'content-length').length === 0;
  let stopWatching: (() => void) | undefined;
  let isStopped = false;
  const begin = (): void => {
    if (!isStopped) stopWatching ??= watchBodyPace(body, limits, onTooSlow);
  };
  // The origin may leave its 100 out and answer, or never answer: both have their bounds.
  if (!request.awaitsContinue) begin();
  body.take({
    onPiece(piece) {
      if (isStopped) return;
      begin(); // a client that does not wait for 100 is held to its pace from its first byte on
      if (!(isChunked ? connection.writeChunk(piece) : connection.write(piece))) body.pause();
    },
    onComplete() {
      if (isStopped) return;
      if (isChunked)
        connection.write(`0\r\n${linesOf(trailersFor(request.rawHeaders, body.rawTrailers))}\r\n`);
      connection.requestSent();
    },
    onBroken() {}, // it ends the client's connection, and with it the exchange
  });
  return {
    begin,
    resume: () => body.resume(),
    stop() {
      isStopped = true;
      stopWatching?.();
      body.pause();
    },
  };
}

/** Why a response that the parser let pass cannot go on to a client. */
export function responseFault({
  statusCode = 0,
  httpVersion,
  rawHeaders,
}: {
  readonly statusCode?: number | undefined;
  readonly httpVersion: string;
  readonly rawHeaders: RawHeaders;
}): ProxyError | undefined {
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
