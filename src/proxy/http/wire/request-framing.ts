import { listOf, valuesOf } from '../headers.ts';
import type { RequestHead } from './request-head.ts';
import type { Framing } from './response-framing.ts';

/** How long the body is of a request that keeps HTTP's rules (`findViolation`; RFC 9112 section 6.3). */
export function requestFraming({ rawHeaders }: Pick<RequestHead, 'rawHeaders'>): Framing {
  const [length] = valuesOf(rawHeaders, 'content-length');
  if (length !== undefined) return { kind: 'length', length: Number(length) };
  return valuesOf(rawHeaders, 'transfer-encoding').length > 0 ? { kind: 'chunked' } : { kind: 'none' };
}

/**
 * Whether the connection may stay for another request (RFC 9112 section 9.3). A proxy keeps none to clients of HTTP/1.0,
 * and what follows a wish to speak another protocol is perhaps spoken in that one.
 */
export const keepsConnection = ({ httpVersion, rawHeaders }: RequestHead): boolean =>
  httpVersion === '1.1' &&
  !listOf(rawHeaders, 'connection').includes('close') &&
  valuesOf(rawHeaders, 'upgrade').length === 0;
