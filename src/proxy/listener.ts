import net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Notice } from '../block-page/notice.ts';
import type { Wishes } from '../block-page/wishes.ts';
import { newIncident } from '../decision-log/incident.ts';
import { identify } from '../identity/identify.ts';
import type { Facts, Via } from '../policy/facts.ts';
import { fail, type Result } from '../policy/result.ts';
import type { Asked, Door } from './admit.ts';
import { clientAddress } from './arrival/client-address.ts';
import { saidNothing } from './arrival/gate.ts';
import type { TlsGateContext } from './arrival/tls-gate.ts';
import type { Reception } from './bounds/reception.ts';
import { listenerPort } from './client-socket.ts';
import { type ConnectContext, connect } from './connect.ts';
import { type ForwardContext, forward } from './forward.ts';
import { hasPassed } from './http/headers.ts';
import { bad, type Refusal } from './http/refusal.ts';
import { type ForwardTarget, parseConnectTarget, parseForwardTarget, type Target } from './http/target.ts';
import { ClientConnection, type RequestHandler, type RequestLine } from './http/wire/client-connection.ts';
import type { IncomingRequest } from './http/wire/incoming-request.ts';
import type { OutgoingResponse } from './http/wire/outgoing-response.ts';
import { MAX_SHOWN_CHARACTERS } from './http/wire/request-head.ts';
import { sendNotice, sendNoticeOnSocket, wishesOf } from './respond.ts';
import { upgradeToWebSocket } from './websocket.ts';

/** All that the data path works with. */
export type ProxyContext = ForwardContext &
  ConnectContext &
  TlsGateContext & { readonly reception: Reception };

/** A server for one listening address, not listening yet. Each request it understands goes to one of the paths. */
export function createListener(context: ProxyContext): net.Server {
  const { limits, reception } = context;
  const handler: RequestHandler = {
    onRequest: (request, response) => void handleRequest(request, response, context),
    onLeaving: (request, head) =>
      void (request.method === 'CONNECT'
        ? handleConnect(request, head, context)
        : handleUpgrade(request, head, context)),
    onOutOfTurn: (request, problem) => void cutOff(problem, request, context),
    onMalformed: (refusal, line, socket) => void refuseBytes(refusal, line, socket, context),
    onBrokenBody: (socket) => void endAfterAnswer(socket, context.door),
  };
  // A client that ends its side may still want its answer (RFC 9112 section 9.6).
  return net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    // Asked for now it is kept; of a connection that is reset it could not be told any more whose it was.
    if (socket.remoteAddress === undefined || listenerPort(socket) === undefined) {
      socket.destroy();
      return;
    }
    reception.welcome(socket, clientAddress(socket));
    new ClientConnection(socket, limits, handler);
  });
}

/** Answers bytes that are no request. */
async function refuseBytes(
  refusal: Refusal,
  line: RequestLine | undefined,
  socket: net.Socket,
  context: ProxyContext,
): Promise<void> {
  // Browsers open connections ahead of need: one that never asked anything has nothing to be told or logged.
  const isUnasked = saidNothing(socket) || context.reception.isTurnedAway(socket);
  if (!socket.writable || isUnasked || !context.reception.mayBeTold(socket, clientAddress(socket)))
    socket.destroy();
  else await refuseOnSocket(refusal, line, socket, context);
}

/** Ends a connection on which no answer can find its place any more; the attempt leaves its line all the same. */
async function cutOff(problem: string, request: IncomingRequest, { door }: ForwardContext): Promise<void> {
  await refuse(bad(problem), request, request.socket, door);
  request.socket.destroy();
}

async function handleRequest(
  request: IncomingRequest,
  response: OutgoingResponse,
  context: ProxyContext,
): Promise<void> {
  const parsed = parseForwardTarget(request.requestTarget, request.method);
  const target = receive(request, 'request', parsed, context);
  if (target.ok)
    return forward(ask('http', request, target.value, context), target.value, request, response, context);
  const notice = await refuse(target.error, request, request.socket, context.door);
  if (response.isOver) return;
  response.keepsAlive = false;
  await sendNotice(notice, response);
}

async function handleUpgrade(request: IncomingRequest, head: Buffer, context: ProxyContext): Promise<void> {
  const parsed = parseForwardTarget(request.requestTarget, request.method);
  const target = receive(request, 'tunnel', parsed, context);
  if (!target.ok) return refuseLeaving(target.error, request, context);
  const asked = ask('websocket', request, target.value, context);
  return upgradeToWebSocket(asked, target.value, request, head, context);
}

