import type { Body } from './body.ts';

/** A request that was read, or bytes that are none, until all that came before it has its answer. */
export type Turn = {
  /** Of the head. */
  readonly bytes: number;
  readonly body: Body | undefined;
  readonly begin: () => void;
};

/** A client that pipelines more than this without reading answers is not a browser. */
const MAX_WAITING = 64;

/** While more than this waits, no more is read: of one connection's heads and bodies together. */
const MAX_WAITING_BYTES = 65_536;

/** What waits for its turn on a connection, in order. */
export class WaitingTurns {
  readonly #turns: Turn[] = [];

  get isEmpty(): boolean {
    return this.#turns.length === 0;
  }

  /** There is no place for a further request. */
  get isFull(): boolean {
    return this.#turns.length >= MAX_WAITING;
  }

  get isTooMuch(): boolean {
    let bytes = 0;
    for (const turn of this.#turns) bytes += turn.bytes + (turn.body?.waitingBytes ?? 0);
    return bytes > MAX_WAITING_BYTES;
  }

  add(turn: Turn): void {
    this.#turns.push(turn);
  }

  next(): Turn | undefined {
    return this.#turns.shift();
  }

  /** All of them, which wait no longer. */
  release(): readonly Turn[] {
    return this.#turns.splice(0);
  }
}
