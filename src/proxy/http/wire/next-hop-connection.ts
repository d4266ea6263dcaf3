import type net from 'node:net';
import type { ProxyError } from '../../../policy/proxy-error.ts';
import { Answer } from './answer.ts';
import { type BodyDecoder, createBodyDecoder, decodeSegment } from './body-decoder.ts';
import { HeadCollector } from './head-collector.ts';
import { keptForMs } from './kept-for.ts';
import { type Framing, responseFraming } from './response-framing.ts';
import { parseResponseHead, type ResponseHead } from './response-head.ts';

/** Why there is no answer. */
export type NoAnswer = {
  readonly error: ProxyError;
  /** The connection had carried another exchange, and nothing came back in this one: the request may not have arrived. */
  readonly isStale: boolean;
};

/** What an exchange hears of, until its answer has begun; then the answer tells the rest. */
export type ExchangeListener = {
  /** A response before the final one (RFC 9110 section 15.2). */
  onInterim(head: ResponseHead): void;
  onAnswer(answer: Answer): void;
  onNoAnswer(reason: NoAnswer): void;
  /** The next hop takes more of the request after it took no more. */
  onDrain(): void;
  /** Nothing went either way for `exchangeIdleMs`. */
  onSilence(): void;
  /** All of the answer has come. The connection is free again when `isReusable`, and else closed. */
  onOver(isReusable: boolean): void;
};

type Bounds = { readonly exchangeIdleMs: number; readonly maxHeaderBytes: number };

/** A next hop that sends more interim responses than this is not about to answer. */
export const MAX_INTERIM_RESPONSES = 32;

/**
 * An HTTP/1.1 connection to an origin or a parent, as its client: one exchange after the other. All of its listeners
 * stay for as long as it does, so that an exchange costs none.
 */
export class NextHopConnection {
  readonly socket: net.Socket;
  readonly #bounds: Bounds;
  #method = '';
  #listener: ExchangeListener | undefined;
  #answer: Answer | undefined;
  #decoder: BodyDecoder | undefined;
  #framing: Framing['kind'] = 'none';
  readonly #head = new HeadCollector();
  #interim = 0;
  /** Since when the head of a response has been due; undefined while the request is still being sent. */
  #dueSince: number | undefined;
  #isReused = false;
  #hasHeard = false;
  /** For how long the next hop keeps the connection when it is idle, by its last answer: 0, not at all. */
  keptForMs = 0;
  /** Hears that the connection has ended, of whatever. */
  onEnd: (() => void) | undefined;

