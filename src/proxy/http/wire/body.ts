/** Who takes a body. */
export type BodyTaker = {
  onPiece(piece: Buffer): void;
  /** All of it has come. */
  onComplete(): void;
  /** No more will come, though it is not all. */
  onBroken(): void;
};

/** Where a body comes from. */
export type BodySource = { pause(): void; resume(): void };

/** Of a body that nobody takes yet, more than this is not read. */
const MAX_WAITING_BYTES = 65_536;

/** Nor more than so many pieces of it, each of which costs more than its bytes. */
const MAX_WAITING_PIECES = 1_024;

/** The body of a message, as it comes. What comes before somebody takes it waits. */
export class Body {
  state: 'coming' | 'complete' | 'broken' = 'coming';
  rawTrailers: readonly string[] = [];
  /** How much waits to be taken, and how much was taken. */
  waitingBytes = 0;
  takenBytes = 0;
  isPaused = false;
  /** How often it was paused. */
  pauses = 0;
  readonly #source: BodySource;
  #taker: BodyTaker | undefined;
  #waiting: Buffer[] = [];

  constructor(source: BodySource) {
    this.#source = source;
  }

  /** What has come already is given at once, in this call. */
  take(taker: BodyTaker): void {
    const waiting = this.#release();
    this.#taker = taker;
    for (const piece of waiting) this.#give(piece, taker);
    if (this.state === 'complete') taker.onComplete();
    if (this.state === 'broken') taker.onBroken();
  }

  /** What has come and will come goes nowhere. */
  discard(): void {
    this.#release();
    this.#taker = NOBODY;
  }

  #release(): readonly Buffer[] {
    const waiting = this.#waiting;
    if (this.isPaused) this.resume();
    this.#waiting = [];
    this.waitingBytes = 0;
    return waiting;
  }

  /** Stops reading for as long as its taker cannot take more. */
  pause(): void {
    if (this.state !== 'coming') return;
    if (!this.isPaused) this.pauses += 1;
    this.isPaused = true;
    this.#source.pause();
  }

  resume(): void {
    if (this.state !== 'coming') return;
    this.isPaused = false;
    this.#source.resume();
  }

  add(piece: Buffer): void {
    if (this.#taker === undefined) {
      this.#waiting.push(piece);
      this.waitingBytes += piece.length;
      const isTooMuch = this.waitingBytes > MAX_WAITING_BYTES || this.#waiting.length > MAX_WAITING_PIECES;
      if (isTooMuch) this.pause();
    } else this.#give(piece, this.#taker);
  }

  #give(piece: Buffer, taker: BodyTaker): void {
    this.takenBytes += piece.length;
    taker.onPiece(piece);
  }

  complete(rawTrailers: readonly string[]): void {
    this.state = 'complete';
    this.rawTrailers = rawTrailers;
    this.#taker?.onComplete();
  }

  break(): void {
    if (this.state !== 'coming') return;
    this.state = 'broken';
    this.#taker?.onBroken();
  }
}

const NOBODY: BodyTaker = { onPiece: () => {}, onComplete: () => {}, onBroken: () => {} };
