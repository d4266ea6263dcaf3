import type { Limits } from './limits.ts';

/** A body, as far as its pace is concerned. */
type PacedBody = {
  readonly state: 'coming' | 'complete' | 'broken';
  /** How much of it somebody has taken. */
  readonly takenBytes: number;
  readonly isPaused: boolean;
  /** How often it was paused. */
  readonly pauses: number;
};

/**
 * Holds a client to a pace while its request's body is awaited: a slow drip would keep a connection and an upstream busy
 * for ever, since no idle timer ends it. A span in which nobody read the body for a while, because the origin took no
 * more of it, is not the client's. Returns how to stop.
 */
export function watchBodyPace(
  body: PacedBody,
  { requestBodyMs, minRequestBodyBytes }: Pick<Limits, 'requestBodyMs' | 'minRequestBodyBytes'>,
  onTooSlow: () => void,
): () => void {
  let { takenBytes, pauses, isPaused } = body;
  const span = setInterval(() => {
    if (body.state !== 'coming') clearInterval(span);
    const isTooSlow =
      body.state === 'coming' &&
      !isPaused && // at the beginning of the span, nor since
      body.pauses === pauses &&
      body.takenBytes - takenBytes < minRequestBodyBytes;
    ({ takenBytes, pauses, isPaused } = body);
    if (isTooSlow) onTooSlow();
  }, requestBodyMs);
  return () => clearInterval(span);
}
