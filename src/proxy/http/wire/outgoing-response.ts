import { STATUS_CODES } from 'node:http';
import type net from 'node:net';
import { linesOf, type RawHeaders, valuesOf } from '../headers.ts';
import { httpDate } from './http-date.ts';
import type { IncomingRequest } from './incoming-request.ts';

/** What a response needs of the connection that it goes out on. */
type ResponseCarrier = {
  readonly socket: net.Socket;
  /** For how long the connection is kept when it is idle, in seconds. */
  readonly keptForSeconds: number;
  /** All of the response is on its way to the client, or it is lost with its connection. */
  responseOver(response: OutgoingResponse, isWhole: boolean): void;
};

/** A piece of a body up to this size is copied behind what goes out with it: one write for both costs less than two. */
const MAX_COPIED_BYTES = 16_384;

/** The response to one request of a client: interim ones, a head, a body, and perhaps trailers. */
export class OutgoingResponse {
  readonly request: IncomingRequest;
  /** Whether the connection may stay; said in the head, and held to behind the response. */
  keepsAlive: boolean;
  /** The client takes more after it took no more. */
  onDrain: (() => void) | undefined;
  /** Nothing went either way for too long; where nobody hears of it, the connection is closed. */
  onSilence: (() => void) | undefined;
  readonly #carrier: ResponseCarrier;
  readonly #hearers: ((isWhole: boolean) => void)[] = [];
  /** The head, until it goes out with the first piece of the body, or without. */
  #head = '';
  #framing: 'unknown' | 'none' | 'as-it-is' | 'chunked' = 'unknown';
  #hasContinued = false;
  #state: 'open' | 'ended' | 'whole' | 'lost' = 'open';

  constructor(request: IncomingRequest, keepsAlive: boolean, carrier: ResponseCarrier) {
    this.request = request;
    this.keepsAlive = keepsAlive;
    this.#carrier = carrier;
  }

  /** No more of it can reach the client, or all of it has gone out. */
  get isOver(): boolean {
    return this.#state === 'whole' || this.#state === 'lost' || !this.#carrier.socket.writable;
  }

  get hasBegun(): boolean {
    return this.#framing !== 'unknown';
  }

  get isChunked(): boolean {
    return this.#framing === 'chunked';
  }

  /** The client takes no more for now. */
  get isHeldBack(): boolean {
    return this.#carrier.socket.writableNeedDrain;
  }

