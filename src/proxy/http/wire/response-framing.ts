import { valuesOf } from '../headers.ts';
import type { ResponseHead } from './response-head.ts';

/** How long a body is (RFC 9112 section 6.3). */
export type Framing =
  | { readonly kind: 'none' | 'chunked' | 'until-close' }
  | { readonly kind: 'length'; readonly length: number };

/** Of a response. Undefined when the fields contradict one another, or a length is none. */
export function responseFraming(head: ResponseHead, method: string): Framing | undefined {
  const lengths = valuesOf(head.rawHeaders, 'content-length');
  const isCoded = valuesOf(head.rawHeaders, 'transfer-encoding').length > 0;
  const [text] = lengths;
  const length = Number(text);
  if (
    text !== undefined &&
    (lengths.length > 1 || isCoded || !/^\d+$/.test(text) || !Number.isSafeInteger(length))
  )
    return undefined;
  if (method === 'HEAD' || head.statusCode < 200 || head.statusCode === 204 || head.statusCode === 304)
    return { kind: 'none' };
  if (isCoded) return { kind: 'chunked' };
  return text === undefined ? { kind: 'until-close' } : { kind: 'length', length };
}
