import { Body, type BodySource } from './body.ts';
import type { ResponseHead } from './response-head.ts';

/** Where an answer comes from. */
type AnswerSource = BodySource & { destroy(): void };

/** The final response of an exchange: its head, and its body as it comes. */
export class Answer extends Body {
  readonly head: ResponseHead;
  readonly #source: AnswerSource;

  constructor(head: ResponseHead, source: AnswerSource) {
    super(source);
    this.head = head;
    this.#source = source;
  }

  /** The rest is not wanted: its connection ends. */
  abandon(): void {
    if (this.state !== 'coming') return;
    this.discard();
    this.#source.destroy();
  }
}
