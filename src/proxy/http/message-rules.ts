import { parseAuthority } from '../../policy/request-url.ts';
import type { Limits } from '../bounds/limits.ts';
import { listOf, valuesOf } from './headers.ts';
import { bad, type Refusal } from './refusal.ts';
import { requestFraming } from './wire/request-framing.ts';
import type { RequestHead } from './wire/request-head.ts';

/**
 * What RFC 9112 has a proxy refuse although its grammar lets it pass: no `Host` or two (section 3.2), and every framing
 * that another server could read in another way (section 6.1, 6.3, 11.2). More fields than anybody needs are refused
 * first, before they are looked through (RFC 6585 section 5).
 */
export function findViolation(
  request: RequestHead,
  { maxTargetBytes, maxHeaderFields }: Pick<Limits, 'maxTargetBytes' | 'maxHeaderFields'>,
): Refusal | undefined {
  // Any length that a server does not care to read is too long (RFC 9112 section 3).
  if (request.requestTarget.length > maxTargetBytes)
    return { status: 414, problem: `the request target is longer than ${maxTargetBytes} bytes` };
  if (request.httpVersion !== '1.1' && request.httpVersion !== '1.0')
    return { status: 505, problem: `HTTP/${request.httpVersion} is not spoken on this connection` };
  if (request.rawHeaders.length / 2 > maxHeaderFields)
    return { status: 431, problem: `the request has more than ${maxHeaderFields} header fields` };
  return violatesHost(request) ?? violatesFraming(request) ?? violatesMethod(request);
}

function violatesHost(request: RequestHead): Refusal | undefined {
  const hosts = valuesOf(request.rawHeaders, 'host');
  if (hosts.length > 1) return bad('the request has more than one Host field');
  if (hosts[0] === undefined)
    return request.httpVersion === '1.0' ? undefined : bad('the request has no Host field');
  const authority = parseAuthority(hosts[0]);
  return authority.ok ? undefined : bad(`the Host field is not valid: ${authority.error.problem}`);
}

function violatesFraming(request: RequestHead): Refusal | undefined {
  const lengths = valuesOf(request.rawHeaders, 'content-length');
  const codings = valuesOf(request.rawHeaders, 'transfer-encoding');
  if (lengths.length > 1) return bad('the request has more than one Content-Length field');
  if (lengths[0] !== undefined && !isLength(lengths[0])) return bad('the Content-Length is not a number');
  if (codings.length === 0) return undefined;
  if (lengths.length > 0) return bad('the request has both Content-Length and Transfer-Encoding');
  if (request.httpVersion === '1.0') return bad('HTTP/1.0 has no Transfer-Encoding');
  return violatesCodings(codings.flatMap((value) => value.split(',')).map((coding) => coding.trim()));
}

/**
 * Without `chunked` at the end nobody knows where the body ends (RFC 9112 section 6.3), and with it twice, or an empty
 * element, two servers may not agree; what comes before it we would have to decode (section 6.1).
 */
function violatesCodings(codings: readonly string[]): Refusal | undefined {
  const chunked = codings.filter((coding) => coding.toLowerCase() === 'chunked').length;
  if (chunked !== 1 || codings.at(-1)?.toLowerCase() !== 'chunked' || codings.includes(''))
    return bad('the transfer codings do not end in one `chunked`');
  return codings.length > 1
    ? { status: 501, problem: 'the only transfer coding understood here is chunked' }
    : undefined;
}

/** What some methods must not come with. */
function violatesMethod(request: RequestHead): Refusal | undefined {
  const { method, rawHeaders } = request;
  // Content of a CONNECT would be the tunnel's first bytes to one reader and a body to another (RFC 9110 section
  // 9.3.6); a TRACE has none (section 9.3.8); that of a handshake would be taken for what comes after it.
  if ((method === 'CONNECT' || method === 'TRACE') && hasBody(request)) return bad(`${method} has no body`);
  if (isWebSocketUpgrade(request) && hasBody(request)) return bad('a WebSocket handshake has no body');
  if (method !== 'TRACE' && method !== 'OPTIONS') return undefined;
  const [forwards = '0', ...more] = valuesOf(rawHeaders, 'max-forwards');
  return /^\d+$/.test(forwards) && more.length === 0 ? undefined : bad('the Max-Forwards is not one number');
}

/**
 * A request to switch to WebSocket (RFC 6455), the only protocol that an upgrade may lead to. HTTP/1.0 has no upgrades
 * (RFC 9110 section 7.8).
 */
export function isWebSocketUpgrade(request: RequestHead): boolean {
  const { method, httpVersion, rawHeaders } = request;
  if (method !== 'GET' || httpVersion !== '1.1') return false;
  const protocols = valuesOf(rawHeaders, 'upgrade');
  if (protocols.length !== 1 || protocols[0]?.toLowerCase() !== 'websocket') return false;
  // Without this, somebody on the way has passed on what was not meant for us, and expects an answer, not a tunnel.
  return listOf(rawHeaders, 'connection').includes('upgrade');
}

/** One beyond what a number holds exactly could be read in two ways (RFC 9112 section 6.2: guard against overflow). */
const isLength = (text: string): boolean => /^\d+$/.test(text) && Number.isSafeInteger(Number(text));

/** Whether a request that passed `findViolation` has content (RFC 9112 section 6.3). */
export function hasBody(request: RequestHead): boolean {
  const framing = requestFraming(request);
  return framing.kind === 'length' ? framing.length > 0 : framing.kind === 'chunked';
}
