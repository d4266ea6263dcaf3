import type { Limits } from '../../bounds/limits.ts';

/** What a client is to send: the rest of a head, or a next request; undefined while it is served. */
export type Awaited = 'head' | 'request' | undefined;

/** A request may be on its way when the time is over that its client was told. */
const GRACE_MS = 1_000;

/**
 * How long a connection waits for its client. One timer, which no request touches: when it is due it asks what is awaited
 * and since when, and goes on for the rest.
 */
export class ClientDeadline {
  readonly #bounds: Pick<Limits, 'requestHeadMs' | 'keepAliveMs'>;
  readonly #awaited: () => Awaited;
  readonly #onLate: (awaited: Awaited) => void;
  /** Of `performance.now`. */
  #since = performance.now();
  #timer: NodeJS.Timeout;

  constructor(
    bounds: Pick<Limits, 'requestHeadMs' | 'keepAliveMs'>,
    awaited: () => Awaited,
    onLate: (awaited: Awaited) => void,
  ) {
    this.#bounds = bounds;
    this.#awaited = awaited;
    this.#onLate = onLate;
    this.#timer = setTimeout(this.#look, this.#soonestMs());
  }

  /** What is awaited is so from now on. */
  restart(): void {
    this.#since = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  readonly #look = (): void => {
    const awaited = this.#awaited();
    const waitedMs = awaited === undefined ? 0 : performance.now() - this.#since;
    const restMs = this.#allowedMs(awaited) - waitedMs;
    if (restMs <= 0) this.#onLate(awaited);
    else this.#timer = setTimeout(this.#look, Math.ceil(Math.min(restMs, this.#soonestMs())));
  };

  #allowedMs(awaited: Awaited): number {
    const { requestHeadMs, keepAliveMs } = this.#bounds;
    return awaited === 'head' ? requestHeadMs : keepAliveMs + GRACE_MS;
  }

  /** What is awaited may change meanwhile. */
  #soonestMs(): number {
    return Math.min(this.#bounds.requestHeadMs, this.#allowedMs('request'));
  }
}
