import type { Carrier, Outcome } from '../decision-log/record.ts';
import type { OwnSite } from '../own-site/site.ts';
import { fail, type Result, succeed } from '../policy/result.ts';
import { type Admission, type Asked, admit, type Door, type Forwarded } from './admit.ts';
import type { Limits } from './bounds/limits.ts';
import { type ExchangeFailure, exchange, relayResponse } from './http/exchange.ts';
import { forwardsLeft, type RawHeaders, requestHeaders, valuesOf } from './http/headers.ts';
import { answerAsLast } from './http/last-recipient.ts';
import { hasBody } from './http/message-rules.ts';
import { authorityOf, type ForwardTarget } from './http/target.ts';
import type { Answer } from './http/wire/answer.ts';
import type { IncomingRequest } from './http/wire/incoming-request.ts';
import type { OutgoingResponse } from './http/wire/outgoing-response.ts';
import { carrierOf, type Opener, type OpenFailure } from './outward/opener.ts';
import type { Parent } from './outward/parent.ts';
import { refusalError } from './outward/parent-tunnel.ts';
import { requestHead, type Upstream, type UpstreamRequest, type Upstreams } from './outward/upstreams.ts';
import { answerVisit } from './own-site.ts';
import { failureOutcome, failureSubject, noticeOf, sendNotice } from './respond.ts';

export type ForwardContext = {
  readonly door: Door;
  readonly limits: Limits;
  readonly opener: Opener;
  readonly upstreams: Upstreams;
  readonly ownSite: OwnSite;
  /** Our name in `Via`, such as `postern-5d41402a` (RFC 9110 section 7.6.3). */
  readonly name: string;
};

/** A plain HTTP request: to its origin and back, or to the page that says why not. */
export function forward(
  asked: Asked,
  target: ForwardTarget,
  request: IncomingRequest,
  response: OutgoingResponse,
  context: ForwardContext,
): Promise<void> {
  return admit(asked, context.door, request.socket, async (admission) => {
    switch (admission.verdict) {
      case 'forward':
        return forwardsLeft(request) === 0
          ? answerAsLast(request, response, admission.incident)
          : relay(admission, target, request, response, context);
      case 'own-site':
        return answerVisit(asked, admission, target, response, context.ownSite);
      case 'block': {
        const notice = noticeOf(admission, { kind: 'blocked', reason: admission.reason });
        const isServed = await sendNotice(notice, response);
        return isServed ? { kind: 'block-page-served' } : { kind: 'block-page-unseen', cause: 'client-left' };
      }
      case 'fail':
        return failExchange(admission, response, { error: admission.error });
    }
  });
}

async function relay(
  admission: Forwarded,
  target: ForwardTarget,
  request: IncomingRequest,
  response: OutgoingResponse,
  context: ForwardContext,
): Promise<Outcome> {
  const outgoing: UpstreamRequest = {
    client: request.socket,
    destination: admission.destination,
    method: request.method,
    path: target.originForm,
    headers: requestHeaders(request, authorityOf(target), context.name, framingOf(request)),
  };
  const { body } = request;
  const answered = await exchangeSafely(outgoing, request, response, context);
  const bytesUp = body.takenBytes;
  if (response.isOver) return { kind: 'client-left', bytesUp, bytesDown: 0, ...carrierIn(answered) };
  if (!answered.ok) {
    const { error, ...failure } = answered.error;
    if (error !== 'client-too-slow') return failExchange(admission, response, { error, ...failure });
    await refuseSlowBody(admission, response);
    return { kind: error, bytesUp, bytesDown: 0, ...carrierOf(failure) };
  }

  const { answer, parent } = answered.value;
  const carrier = carrierOf({ parent });
  const status = answer.head.statusCode;
  const { ending, bytesDown } = await relayResponse(answer, response, context.name);
  const passed = { bytesUp: body.takenBytes, bytesDown };
  switch (ending) {
    case 'whole':
      return { kind: 'response-relayed', status, ...passed, ...carrier };
    case 'client-left':
      return { kind: 'client-left', ...passed, ...carrier };
    case 'broken':
      return { kind: 'upstream-failed', cause: 'http_response_incomplete', status, ...passed, ...carrier };
  }
}

