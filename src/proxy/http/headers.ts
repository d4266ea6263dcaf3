import type { RequestHead } from './wire/request-head.ts';

/** Header fields as they came: name, value, name, value, … with spelling, order and repetition kept. */
export type RawHeaders = readonly string[];

/**
 * Fields that are about one connection (RFC 9110 section 7.6.1) and end here. `Trailer` is among them because the
 * message is framed anew; `Upgrade` returns only in an accepted WebSocket handshake.
 */
const HOP_BY_HOP = new Set([
  'close', // no field, and reserved since it is an option of `Connection` (RFC 9110 section 18.4)
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that `Connection` cannot name away: without them a message would mean something else. */
const INDISPENSABLE = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'via',
  'date',
  'cookie',
  'authorization',
  'set-cookie',
  'location',
]);

/** Fields of a request that the next hop gets from us. */
const WRITTEN_ANEW = new Set(['host', 'content-length']);

/** The most forwards that are passed on, whatever a client allows: no chain of proxies is longer. */
const MAX_FORWARDS = 255;

/** An alternative service would lead clients around the proxy (RFC 7838). */
const LEADS_AROUND = 'alt-svc';

export function* fields(headers: RawHeaders): Generator<readonly [name: string, value: string]> {
  for (let index = 0; index + 1 < headers.length; index += 2)
    yield [headers[index] ?? '', headers[index + 1] ?? ''];
}

/** Header fields as they are sent, a line for each. */
export function linesOf(headers: RawHeaders): string {
  let lines = '';
  for (let index = 0; index + 1 < headers.length; index += 2)
    lines += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return lines;
}

/** All values of a field, in order; its name is in lower case. */
export function valuesOf(headers: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index + 1 < headers.length; index += 2)
    if (isNamed(headers[index] as string, name)) values.push(headers[index + 1] as string);
  return values;
}

/** Most other names have another length, and need no look at their case. */
const isNamed = (field: string, name: string): boolean =>
  field.length === name.length && field.toLowerCase() === name;

/** The elements of a field that is a comma-separated list, in lower case. */
export function listOf(headers: RawHeaders, name: string): string[] {
  const elements: string[] = [];
  for (const value of valuesOf(headers, name))
    for (const element of value.split(',')) {
      const trimmed = element.trim().toLowerCase();
      if (trimmed !== '') elements.push(trimmed);
    }
  return elements;
}

/**
 * How often a request may still be forwarded (RFC 9110 section 7.6.2). Undefined when it says nothing of it, and for
 * methods to which the field means nothing.
 */
export function forwardsLeft({
  method,
  rawHeaders,
}: Pick<RequestHead, 'method' | 'rawHeaders'>): number | undefined {
  if (method !== 'TRACE' && method !== 'OPTIONS') return undefined;
  const [value] = valuesOf(rawHeaders, 'max-forwards');
  return value === undefined ? undefined : Math.min(Number(value), MAX_FORWARDS);
}

/** The `Via` of a request that goes on as another: by which proxies it came, and by us (RFC 9110 section 7.6.3). */
export function viaOf({ rawHeaders, httpVersion }: RequestHead, name: string): string {
  return [...valuesOf(rawHeaders, 'via'), `${httpVersion} ${name}`].join(', ');
}

/** Whether a message has been here before: its `Via` names us (RFC 9110 section 7.6.3). */
export function hasPassed({ rawHeaders }: Pick<RequestHead, 'rawHeaders'>, name: string): boolean {
  return listOf(rawHeaders, 'via').some((element) => element.split(/\s+/)[1] === name.toLowerCase());
}

/**
 * The request's fields for the next hop: `Host` from the target (RFC 9112 section 3.2.2), our `Via` added, with the
 * version in which the message came to us.
 */
export function requestHeaders(
  request: RequestHead,
  host: string,
  name: string,
  framing: RawHeaders,
): string[] {
  const { rawHeaders, httpVersion } = request;
  const dropped = droppedFrom(rawHeaders);
  const kept = ['Host', host];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const field = rawHeaders[index] as string;
    const lowerCase = field.toLowerCase();
    if (!dropped.has(lowerCase) && !endsHere(lowerCase, httpVersion))
      kept.push(field, rawHeaders[index + 1] as string);
  }
  const left = forwardsLeft(request);
  if (left !== undefined) setField(kept, 'max-forwards', `${left - 1}`);
  kept.push(...framing, 'Via', `${httpVersion} ${name}`);
  return kept;
}

function endsHere(field: string, httpVersion: string): boolean {
  // HTTP/1.0 has no expectations, and who speaks it waits for no 100 (RFC 9110 section 10.1.1).
  if (field === 'expect') return httpVersion === '1.0';
  // Everything called Proxy-… is between the client and us; a bare `Proxy` becomes HTTP_PROXY in CGI programs.
  return WRITTEN_ANEW.has(field) || field === 'proxy' || field.startsWith('proxy-');
}

/** Gives the first field of a name, which is in lower case, another value. */
function setField(headers: string[], name: string, value: string): void {
  const at = headers.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === name);
  headers[at + 1] = value;
}

/** A response, final or interim, as our own wire tells of it, or `node:http` of a WebSocket handshake. */
type ResponseHead = {
  readonly httpVersion: string;
  readonly statusCode?: number | undefined;
  readonly rawHeaders: RawHeaders;
};

/**
 * The response's fields for the client. `Content-Length` stays, for it also tells the size that a HEAD asked for, but
 * not where RFC 9110 section 8.6 has no place for it.
 */
export function responseHeaders(
  { httpVersion, statusCode = 0, rawHeaders }: ResponseHead,
  name: string,
): string[] {
  const dropped = droppedFrom(rawHeaders);
  const isWithoutLength = statusCode < 200 || statusCode === 204;
  const kept: string[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const field = rawHeaders[index] as string;
    const lowerCase = field.toLowerCase();
    if (dropped.has(lowerCase) || lowerCase === LEADS_AROUND) continue;
    if (lowerCase !== 'content-length' || !isWithoutLength) kept.push(field, rawHeaders[index + 1] as string);
  }
  kept.push('Via', `${httpVersion} ${name}`);
  return kept;
}

/** Of the fields behind a body, those that may go on (RFC 9110 section 6.5.1): none that frames, routes or authenticates. */
export function trailersFor(rawHeaders: RawHeaders, rawTrailers: RawHeaders): string[] {
  const dropped = droppedFrom(rawHeaders); // an option of `Connection` names trailers too (RFC 9110 section 7.6.1)
  const kept: string[] = [];
  for (const [name, value] of fields(rawTrailers)) {
    const field = name.toLowerCase();
    if (!dropped.has(field) && !INDISPENSABLE.has(field) && field !== LEADS_AROUND) kept.push(name, value);
  }
  return kept;
}

function droppedFrom(headers: RawHeaders): ReadonlySet<string> {
  const named = listOf(headers, 'connection').filter(
    (field) => !INDISPENSABLE.has(field) && !HOP_BY_HOP.has(field),
  );
  return named.length === 0 ? HOP_BY_HOP : new Set([...HOP_BY_HOP, ...named]);
}
