import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Notice } from '../block-page/notice.ts';
import { newIncident } from '../decision-log/incident.ts';
import { identify } from '../identity/identify.ts';
import type { Facts, Via } from '../policy/facts.ts';
import { fail, type Result } from '../policy/result.ts';
import type { Asked, Door } from './admit.ts';
import { clientAddress } from './arrival/client-address.ts';
import { saidNothing } from './arrival/gate.ts';
import { clientIdleMs } from './bounds/limits.ts';
import type { Reception } from './bounds/reception.ts';
import { listenerPort } from './client-socket.ts';
import { type ConnectContext, connect } from './connect.ts';
import { type ForwardContext, forward } from './forward.ts';
import { hasPassed } from './http/headers.ts';
import { findViolation, isWebSocketUpgrade, type Refusal } from './http/message-rules.ts';
import {
  MAX_TARGET_CHARACTERS,
  type ParserError,
  parserViolation,
  type RequestLine,
  refusedLine,
} from './http/refused-bytes.ts';
import { type ForwardTarget, parseConnectTarget, parseForwardTarget, type Target } from './http/target.ts';
import { createTurns, type Turns } from './http/turns.ts';
import { sendNotice, sendNoticeOnSocket } from './respond.ts';
import { upgradeToWebSocket } from './websocket.ts';

/** All that the data path works with. */
export type ProxyContext = ForwardContext & ConnectContext & { readonly reception: Reception };

/** An HTTP server for one listening address, not listening yet. Each request it understands goes to one of the paths. */
export function createListener(context: ProxyContext): http.Server {
  const { limits, reception } = context;
  const server = http.createServer({
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.requestHeadMs,
    requestTimeout: 0, // an upload may take as long as it goes on; the idle limit below ends one that stands still
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(5_000, limits.requestHeadMs),
    requireHostHeader: false, // Node would answer by itself, and no line would tell of it: findViolation asks instead
    insecureHTTPParser: false,
    shouldUpgradeCallback: isWebSocketUpgrade,
  });
  server.maxHeadersCount = 0; // findViolation counts them: beyond a count Node would drop fields without a word
  // A client that ends its side may still want its answer (RFC 9112 section 9.6): see boundHalfClosed in forward.ts.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.timeout = clientIdleMs(limits);

  const turns = createTurns();
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    // For what follows an upgrade, see turns.ts; a proxy keeps no connection to HTTP/1.0 clients (RFC 9112 section 9.3).
    if (request.headers.upgrade !== undefined || request.httpVersion === '1.0')
      response.shouldKeepAlive = false;
    const isTaken = turns.take(request, response, () => void handleRequest(request, response, context));
    if (!isTaken) void cutOff('too many requests wait for their answers', request, request.socket, context);
  };
  server.on('connection', (socket: net.Socket) => {
    // Asked for now it is kept; of a connection that is reset it could not be told any more whose it was.
    if (socket.remoteAddress === undefined || listenerPort(socket) === undefined) socket.destroy();
    else reception.welcome(socket, clientAddress(socket));
  });
  server.on('request', onRequest);
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('upgrade', (request, duplex, head) => {
    const socket = duplex as net.Socket;
    // The answers that are still to come would be taken for what comes out of the tunnel.
    if (turns.current(socket) !== undefined) void cutOff(TOO_EARLY, request, socket, context);
    else void handleUpgrade(request, socket, head, context);
  });
  server.on('connect', (request, duplex, head) => {
    const socket = duplex as net.Socket;
    if (turns.current(socket) !== undefined) void cutOff(TOO_EARLY, request, socket, context);
    else void handleConnect(request, socket, head, context);
  });
  const broken = new WeakSet<net.Socket>();
  server.on('clientError', (error: ParserError, duplex) => {
    const socket = duplex as net.Socket;
    if (isLost(error)) socket.destroy();
    // Once: the parser complains anew of each segment that follows the one it refused.
    else if (!broken.has(socket)) {
      broken.add(socket);
      refuseBytes(error, socket, turns, context);
    }
  });
  return server;
}

/** Answers bytes that are no request, or ends the connection where they came behind one. */
function refuseBytes(error: ParserError, socket: net.Socket, turns: Turns, context: ProxyContext): void {
  // What follows the request that was said to be the last is not read (RFC 9112 section 9.6).
  if (error.code === 'HPE_CLOSED_CONNECTION') return;
  const answer = (): void => void refuseOnSocket(parserViolation(error), refusedLine(error), socket, context);
  const current = turns.current(socket);
  // Browsers open connections ahead of need: one that never asked anything has nothing to be told or logged.
  const isUnasked = saidNothing(socket) || context.reception.isTurnedAway(socket);
  if (!socket.writable || isUnasked) socket.destroy();
  else if (current === undefined && turns.isAmidBody(socket))
    socket.destroySoon(); // its request has been answered
  else if (current !== undefined && !current.complete) void endAfterAnswer(socket, context.door);
  else if (!context.reception.mayBeTold(socket, clientAddress(socket))) socket.destroy();
  else if (current === undefined) answer();
  else turns.takeLast(socket, answer);
}