type Answered = { readonly answer: Answer; readonly parent: Parent | undefined };

/** Why there is no answer: no connection, none on it, or the client's own slowness. */
type Unanswered = Omit<OpenFailure, 'error'> & Pick<ExchangeFailure, 'error'>;

const carrierIn = (answered: Result<Answered, Unanswered>): Carrier =>
  carrierOf(answered.ok ? answered.value : answered.error);

/**
 * An idle connection may die while a request is on its way. Only a request that may be repeated (RFC 9110 section
 * 9.2.2) and carries no body is risked on one, and then sent once more on a new connection.
 */
async function exchangeSafely(
  outgoing: UpstreamRequest,
  request: IncomingRequest,
  response: OutgoingResponse,
  { opener, upstreams, limits, name }: ForwardContext,
): Promise<Result<Answered, Unanswered>> {
  const mayRepeat = IDEMPOTENT.has(outgoing.method) && !hasBody(request);
  // A sender says when it will close (RFC 9112 section 9.6).
  const sent = mayRepeat ? outgoing : { ...outgoing, headers: [...outgoing.headers, 'Connection', 'close'] };
  const send = async (upstream: Upstream): Promise<Result<Answered, Unanswered & { isStale: boolean }>> => {
    const { connection, parent } = upstream;
    const head = requestHead(sent, parent);
    const keep = (): void => (mayRepeat ? upstreams.keep(upstream, outgoing) : connection.destroy());
    const { method } = outgoing;
    return answeredBy(
      await exchange(request, response, { connection, method, head, keep }, { limits, name }),
      parent,
    );
  };
  const idle = mayRepeat ? upstreams.idle(outgoing) : undefined;
  if (idle !== undefined) {
    const first = await send(idle);
    if (first.ok || !first.error.isStale || response.isOver) return first;
  }
  const opened = await opener.toNextHop(outgoing.destination, outgoing.client);
  if (!opened.ok) return opened;
  const { socket, parent } = opened.value;
  if (response.isOver) {
    socket.destroy();
    return fail({ error: 'connection_terminated', parent });
  }
  return send(upstreams.opened(socket, parent));
}

function answeredBy(
  answer: Result<Answer, ExchangeFailure>,
  parent: Parent | undefined,
): Result<Answered, Unanswered & { readonly isStale: boolean }> {
  if (answer.ok) return succeed({ answer: answer.value, parent });
  const { error, status, isStale } = answer.error;
  // A parent that asks for credentials asks us, never the client (RFC 9110 section 15.5.8).
  return status === 407 && parent !== undefined
    ? fail({ error: refusalError(status), receivedStatus: status, parent, isStale })
    : fail({ error, parent, isStale });
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

async function failExchange(
  admission: Admission,
  response: OutgoingResponse,
  failure: OpenFailure,
): Promise<Outcome> {
  await sendNotice(noticeOf(admission, failureSubject(failure)), response);
  return failureOutcome(failure);
}

/** RFC 9110 section 15.5.9. */
async function refuseSlowBody(admission: Admission, response: OutgoingResponse): Promise<void> {
  const subject = {
    kind: 'refused',
    status: 408,
    problem: 'the body of the request came too slowly',
  } as const;
  response.keepsAlive = false;
  await sendNotice(noticeOf(admission, subject), response);
}

/**
 * The one framing under which the body goes on (RFC 9112 section 6): the length that was checked, or chunked. Methods
 * that usually have a body say so when they have none.
 */
function framingOf(request: IncomingRequest): RawHeaders {
  const [length] = valuesOf(request.rawHeaders, 'content-length');
  if (length !== undefined) return ['Content-Length', length];
  if (hasBody(request)) return ['Transfer-Encoding', 'chunked'];
  return ['POST', 'PUT', 'PATCH'].includes(request.method) ? ['Content-Length', '0'] : [];
}
