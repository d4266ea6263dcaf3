import type net from 'node:net';
import { clientIdleMs, type Limits } from '../../bounds/limits.ts';
import { closeAfterReading, createSocketNote, destroySelf, transportOf } from '../../client-socket.ts';
import { findViolation, isWebSocketUpgrade } from '../message-rules.ts';
import { bad, type Refusal } from '../refusal.ts';
import { type BodyDecoder, createBodyDecoder, decodeSegment } from './body-decoder.ts';
import { type Awaited, ClientDeadline } from './client-deadline.ts';
import { HeadCollector } from './head-collector.ts';
import { IncomingRequest } from './incoming-request.ts';
import { OutgoingResponse } from './outgoing-response.ts';
import { keepsConnection, requestFraming } from './request-framing.ts';
import { mayBeginRequest, parseRequestHead, type RequestHead, requestLineOf } from './request-head.ts';
import { type Turn, WaitingTurns } from './waiting-turns.ts';

/** As much of a request as its first line says. */
export type RequestLine = Pick<RequestHead, 'method' | 'requestTarget'>;

/** Who serves the requests of a connection. */
export type RequestHandler = {
  /** It is this request's turn: every earlier response is over, or the client is gone. */
  onRequest(request: IncomingRequest, response: OutgoingResponse): void;
  /** A CONNECT, or a handshake of a WebSocket: from now on the connection is the handler's; `head` came behind it. */
  onLeaving(request: IncomingRequest, head: Buffer): void;
  /** The same behind a request that has no answer yet, or one request too many: the connection is the handler's. */
  onOutOfTurn(request: IncomingRequest, problem: string): void;
  /** Bytes that are no request, in their turn: the connection is the handler's. */
  onMalformed(refusal: Refusal, line: RequestLine | undefined, socket: net.Socket): void;
  /** A body breaks off or breaks the rules, of a request that is being served. */
  onBrokenBody(socket: net.Socket): void;
};

type Bounds = Pick<
  Limits,
  | 'requestHeadMs'
  | 'keepAliveMs'
  | 'exchangeIdleMs'
  | 'halfClosedMs'
  | 'lingerMs'
  | 'maxHeaderBytes'
  | 'maxTargetBytes'
  | 'maxHeaderFields'
>;

/**
 * An HTTP/1.1 connection of a client, as its server. Pipelined requests are served one after the other: to work on them
 * at once could change what they do, unless all are safe (RFC 9112 section 9.3.2), and would let one connection ask for
 * any amount of work.
 */
export class ClientConnection {
  readonly socket: net.Socket;
  readonly keptForSeconds: number;
  readonly #bounds: Bounds;
  readonly #handler: RequestHandler;
  readonly #head = new HeadCollector();
  /** The request whose body is coming, whether it is served already or waits. */
  #reading: IncomingRequest | undefined;
  #decoder: BodyDecoder | undefined;
  /** Whoever takes that body takes no more of it for now. */
  #isHeldBack = false;
  /** Nothing more of the client is a request: what comes is dropped (RFC 9112 section 9.6). */
  #isDeaf = false;
  #hasDropped = false;
  #hasEnded = false;
  #current: OutgoingResponse | undefined;
  readonly #turns = new WaitingTurns();
  #hasServed = false;
  readonly #deadline: ClientDeadline;
  /** For the rest of a body whose request has been answered. */
  #restDeadline: NodeJS.Timeout | undefined;