const TOO_EARLY = 'a tunnel was asked for before an earlier request was answered';

/** Ends a connection on which no answer can find its place any more; the attempt leaves its line all the same. */
async function cutOff(
  problem: string,
  request: IncomingMessage,
  socket: net.Socket,
  { door }: ForwardContext,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  await refuse({ status: 400, problem }, request, socket, door);
  socket.destroy();
}

async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  context: ProxyContext,
): Promise<void> {
  const parsed = parseForwardTarget(request.url ?? '', request.method ?? '');
  const target = receive(request, 'request', parsed, context);
  if (target.ok)
    return forward(ask('http', request, target.value, context), target.value, request, response, context);
  const notice = await refuse(target.error, request, request.socket, context.door);
  if (response.destroyed || request.socket.destroyed) return;
  response.shouldKeepAlive = false;
  await sendNotice(notice, request.headers, response);
}

async function handleUpgrade(
  request: IncomingMessage,
  socket: net.Socket,
  head: Buffer,
  context: ProxyContext,
): Promise<void> {
  socket.setTimeout(0); // what comes of it has limits of its own
  const parsed = parseForwardTarget(request.url ?? '', request.method ?? '');
  const target = receive(request, 'tunnel', parsed, context);
  if (!target.ok) return refuseOnSocket(target.error, request, socket, context);
  const asked = ask('websocket', request, target.value, context);
  return upgradeToWebSocket(asked, target.value, request, socket, head, context);
}

async function handleConnect(
  request: IncomingMessage,
  socket: net.Socket,
  head: Buffer,
  context: ProxyContext,
): Promise<void> {
  socket.setTimeout(0); // what comes of it has limits of its own
  const target = receive(request, 'tunnel', parseConnectTarget(request.url ?? ''), context);
  if (!target.ok) return refuseOnSocket(target.error, request, socket, context);
  return connect(ask('connect', request, target.value, context), request, socket, head, context);
}

/** The target of a request that keeps HTTP's rules and the limits, or why it is refused. */
function receive<T extends Target>(
  request: IncomingMessage,
  asks: 'request' | 'tunnel',
  target: Result<T, Refusal>,
  { reception, limits }: ProxyContext,
): Result<T, Refusal | Notice> {
  const beyondLimit = reception.turnAway(request.socket, asks);
  if (beyondLimit !== undefined) return fail(beyondLimit);
  const violation = findViolation(request, limits);
  return violation === undefined ? target : fail(violation);
}

/** The facts of a request, and the policies of this moment, which it keeps whatever happens to them meanwhile. */
function ask(
  via: Via,
  request: IncomingMessage,
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
    method: request.method ?? '',
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
    target: request?.url === undefined ? undefined : withoutSecrets(request.url),
    status,
    problem,
  });
  await door.log.committed();
  const subject = { kind: 'refused', status, problem } as const;
  return { code: incident.code, time, host: undefined, client, department: undefined, subject };
}

/** A target that could not be read may still carry what people typed: user information and the query stay out. */
function withoutSecrets(target: string): string {
  const shown = target.slice(0, MAX_TARGET_CHARACTERS); // before anything else looks at it: it is as long as its sender likes
  const [beforeQuery = '', query] = shown.split('?', 2);
  const scheme = /^[a-z]+:\/\//i.exec(beforeQuery)?.[0] ?? '';
  const at = beforeQuery.lastIndexOf('@');
  const masked = at === -1 ? beforeQuery : `${scheme}…${beforeQuery.slice(at)}`;
  return query === undefined ? masked : `${masked}?…`;
}

async function refuseOnSocket(
  refusal: Refusal | Notice,
  request: (RequestLine & { readonly headers?: IncomingHttpHeaders }) | undefined,
  socket: net.Socket,
  { door, limits }: ForwardContext,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  const notice = await refuse(refusal, request, socket, door);
  if (!socket.destroyed) await sendNoticeOnSocket(notice, request?.headers ?? {}, socket, limits.lingerMs);
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

/** The connection itself broke, below HTTP: nothing that we write would arrive. */
const isLost = ({ code = '' }: NodeJS.ErrnoException): boolean =>
  code === 'ECONNRESET' || code.startsWith('ERR_SSL_');
