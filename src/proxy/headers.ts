/** Header fields as they came: name, value, name, value, … with spelling, order and repetition kept. */
export type RawHeaders = readonly string[];

/**
 * Fields that are about one connection (RFC 9110 section 7.6.1) and end here. `Trailer` is among them because the
 * message is framed anew; `Upgrade` returns only in an accepted WebSocket handshake.
 */
const HOP_BY_HOP = new Set([
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

/** An alternative service would lead clients around the proxy (RFC 7838). */
const RESPONSE_ONLY = new Set(['alt-svc']);

export function* fields(headers: RawHeaders): Generator<readonly [name: string, value: string]> {
  for (let index = 0; index + 1 < headers.length; index += 2)
    yield [headers[index] ?? '', headers[index + 1] ?? ''];
}

/** All values of a field, in order. */
export function valuesOf(headers: RawHeaders, name: string): string[] {
  const values: string[] = [];
  for (const [field, value] of fields(headers)) if (field.toLowerCase() === name) values.push(value);
  return values;
}

/** The elements of a field that is a comma-separated list, in lower case. */
export function listOf(headers: RawHeaders, name: string): string[] {
  return valuesOf(headers, name)
    .flatMap((value) => value.split(','))
    .map((element) => element.trim().toLowerCase())
    .filter((element) => element !== '');
}

/** The request's fields for the next hop: `Host` from the target (RFC 9112 section 3.2.2), our `Via` added. */
export function requestHeaders(
  headers: RawHeaders,
  host: string,
  via: string,
  framing: RawHeaders,
): string[] {
  const dropped = droppedFrom(headers);
  const kept = ['Host', host];
  for (const [name, value] of fields(headers)) {
    const field = name.toLowerCase();
    // Everything called Proxy-… is between the client and us; a bare `Proxy` becomes HTTP_PROXY in CGI programs.
    const isForUs = field === 'proxy' || field.startsWith('proxy-');
    if (field !== 'host' && field !== 'content-length' && !isForUs && !dropped.has(field))
      kept.push(name, value);
  }
  return [...kept, ...framing, 'Via', via];
}

/** The response's fields for the client; its `Content-Length` stays, for it also tells the size that a HEAD asked for. */
export function responseHeaders(headers: RawHeaders, via: string): string[] {
  const dropped = droppedFrom(headers);
  const kept: string[] = [];
  for (const [name, value] of fields(headers)) {
    const field = name.toLowerCase();
    if (!dropped.has(field) && !RESPONSE_ONLY.has(field)) kept.push(name, value);
  }
  return [...kept, 'Via', via];
}

/** Trailer fields that may follow a body (RFC 9110 section 6.5.1): none that frames, routes or authenticates. */
export function trailerPairs(rawTrailers: RawHeaders): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [name, value] of fields(rawTrailers)) {
    const field = name.toLowerCase();
    if (!HOP_BY_HOP.has(field) && !INDISPENSABLE.has(field)) pairs.push([name, value]);
  }
  return pairs;
}

function droppedFrom(headers: RawHeaders): ReadonlySet<string> {
  const named = listOf(headers, 'connection').filter((field) => !INDISPENSABLE.has(field));
  return named.length === 0 ? HOP_BY_HOP : new Set([...HOP_BY_HOP, ...named]);
}
