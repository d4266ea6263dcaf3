import type { IncomingMessage } from 'node:http';
import { parseAuthority } from '../policy/request-url.ts';
import { valuesOf } from './headers.ts';
import type { Limits } from './limits.ts';

/** Why a request is refused before it is even decided on, and the status that says so. */
export type Refusal = { readonly status: 400 | 408 | 421 | 431 | 501; readonly problem: string };

/**
 * What RFC 9112 has a proxy refuse and Node's parser lets pass: no `Host` or two (section 3.2), and every framing
 * that another server could read in another way (section 6.1, 6.3, 11.2). More fields than anybody needs are refused
 * first, before they are looked through (RFC 6585 section 5).
 */
export function findViolation(
  request: IncomingMessage,
  { maxHeaderFields }: Pick<Limits, 'maxHeaderFields'>,
): Refusal | undefined {
  if (request.httpVersion !== '1.1' && request.httpVersion !== '1.0')
    return bad(`HTTP/${request.httpVersion} is not spoken on this connection`);
  if (request.rawHeaders.length / 2 > maxHeaderFields)
    return { status: 431, problem: `the request has more than ${maxHeaderFields} header fields` };
  return violatesHost(request) ?? violatesFraming(request);
}

function violatesHost(request: IncomingMessage): Refusal | undefined {
  const hosts = valuesOf(request.rawHeaders, 'host');
  if (hosts.length > 1) return bad('the request has more than one Host field');
  if (hosts[0] === undefined)
    return request.httpVersion === '1.0' ? undefined : bad('the request has no Host field');
  const authority = parseAuthority(hosts[0]);
  return authority.ok ? undefined : bad(`the Host field is not valid: ${authority.error.problem}`);
}

function violatesFraming(request: IncomingMessage): Refusal | undefined {
  const lengths = valuesOf(request.rawHeaders, 'content-length');
  const codings = valuesOf(request.rawHeaders, 'transfer-encoding');
  if (lengths.length > 1) return bad('the request has more than one Content-Length field');
  if (lengths[0] !== undefined && !/^\d+$/.test(lengths[0])) return bad('the Content-Length is not a number');
  if (codings.length === 0)
    return request.method === 'CONNECT' && Number(lengths[0] ?? 0) > 0
      ? bad('CONNECT has no body')
      : undefined;
  if (request.method === 'CONNECT') return bad('CONNECT has no body');
  if (lengths.length > 0) return bad('the request has both Content-Length and Transfer-Encoding');
  if (request.httpVersion === '1.0') return bad('HTTP/1.0 has no Transfer-Encoding');
  if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked')
    return { status: 501, problem: 'the only transfer coding understood here is chunked' };
  return undefined;
}

const bad = (problem: string): Refusal => ({ status: 400, problem });

/** Whether a request that passed `findViolation` has content (RFC 9112 section 6.3). */
export function hasBody(request: IncomingMessage): boolean {
  const [length] = valuesOf(request.rawHeaders, 'content-length');
  return length !== undefined
    ? Number(length) > 0
    : valuesOf(request.rawHeaders, 'transfer-encoding').length > 0;
}
