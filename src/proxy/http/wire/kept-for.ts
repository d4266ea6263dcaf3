import { listOf, valuesOf } from '../headers.ts';
import type { ResponseHead } from './response-head.ts';

/**
 * For how long, in milliseconds, a next hop keeps an idle connection after this answer: 0, not at all; Infinity where it
 * says nothing of it (RFC 9112 section 9.3); a little less than it says, for the way there.
 */
export function keptForMs({ httpVersion, rawHeaders }: ResponseHead): number {
  if (httpVersion !== '1.1' || listOf(rawHeaders, 'connection').includes('close')) return 0;
  const [hint = ''] = valuesOf(rawHeaders, 'keep-alive');
  const seconds = /^timeout=(\d+)/.exec(hint)?.[1];
  return seconds === undefined
    ? Number.POSITIVE_INFINITY
    : Math.max(0, Number(seconds) * 1_000 - WAY_THERE_MS);
}

const WAY_THERE_MS = 1_000;
