const HEAD_END = '\r\n\r\n';
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

/** A bare CR or LF, and NUL: in no part of any head (RFC 9112 section 2.2). */
const BROKEN = /[^\r]\n|\r[^\n]|\0/;

/** More pieces than this are joined: each costs more than its bytes, where they come one by one. */
const MAX_PIECES = 256;

/**
 * Collects a message's head, in however many pieces it comes, to the empty line that ends it. What has been searched
 * is not searched again, so that a head which comes byte by byte costs no more than its bytes.
 */
export class HeadCollector {
  #pieces: string[] = [];
  #length = 0;
  /** The last characters so far, in which the end may have begun. */
  #last = '';

  /** How many bytes of a head that is not whole are here. */
  get length(): number {
    return this.#length;
  }

  /** Something has come that makes a head of it no more, whatever follows. */
  isBroken = false;

  /** What is here of a head that is not whole. */
  get partial(): string {
    return this.#pieces.join('');
  }

  /**
   * Takes in what stands in `bytes` from `from` on, and gives the head once it is whole, as Latin-1. Line ends before it
   * are passed over (RFC 9112 section 2.2). `stoppedAt` is where in `bytes` the rest begins.
   */
  add(bytes: Buffer, from: number): string | undefined {
    const start = this.#length === 0 ? afterLineEnds(bytes, from) : from;
    const found = this.#length === 0 ? bytes.indexOf(HEAD_END, start, 'latin1') : -1;
    if (found === -1) return this.#addPiece(bytes, start);
    this.stoppedAt = found + HEAD_END.length;
    return bytes.toString('latin1', start, this.stoppedAt);
  }

  /** Where the last `add` stopped. */
  stoppedAt = 0;

  #addPiece(bytes: Buffer, start: number): string | undefined {
    const text = bytes.toString('latin1', start);
    const searched = this.#last + text;
    const found = searched.indexOf(HEAD_END);
    const length = found === -1 ? text.length : found - this.#last.length + HEAD_END.length;
    this.stoppedAt = start + length;
    if (length > 0) this.#pieces.push(found === -1 ? text : text.slice(0, length));
    if (this.#pieces.length > MAX_PIECES) this.#pieces = [this.partial];
    this.#length += length;
    this.#last = searched.slice(1 - HEAD_END.length);
    this.isBroken ||= found === -1 && BROKEN.test(searched);
    return found === -1 ? undefined : this.#finish();
  }

  #finish(): string {
    const head = this.partial;
    this.clear();
    return head;
  }

  clear(): void {
    this.#pieces = [];
    this.#length = 0;
    this.#last = '';
    this.isBroken = false;
  }
}

function afterLineEnds(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === CARRIAGE_RETURN || bytes[at] === LINE_FEED) at++;
  return at;
}
