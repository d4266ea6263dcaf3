import { createHash } from 'node:crypto';
import { UPLOAD_BYTES } from './client-site.ts';

/** Of a repeated pattern, so that a browser can make it without reading a file; 251 is prime, and fits no buffer. */
const PERIOD = 251;

/** An expression that uploads 64 MB from a page to its own origin, and gives the status and what the origin says. */
export const UPLOAD_FROM_PAGE = `(async () => {
  const bytes = new Uint8Array(${UPLOAD_BYTES}).map((_, at) => at % ${PERIOD});
  const answer = await fetch('/upload', { method: 'PUT', body: bytes });
  return [answer.status, await answer.text()];
})()`;

/** The hash of what it uploads. */
export function uploadHash(): string {
  const bytes = new Uint8Array(UPLOAD_BYTES).map((_, at) => at % PERIOD);
  return createHash('sha256').update(bytes).digest('hex');
}
