import type { Readable } from 'node:stream';
import type { Limits } from './limits.ts';

/**
 * Holds a client to a pace while its request's body is awaited: a slow drip would keep a connection and an upstream busy
 * for ever, since no idle timer ends it. Time in which nobody reads the body, because the origin takes no more of it, is
 * not the client's. Returns how to stop.
 */
export function watchBodyPace(
  body: Readable,
  { requestBodyMs, minRequestBodyBytes }: Pick<Limits, 'requestBodyMs' | 'minRequestBodyBytes'>,
  onTooSlow: () => void,
): () => void {
  let received = 0;
  const count = (chunk: Buffer): void => {
    received += chunk.length;
  };
  const beginSpan = (): void => {
    received = 0;
    span.refresh();
  };
  const span = setInterval(() => {
    const isTooSlow = body.readableFlowing === true && received < minRequestBodyBytes;
    received = 0;
    if (isTooSlow) onTooSlow();
  }, requestBodyMs);
  const stop = (): void => {
    clearInterval(span);
    body.off('data', count);
    body.off('resume', beginSpan);
  };
  body.on('data', count);
  body.on('resume', beginSpan);
  body.once('end', stop);
  body.once('close', stop);
  return stop;
}