  /** Calls back once, when all of it has been handed to the kernel or the connection is lost. */
  whenOver(hearer: (isWhole: boolean) => void): void {
    if (this.#state === 'whole' || this.#state === 'lost') hearer(this.#state === 'whole');
    else this.#hearers.push(hearer);
  }

  /** An interim response (RFC 9110 section 15.2); HTTP/1.0 has none, and none comes behind a final one. */
  writeInterim(status: number, reasonPhrase: string, headers: RawHeaders): void {
    if (this.hasBegun || this.isOver || this.request.httpVersion === '1.0') return;
    if (status === 100) this.#hasContinued = true;
    this.#carrier.socket.write(`HTTP/1.1 ${status} ${reasonPhrase}\r\n${linesOf(headers)}\r\n`, 'latin1');
  }

  /**
   * Takes the head, which goes out with the first of what follows. The body is framed by the `Content-Length` among
   * `headers`, or in chunks, or for HTTP/1.0 by the end of the connection (RFC 9112 section 6.3).
   */
  writeHead(status: number, headers: RawHeaders, reasonPhrase = STATUS_CODES[status] ?? 'Unknown'): void {
    const { method, httpVersion } = this.request;
    // Whether the body still comes is the client's to say, and nobody could tell it from a request (section 10.1.1).
    if (this.request.awaitsContinue && !this.#hasContinued) this.keepsAlive = false;
    const isWithoutBody = method === 'HEAD' || status === 204 || status === 304;
    let head = `HTTP/1.1 ${status} ${reasonPhrase}\r\n${linesOf(headers)}`;
    // A server with a clock dates its answers (RFC 9110 section 6.6.1).
    if (!has(headers, 'date')) head += `Date: ${httpDate()}\r\n`;
    if (isWithoutBody) this.#framing = 'none';
    else if (has(headers, 'content-length')) this.#framing = 'as-it-is';
    else if (httpVersion === '1.0') {
      this.#framing = 'as-it-is';
      this.keepsAlive = false;
    } else {
      this.#framing = 'chunked';
      head += 'Transfer-Encoding: chunked\r\n';
    }
    const { keptForSeconds } = this.#carrier;
    head += this.keepsAlive
      ? `Connection: keep-alive\r\nKeep-Alive: timeout=${keptForSeconds}\r\n\r\n`
      : 'Connection: close\r\n\r\n';
    this.#head = head;
  }

  /** Lets the head go out alone, if it has not gone. */
  flushHead(): void {
    if (this.#head === '' || this.isOver) return;
    this.#carrier.socket.write(this.#head, 'latin1');
    this.#head = '';
  }

  /** A piece of the body; false when the client takes no more for now, and `onDrain` tells when it does again. */
  write(piece: Buffer): boolean {
    if (this.isOver || piece.length === 0) return true;
    const head = this.#head;
    this.#head = '';
    return this.#framing === 'chunked' ? this.#writeChunk(head, piece) : this.#writeBehind(head, piece);
  }

  #writeBehind(before: string, piece: Buffer): boolean {
    const { socket } = this.#carrier;
    if (before === '') return socket.write(piece);
    if (piece.length <= MAX_COPIED_BYTES) return socket.write(joined(before, piece));
    this.#cork();
    socket.write(before, 'latin1');
    return socket.write(piece);
  }

  /** RFC 9112 section 7.1. */
  #writeChunk(head: string, piece: Buffer): boolean {
    this.#cork();
    const isTaken = this.#writeBehind(`${head}${piece.length.toString(16)}\r\n`, piece);
    this.#carrier.socket.write('\r\n', 'latin1');
    return isTaken;
  }

  /** What is written in this turn of the event loop leaves together: an origin may send its chunks byte by byte. */
  #cork(): void {
    const { socket } = this.#carrier;
    if (socket.writableCorked > 0) return;
    socket.cork();
    process.nextTick(() => socket.uncork());
  }

  /** All of a body that is short, as Latin-1, and the end. */
  endWith(body: string): void {
    if (this.isOver) return;
    this.#carrier.socket.write(this.#framing === 'none' ? this.#head : this.#head + body, 'latin1');
    this.#head = '';
    this.#end();
  }

  /** The end of the response. Trailers go out only behind chunks. */
  end(trailers: RawHeaders = []): void {
    if (this.isOver) return;
    if (this.#framing === 'chunked')
      this.#carrier.socket.write(`${this.#head}0\r\n${linesOf(trailers)}\r\n`, 'latin1');
    else this.flushHead();
    this.#head = '';
    this.#end();
  }

  #end(): void {
    this.#state = 'ended';
    const { socket } = this.#carrier;
    if (socket.writableLength === 0) this.#finish('whole');
    else socket.write('', (error) => this.#finish(error == null ? 'whole' : 'lost'));
  }

  /** The connection is gone. */
  lose(): void {
    this.#finish('lost');
  }

  #finish(state: 'whole' | 'lost'): void {
    if (this.#state === 'whole' || this.#state === 'lost') return;
    this.#state = state;
    for (const hear of this.#hearers) hear(state === 'whole');
    this.#carrier.responseOver(this, state === 'whole');
  }
}

function joined(text: string, piece: Buffer): Buffer {
  const all = Buffer.allocUnsafe(text.length + piece.length);
  all.write(text, 0, 'latin1');
  piece.copy(all, text.length);
  return all;
}

const has = (headers: RawHeaders, name: string): boolean => valuesOf(headers, name).length > 0;
