import type { Incident } from '../../decision-log/incident.ts';
import type { Outcome } from '../../decision-log/record.ts';
import { fields, linesOf } from './headers.ts';
import type { IncomingRequest } from './wire/incoming-request.ts';
import type { OutgoingResponse } from './wire/outgoing-response.ts';
import type { RequestHead } from './wire/request-head.ts';

/** What may be asked of this proxy; an origin may know more methods, and others. */
const ALLOW = 'CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE';

/** What a reflection must not show: to scripts that see their own TRACE it would tell what they may not read. */
const SECRET = /^(?:authorization|cookie|proxy-.*)$/i;

/**
 * Answers a TRACE or an OPTIONS whose `Max-Forwards` is used up, as the last of its recipients (RFC 9110 sections 7.6.2,
 * 9.3.7 and 9.3.8). It was decided on like any other, and its origin hears nothing of it.
 */
export function answerAsLast(
  request: IncomingRequest,
  response: OutgoingResponse,
  { code }: Incident,
): Promise<Outcome> {
  const body = request.method === 'TRACE' ? reflection(request) : '';
  response.writeHead(200, [
    ...(request.method === 'TRACE' ? ['Content-Type', 'message/http'] : ['Allow', ALLOW]),
    'Content-Length',
    `${Buffer.byteLength(body, 'latin1')}`,
    'Cache-Control',
    'no-store',
    'Proxy-Status',
    `postern; details="max-forwards, incident ${code}"`,
    'X-Content-Type-Options',
    'nosniff',
  ]);
  response.endWith(body);
  return new Promise((resolve) => {
    response.whenOver((isWhole) =>
      resolve(isWhole ? { kind: 'answered-by-proxy', status: 200 } : { kind: 'client-left' }),
    );
  });
}

/** The head as it came, less its secrets. */
function reflection({ method, requestTarget, httpVersion, rawHeaders }: RequestHead): string {
  const shown = [...fields(rawHeaders)].filter(([name]) => !SECRET.test(name)).flat();
  return `${method} ${requestTarget} HTTP/${httpVersion}\r\n${linesOf(shown)}\r\n`;
}
