import type { ResponseHead } from './response-head.ts';

/** Who takes the body of an answer. */
export type AnswerTaker = {
  onPiece(piece: Buffer): void;
  /** All of it has come. */
  onComplete(): void;
  /** No more will come, though it is not all. */
  onBroken(): void;
};

/** Where an answer comes from. */
export type AnswerSource = { pause(): void; resume(): void; destroy(): void };

/** The final response of an exchange: its head, and its body as it comes. */
export class Answer {
  readonly head: ResponseHead;
  state: 'coming' | 'complete' | 'broken' = 'coming';
  rawTrailers: readonly string[] = [];
  readonly #source: AnswerSource;
  #taker: AnswerTaker | undefined;
  #waiting: Buffer[] = [];

  constructor(head: ResponseHead, source: AnswerSource) {
    this.head = head;
    this.#source = source;
  }

  /** What has come already is given at once, in this call. */
  take(taker: AnswerTaker): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#taker = taker;
    for (const piece of waiting) taker.onPiece(piece);
    if (this.state === 'complete') taker.onComplete();
    if (this.state === 'broken') taker.onBroken();
  }

  /** Stops reading for as long as its taker cannot take more. */
  pause(): void {
    if (this.state === 'coming') this.#source.pause();
  }

  resume(): void {
    if (this.state === 'coming') this.#source.resume();
  }

  /** The rest is not wanted: its connection ends. */
  abandon(): void {
    this.#taker = undefined;
    if (this.state === 'coming') this.#source.destroy();
  }

  add(piece: Buffer): void {
    if (this.#taker === undefined) this.#waiting.push(piece);
    else this.#taker.onPiece(piece);
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