  constructor(socket: net.Socket, bounds: Bounds) {
    this.socket = socket;
    this.#bounds = bounds;
    socket.allowHalfOpen = false; // HTTP has no half-close: who ends has nothing more to say
    socket.setTimeout(bounds.exchangeIdleMs);
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('drain', () => this.#listener?.onDrain());
    socket.on('timeout', () =>
      this.#listener === undefined ? socket.destroy() : this.#listener.onSilence(),
    );
    socket.on('end', () => this.#end());
    socket.on('error', () => this.#lose());
    socket.on('close', () => this.#lose());
  }

  get isOpen(): boolean {
    return !this.socket.destroyed && this.socket.writable;
  }

  /** Begins an exchange with the request's head, in Latin-1; its body is written to `write`. */
  begin(method: string, head: string, listener: ExchangeListener): void {
    this.#method = method;
    this.#listener = listener;
    this.#hasHeard = false;
    this.#interim = 0;
    // Of a connection that closed before anybody listened there may be no more to hear.
    if (this.socket.destroyed) process.nextTick(() => this.#lose());
    else this.socket.write(head, 'latin1');
  }

  /** False when the next hop takes no more for now: `onDrain` tells when it does again. */
  write(bytes: Buffer | string): boolean {
    return this.socket.write(bytes, 'latin1');
  }

  /** The same for a piece of a body that is sent in chunks (RFC 9112 section 7.1). */
  writeChunk(piece: Buffer): boolean {
    // All chunks of this turn of the event loop leave together: a client may send them byte by byte.
    if (this.socket.writableCorked === 0) {
      this.socket.cork();
      process.nextTick(() => this.socket.uncork());
    }
    this.socket.write(`${piece.length.toString(16)}\r\n`, 'latin1');
    this.socket.write(piece);
    return this.socket.write('\r\n', 'latin1');
  }

  /** All of the request has been written. */
  requestSent(): void {
    this.#dueSince = performance.now();
  }

  /** Ends the connection, and with it the exchange; its listener hears nothing of that. */
  destroy(): void {
    this.#listener = undefined;
    this.#answer = undefined;
    this.socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.#hasHeard = true;
    let at = 0;
    while (at < bytes.length && !this.socket.destroyed) {
      if (this.#listener === undefined)
        this.destroy(); // what nobody asked for
      else if (this.#decoder === undefined) at = this.#readHead(bytes, at);
      else at = this.#readBody(this.#decoder, bytes, at);
    }
  }

  /** Gives where the rest begins. */
  #readHead(bytes: Buffer, from: number): number {
    const before = this.#head.length;
    const text = this.#head.add(bytes, from);
    const { stoppedAt } = this.#head;
    if ((text ?? this.#head).length > this.#bounds.maxHeaderBytes)
      this.#giveUp('http_response_header_section_size');
    else if (text === undefined) this.#awaitRest(before);
    else this.#take(parseResponseHead(text));
    return stoppedAt;
  }

  #awaitRest(before: number): void {
    // The idle timer would not end a next hop that drips bytes which never make a head.
    const waitedMs = this.#dueSince === undefined ? 0 : performance.now() - this.#dueSince;
    if (waitedMs > this.#bounds.exchangeIdleMs) this.#giveUp('http_response_timeout');
    // Who speaks another protocol, or in other lines, need not be waited for.
    else if (this.#head.isBroken || (before < PROTOCOL.length && !mayBeginHead(this.#head.partial)))
      this.#giveUp('http_protocol_error');
  }

  #take(head: ResponseHead | undefined): void {
    const framing = head && responseFraming(head, this.#method);
    if (head === undefined || framing === undefined) this.#giveUp('http_protocol_error');
    else if (head.statusCode === 101)
      this.#giveUp('http_upgrade_failed'); // never asked for
    else if (head.statusCode >= 100 && head.statusCode < 200) this.#takeInterim(head);
    else {
      this.#framing = framing.kind;
      this.#decoder = createBodyDecoder(framing, this.#bounds.maxHeaderBytes);
      this.keptForMs = framing.kind === 'until-close' ? 0 : keptForMs(head);
      this.#answer = new Answer(head, this);
      this.#listener?.onAnswer(this.#answer);
      if (this.#decoder.state === 'complete') this.#complete(this.#decoder, true);
    }
  }

  #takeInterim(head: ResponseHead): void {
    this.#interim += 1;
    if (this.#dueSince !== undefined) this.#dueSince = performance.now();
    if (this.#interim > MAX_INTERIM_RESPONSES) this.#giveUp('http_protocol_error');
    else this.#listener?.onInterim(head);
  }

  #readBody(decoder: BodyDecoder, bytes: Buffer, from: number): number {
    const { pieces, end } = decodeSegment(decoder, bytes, from);
    for (const piece of pieces) this.#answer?.add(piece);
    if (decoder.state === 'invalid') this.#breakOff();
    else if (decoder.state === 'complete') this.#complete(decoder, end === bytes.length);
    return end;
  }

  /** Bytes behind a complete answer are nobody's: the connection ends for them, and the answer stands. */
  #complete({ rawTrailers }: BodyDecoder, isAlone: boolean): void {
    const listener = this.#listener;
    const answer = this.#answer;
    const isReusable = this.keptForMs > 0 && this.#dueSince !== undefined && isAlone && this.isOpen;
    this.#listener = this.#answer = this.#decoder = this.#dueSince = undefined;
    this.#isReused = true;
    if (!isReusable) this.socket.destroy();
    else this.socket.resume(); // the last piece may have been more than its taker could take, and none resumes for it now
    listener?.onOver(isReusable);
    answer?.complete(rawTrailers);
  }

  #end(): void {
    if (this.#decoder !== undefined && this.#framing === 'until-close') this.#complete(this.#decoder, false);
    this.#lose();
    this.socket.destroy();
  }

  /** The connection is gone, or was lost in the midst of something. */
  #lose(): void {
    this.onEnd?.();
    this.onEnd = undefined;
    if (this.#answer !== undefined) this.#breakOff();
    else this.#giveUp('connection_terminated', this.#isReused && !this.#hasHeard);
  }

  #giveUp(error: ProxyError, isStale = false): void {
    const listener = this.#listener;
    this.destroy();
    listener?.onNoAnswer({ error, isStale });
  }

  #breakOff(): void {
    const answer = this.#answer;
    this.destroy();
    answer?.break();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
    this.socket.setTimeout(this.#bounds.exchangeIdleMs); // anew: while nobody read it could not be heard
  }
}

/** Whether it can still become a head. */
const mayBeginHead = (partial: string): boolean => PROTOCOL.startsWith(partial.slice(0, PROTOCOL.length));

const PROTOCOL = 'HTTP/';
