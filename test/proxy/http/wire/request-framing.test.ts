import { expect, test } from 'vitest';
import { keepsConnection, requestFraming } from '../../../../src/proxy/http/wire/request-framing.ts';

// Covers: RFC 9112 section 6.3
test.each([
  [[], { kind: 'none' }],
  [['content-length', '0'], { kind: 'length', length: 0 }],
  [['CONTENT-LENGTH', '0012'], { kind: 'length', length: 12 }],
  [['Transfer-Encoding', 'Chunked'], { kind: 'chunked' }],
])('of a request with %j the body is framed by it', (rawHeaders, framing) => {
  expect(requestFraming({ rawHeaders })).toEqual(framing);
});

// Covers: RFC 9112 section 9.3
test.each([
  ['1.1', [], true],
  ['1.1', ['Connection', 'keep-alive'], true],
  ['1.1', ['Connection', 'x-closed'], true],
  ['1.1', ['Connection', 'TE, Close'], false],
  ['1.1', ['Connection', 'TE', 'connection', 'close'], false],
  ['1.1', ['Upgrade', 'h2c'], false],
  ['1.0', ['Connection', 'keep-alive'], false],
])('HTTP/%s with %j keeps its connection: %s', (httpVersion, rawHeaders, keeps) => {
  expect(keepsConnection({ method: 'GET', requestTarget: '/', httpVersion, rawHeaders })).toBe(keeps);
});