async function handleConnect(request: IncomingRequest, head: Buffer, context: ProxyContext): Promise<void> {
  const target = receive(request, 'tunnel', parseConnectTarget(request.requestTarget), context);
  if (!target.ok) return refuseLeaving(target.error, request, context);
  return connect(ask('connect', request, target.value, context), request, head, context);
}

/** The target of a request that keeps HTTP's rules and the limits, or why it is refused. */
function receive<T extends Target>(
  request: IncomingRequest,
  asks: 'request' | 'tunnel',
  target: Result<T, Refusal>,
  { reception }: ProxyContext,
): Result<T, Refusal | Notice> {
  const beyondLimit = reception.turnAway(request.socket, asks);
  if (beyondLimit !== undefined) return fail(beyondLimit);
  return request.violation === undefined ? target : fail(request.violation);
}

/** The facts of a request, and the policies of this moment, which it keeps whatever happens to them meanwhile. */
function ask(
  via: Via,
  request: IncomingRequest,
  target: Target | ForwardTarget,
  context: ForwardContext,
): Asked {
  const policies = context.door.policies.current();
  const client = clientAddress(request.socket);
  const facts: Facts = {
    time: Date.now(),
    ...identify({ client, listenerPort: listenerPort(request.socket) }, policies),
    client,
    via,
    method: request.method,
    host: target.host,
    port: target.port,
    ...('path' in target ? { path: target.path } : {}),
  };
  return { facts, policies, isLoop: hasPassed(request, context.name) };
}

/** Notes a request that cannot be decided on, and gives the notice to answer it with; of a limit, it is noted already. */
async function refuse(
  refusal: Refusal | Notice,
  request: RequestLine | undefined,
  socket: net.Socket,
  door: Door,
): Promise<Notice> {
  if ('subject' in refusal) {
    await door.log.committed();
    return refusal;
  }
  const { status, problem } = refusal;
  const time = Date.now();
  const incident = newIncident(time);
  const client = clientAddress(socket);
  door.log.write({
    event: 'malformed',
    incident,
    time,
    ...identify({ client, listenerPort: listenerPort(socket) }, door.policies.current()),
    client,
    via: request === undefined ? undefined : request.method === 'CONNECT' ? 'connect' : 'http',
    method: request?.method,
    target: request === undefined ? undefined : withoutSecrets(request.requestTarget),
    status,
    problem,
  });
  await door.log.committed();
  const subject = { kind: 'refused', status, problem } as const;
  return { code: incident.code, time, host: undefined, client, department: undefined, subject };
}

/** A target that could not be read may still carry what people typed: user information and the query stay out. */
function withoutSecrets(target: string): string {
  const shown = target.slice(0, MAX_SHOWN_CHARACTERS); // before anything else looks at it: it is as long as its sender likes
  const [beforeQuery = '', query] = shown.split('?', 2);
  const scheme = /^[a-z]+:\/\//i.exec(beforeQuery)?.[0] ?? '';
  const at = beforeQuery.lastIndexOf('@');
  const masked = at === -1 ? beforeQuery : `${scheme}…${beforeQuery.slice(at)}`;
  return query === undefined ? masked : `${masked}?…`;
}

const refuseLeaving = (
  refusal: Refusal | Notice,
  request: IncomingRequest,
  context: ForwardContext,
): Promise<void> => refuseOnSocket(refusal, request, request.socket, context, wishesOf(request));

async function refuseOnSocket(
  refusal: Refusal | Notice,
  line: RequestLine | undefined,
  socket: net.Socket,
  { door, limits }: ForwardContext,
  wishes: Wishes = {},
): Promise<void> {
  const notice = await refuse(refusal, line, socket, door);
  if (!socket.destroyed) await sendNoticeOnSocket(notice, wishes, socket, limits.lingerMs);
}

/**
 * A body that breaks off or breaks the rules ends a request that has lines of its own in the log. If that request was
 * refused for its head, the answer goes out once its line is written, so this waits for the same.
 */
async function endAfterAnswer(socket: net.Socket, door: Door): Promise<void> {
  await door.log.committed();
  await setImmediate(); // the refusal waits for the same commit, and writes in this turn
  socket.destroySoon();
}