  constructor(socket: net.Socket, bounds: Bounds, handler: RequestHandler) {
    this.socket = socket;
    this.keptForSeconds = Math.floor(bounds.keepAliveMs / 1_000);
    this.#bounds = bounds;
    this.#handler = handler;
    this.#deadline = new ClientDeadline(bounds, this.#awaited, this.#onLate);
    connections.set(transportOf(socket), this);
    socket.setTimeout(clientIdleMs(bounds));
    socket.on('timeout', this.#onSilence);
    socket.on('drain', this.#onDrain);
    socket.on('end', this.#onEnd);
    socket.on('error', destroySelf);
    socket.on('close', this.#onClose);
    socket.on('data', this.#onData);
  }

  /** Nothing is being served or on its way out, and nothing has come of a next request. */
  get isIdle(): boolean {
    if (this.socket.writableEnded) return false; // it closes by itself, once its last answer has arrived
    return this.#current === undefined && this.#reading === undefined && this.#head.length === 0;
  }

  readonly #onData = (bytes: Buffer): void => {
    let at = 0;
    while (at < bytes.length && !this.#isDeaf)
      at = this.#decoder === undefined ? this.#readHead(bytes, at) : this.#readBody(this.#decoder, bytes, at);
    this.#hasDropped ||= at < bytes.length;
  };

  /** Gives where the rest begins. */
  #readHead(bytes: Buffer, from: number): number {
    const before = this.#head.length;
    const text = this.#head.add(bytes, from);
    const { stoppedAt } = this.#head;
    const { maxHeaderBytes } = this.#bounds;
    if (text === undefined) {
      if (before === 0 && this.#head.length > 0) this.#deadline.restart();
      if (this.#head.length > maxHeaderBytes) this.#refuse(tooLarge(this.#head.partial, this.#bounds));
      else if (this.#head.isBroken || (before === 0 && !this.#mayBegin()))
        this.#refuse(bad('the request is not valid HTTP/1.1'));
    } else if (text.length > maxHeaderBytes) this.#refuse(tooLarge(text, this.#bounds), text);
    else this.#takeHead(text, bytes, stoppedAt);
    return stoppedAt;
  }

  #mayBegin(): boolean {
    return this.#head.length === 0 || mayBeginRequest(this.#head.partial);
  }

  #takeHead(text: string, bytes: Buffer, end: number): void {
    const head = parseRequestHead(text);
    if ('status' in head) {
      this.#refuse(head, text);
      return;
    }
    const request = new IncomingRequest(this.socket, head, findViolation(head, this.#bounds), this);
    if (head.method === 'CONNECT' || isWebSocketUpgrade(head)) this.#leave(request, bytes.subarray(end));
    else if (this.#turns.isFull) this.#outOfTurn(request, TOO_MANY);
    else this.#take(request, text.length);
  }

  #take(request: IncomingRequest, bytes: number): void {
    if (request.violation !== undefined) {
      this.#isDeaf = true; // where its body ends nobody can say
      request.body.complete([]);
    } else {
      const decoder = createBodyDecoder(requestFraming(request), this.#bounds.maxHeaderBytes);
      if (decoder.state === 'complete') request.body.complete([]);
      else {
        this.#reading = request;
        this.#decoder = decoder;
      }
    }
    const keepsAlive = request.violation === undefined && keepsConnection(request);
    const response = new OutgoingResponse(request, keepsAlive, this);
    if (!keepsAlive && this.#reading === undefined) this.#isDeaf = true;
    this.#await({ bytes, body: request.body, begin: () => this.#serve(request, response) });
  }

  #serve(request: IncomingRequest, response: OutgoingResponse): void {
    this.#current = response;
    this.#handler.onRequest(request, response);
    if (this.#current === response && request.body.state === 'broken')
      this.#handler.onBrokenBody(this.socket);
  }

  #await(turn: Turn): void {
    if (this.#current === undefined) turn.begin();
    else {
      this.#turns.add(turn);
      this.#readOn();
    }
  }

  /** Reads, or reads no more for now. */
  #readOn(): void {
    if (this.#isHeldBack || this.#turns.isTooMuch) this.socket.pause();
    else this.socket.resume();
  }

  #leave(request: IncomingRequest, head: Buffer): void {
    // The answers that are still to come would be taken for what comes out of the tunnel.
    if (this.#current !== undefined) this.#outOfTurn(request, TOO_EARLY);
    else {
      this.#letGo();
      this.#handler.onLeaving(request, head);
    }
  }

  #outOfTurn(request: IncomingRequest, problem: string): void {
    this.#isDeaf = true;
    this.#handler.onOutOfTurn(request, problem);
  }

  #refuse(refusal: Refusal, text = this.#head.partial): void {
    this.#isDeaf = true;
    this.#head.clear();
    const line = requestLineOf(text);
    this.#await({
      bytes: 0,
      body: undefined,
      begin: () => {
        this.#letGo();
        this.#handler.onMalformed(refusal, line, this.socket);
      },
    });
  }

  /** From now on the connection is somebody else's. What errors do to it stays, for an error may be on its way already. */
  #letGo(): void {
    const { socket } = this;
    this.#isDeaf = true;
    this.#deadline.stop();
    connections.set(transportOf(socket), undefined);
    socket.setTimeout(0);
    socket.off('timeout', this.#onSilence);
    socket.off('drain', this.#onDrain);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    socket.off('data', this.#onData);
    socket.pause();
  }

  #readBody(decoder: BodyDecoder, bytes: Buffer, from: number): number {
    const body = (this.#reading as IncomingRequest).body;
    const { pieces, end } = decodeSegment(decoder, bytes, from);
    for (const piece of pieces) body.add(piece);
    if (decoder.state === 'invalid') this.#breakBody();
    else if (decoder.state === 'complete') this.#completeBody(decoder);
    return end;
  }

  #completeBody({ rawTrailers }: BodyDecoder): void {
    const request = this.#reading as IncomingRequest;
    this.#reading = this.#decoder = undefined;
    clearTimeout(this.#restDeadline);
    if (!keepsConnection(request)) this.#isDeaf = true;
    this.#isHeldBack = false; // what follows is another's
    this.#readOn();
    request.body.complete(rawTrailers);
    if (this.#current === undefined) this.#deadline.restart();
  }

  #breakBody(): void {
    const request = this.#reading as IncomingRequest;
    this.#reading = this.#decoder = undefined;
    this.#isDeaf = true;
    request.body.break();
    if (this.#current === undefined)
      this.#close(request); // it has been answered
    else if (this.#current.request === request) this.#handler.onBrokenBody(this.socket);
  }

  /** Of the body that is coming. */
  pause(): void {
    this.#isHeldBack = true;
    this.#readOn();
  }

  resume(): void {
    this.#isHeldBack = false;
    this.#readOn();
  }

  responseOver(response: OutgoingResponse, isWhole: boolean): void {
    if (this.#current !== response) return;
    this.#current = undefined;
    this.#hasServed = true;
    const { socket } = this;
    if (!isWhole) socket.destroy(); // who fails to write tells so before the connection is closed for it
    // What a client asked before it left was asked, and must not go unlogged.
    if (socket.destroyed) this.#beginAll(response.keepsAlive);
    else if (!response.keepsAlive || !socket.writable) this.#close(response.request);
    else {
      if (this.#reading === response.request) this.#boundRest(response.request);
      this.#goOn();
    }
  }

  #goOn(): void {
    const next = this.#turns.next();
    if (next === undefined) {
      this.#deadline.restart();
      if (this.#hasEnded) this.socket.end();
      return;
    }
    this.#readOn();
    next.begin();
  }

  /** The last response has said that the connection closes: what waits behind it is not worked on (RFC 9112 section 9.6). */
  #beginAll(mayBegin: boolean): void {
    const turns = this.#turns.release();
    if (mayBegin) for (const { begin } of turns) begin();
  }

  /** A client that is still sending could lose its answer if the connection were closed over it (RFC 9112 section 9.6). */
  #close({ violation, body }: IncomingRequest): void {
    const isAlone = this.#turns.isEmpty && this.#head.length === 0 && !this.#hasDropped;
    const isSilent = violation === undefined && body.state === 'complete' && isAlone;
    this.#isDeaf = true;
    this.#turns.release();
    if (isSilent) {
      this.socket.destroySoon();
      return;
    }
    this.socket.end();
    closeAfterReading(this.socket, this.#bounds.lingerMs);
  }

  /** A client that was answered may go on sending its body for a while (RFC 9112 section 9.6), not for ever. */
  #boundRest({ body }: IncomingRequest): void {
    this.#restDeadline = setTimeout(() => this.socket.destroy(), this.#bounds.lingerMs);
    body.discard();
  }

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    if (this.#reading !== undefined) this.#breakBody();
    else if (this.#head.length > 0) this.#refuse(bad('the request ends within its head'));
    else if (this.#current === undefined) this.socket.end();
    // A client that has ended its side may be waiting for its answer (RFC 9112 section 9.6), or be gone. What is written
    // to it tells, so only the silence needs a bound.
    if (this.#current !== undefined) this.socket.setTimeout(this.#bounds.halfClosedMs);
  };

  readonly #onDrain = (): void => this.#current?.onDrain?.();

  readonly #onSilence = (): void => {
    if (this.#current === undefined) return; // the deadline ends it
    if (this.#current.onSilence === undefined) this.socket.destroy();
    else this.#current.onSilence();
  };

  readonly #onClose = (): void => {
    this.#isDeaf = true;
    this.#deadline.stop();
    clearTimeout(this.#restDeadline);
    this.#reading?.body.break();
    this.#current?.lose();
  };

  readonly #awaited = (): Awaited => {
    if (this.#current !== undefined) return undefined;
    return this.#head.length > 0 || !this.#hasServed ? 'head' : 'request';
  };

  readonly #onLate = (awaited: Awaited): void => {
    if (awaited === 'head') this.#refuse({ status: 408, problem: 'the request took too long to arrive' });
    else this.socket.destroy();
  };
}

const TOO_EARLY = 'a tunnel was asked for before an earlier request was answered';
const TOO_MANY = 'too many requests wait for their answers';

const tooLarge = (text: string, { maxTargetBytes }: Pick<Limits, 'maxTargetBytes'>): Refusal => {
  const line = text.indexOf('\r\n');
  return line === -1 || line > maxTargetBytes
    ? { status: 414, problem: 'the request target is too long' }
    : { status: 431, problem: 'the header fields are too large' };
};

/** By the TCP connection; undefined once it speaks HTTP no more. */
const connections = createSocketNote<ClientConnection | undefined>('HTTP connection');

/** Whether a connection serves no request at the moment; false where it speaks no HTTP, or none any more. */
export const isIdle = (socket: net.Socket): boolean => connections.get(transportOf(socket))?.isIdle === true;
