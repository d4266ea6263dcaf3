import { parseTrailers } from './field-lines.ts';
import type { Framing } from './response-framing.ts';

/** Tells the body of a message from its framing and from what comes behind it. */
export type BodyDecoder = {
  /**
   * Passes the pieces of the body in `bytes` from `at` on to `onPiece`, and gives where it stopped: the end of `bytes`, or
   * of the body, or the byte that has no place in it.
   */
  decode(bytes: Buffer, at: number, onPiece: (piece: Buffer) => void): number;
  readonly state: 'coming' | 'complete' | 'invalid';
  /** The fields behind a chunked body, once it is complete. */
  readonly rawTrailers: readonly string[];
};

export function createBodyDecoder(framing: Framing, maxTrailerBytes: number): BodyDecoder {
  switch (framing.kind) {
    case 'none':
      return new LengthDecoder(0);
    case 'length':
      return new LengthDecoder(framing.length);
    case 'until-close':
      return new LengthDecoder(Number.POSITIVE_INFINITY);
    case 'chunked':
      return new ChunkedDecoder(maxTrailerBytes);
  }
}

/** Many small chunks of a segment go on as one piece: each piece costs several writes, and time that is everybody's. */
const MAX_PIECES = 16;

/** The pieces of the body that a segment holds from `from` on, and where in it that ended. */
export function decodeSegment(
  decoder: BodyDecoder,
  bytes: Buffer,
  from: number,
): { readonly pieces: readonly Buffer[]; readonly end: number } {
  const pieces: Buffer[] = [];
  const end = decoder.decode(bytes, from, (piece) => pieces.push(piece));
  return { pieces: pieces.length > MAX_PIECES ? [Buffer.concat(pieces)] : pieces, end };
}

class LengthDecoder implements BodyDecoder {
  readonly rawTrailers = [];
  #remaining: number;

  constructor(length: number) {
    this.#remaining = length;
  }

  get state(): 'coming' | 'complete' {
    return this.#remaining === 0 ? 'complete' : 'coming';
  }

  decode(bytes: Buffer, at: number, onPiece: (piece: Buffer) => void): number {
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#remaining -= end - at;
    if (end > at) onPiece(bytes.subarray(at, end));
    return end;
  }
}

/** Of a chunk's size with its extensions: nobody has use for more, and no end of it would be a flood. */
const MAX_SIZE_LINE_BYTES = 4_096;

/**
 * The size in at most so many digits, which a number holds exactly (RFC 9112 section 7.1: guard against overflow), and
 * extensions without the white space that the grammar calls bad.
 */
const SIZE_LINE =
  /^([0-9A-Fa-f]{1,13})(?:;[!#$%&'*+.^_`|~\w-]+(?:=(?:[!#$%&'*+.^_`|~\w-]+|"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*\r\n$/;

const LINE_FEED = 0x0a;

/** Shorter ones are copied where they are but a small part of their segment. */
const MIN_SHARED_BYTES = 1_024;

/** A piece that waits keeps its whole segment, and extensions may make that thousands of times as much. */
function apart(bytes: Buffer, from: number, to: number): Buffer {
  const piece = bytes.subarray(from, to);
  return piece.length < MIN_SHARED_BYTES && piece.length * 4 < bytes.length ? Buffer.from(piece) : piece;
}

/** RFC 9112 section 7.1. A line ends in CRLF, and in nothing else. */
class ChunkedDecoder implements BodyDecoder {
  state: BodyDecoder['state'] = 'coming';
  rawTrailers: readonly string[] = [];
  /** What comes next: a chunk's size, its data, the CRLF behind those, or the trailers. */
  #next: 'size' | 'data' | 'data-end' | 'trailers' = 'size';
  #remaining = 0;
  /** What is there of a line. */
  #text = '';
  /** The lines of the trailers so far: they are looked at once, at the end, for many short ones would cost their square. */
  #trailers = '';
  readonly #maxTrailerBytes: number;

  constructor(maxTrailerBytes: number) {
    this.#maxTrailerBytes = maxTrailerBytes;
  }

  decode(bytes: Buffer, from: number, onPiece: (piece: Buffer) => void): number {
    let at = from;
    while (at < bytes.length && this.state === 'coming')
      at = this.#next === 'data' ? this.#data(bytes, at, onPiece) : this.#line(bytes, at);
    return at;
  }

  #data(bytes: Buffer, at: number, onPiece: (piece: Buffer) => void): number {
    const end = Math.min(bytes.length, at + this.#remaining);
    this.#remaining -= end - at;
    onPiece(apart(bytes, at, end));
    if (this.#remaining === 0) this.#next = 'data-end';
    return end;
  }

  #line(bytes: Buffer, at: number): number {
    const feed = bytes.indexOf(LINE_FEED, at);
    const end = feed === -1 ? bytes.length : feed + 1;
    const isTooLong = this.#text.length + end - at > this.#maxLength();
    if (isTooLong) this.state = 'invalid';
    else this.#text += bytes.toString('latin1', at, end);
    if (feed !== -1 && !isTooLong) this.#readLine(this.#text);
    return end;
  }

  #maxLength(): number {
    return this.#next === 'trailers' ? this.#maxTrailerBytes - this.#trailers.length : MAX_SIZE_LINE_BYTES;
  }

  #readLine(text: string): void {
    switch (this.#next) {
      case 'size':
        this.#readSize(text);
        break;
      case 'data-end':
        if (text === '\r\n') this.#next = 'size';
        else this.state = 'invalid';
        break;
      case 'trailers':
        this.#trailers += text;
        if (!text.endsWith('\r\n')) this.state = 'invalid';
        else if (text === '\r\n') this.#readTrailers(this.#trailers);
        break;
      case 'data':
        break; // has no lines
    }
    this.#text = '';
  }

  #readSize(text: string): void {
    const size = SIZE_LINE.exec(text)?.[1];
    if (size === undefined) this.state = 'invalid';
    else {
      this.#remaining = Number.parseInt(size, 16);
      this.#next = this.#remaining === 0 ? 'trailers' : 'data';
    }
  }

  #readTrailers(text: string): void {
    const trailers = parseTrailers(text);
    this.state = trailers === undefined ? 'invalid' : 'complete';
    this.rawTrailers = trailers ?? [];
  }
}
