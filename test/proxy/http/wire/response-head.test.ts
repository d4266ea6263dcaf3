import { describe, expect, test } from 'vitest';
import { parseTrailers } from '../../../../src/proxy/http/wire/field-lines.ts';
import { parseResponseHead } from '../../../../src/proxy/http/wire/response-head.ts';

test('a head is its version, status, phrase and fields, as they came', () => {
  const text = 'HTTP/1.1 200 All right\r\nSet-Cookie: a=b; c\r\nX-Empty:\r\nset-cookie:\t d \t\r\n\r\n';
  expect(parseResponseHead(text)).toEqual({
    httpVersion: '1.1',
    statusCode: 200,
    reasonPhrase: 'All right',
    rawHeaders: ['Set-Cookie', 'a=b; c', 'X-Empty', '', 'set-cookie', 'd'],
  });
});

test.each([
  ['without a phrase', 'HTTP/1.1 404 \r\n\r\n', 404, ''],
  ['without even the space before it', 'HTTP/1.0 404\r\n\r\n', 404, ''],
  ['with bytes above ASCII in it', 'HTTP/1.1 200 \xed\x99\x95\r\n\r\n', 200, '\xed\x99\x95'],
])('a status line %s is one', (_, text, statusCode, reasonPhrase) => {
  expect(parseResponseHead(text)).toMatchObject({ statusCode, reasonPhrase, rawHeaders: [] });
});

test('a value keeps a no-break space, which is no optional white space', () => {
  expect(parseResponseHead('HTTP/1.1 200 OK\r\nX: \xa0a\xa0 \r\n\r\n')?.rawHeaders).toEqual([
    'X',
    '\xa0a\xa0',
  ]);
});

describe('what two readers could read in two ways is no head:', () => {
  test.each([
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a version without its minor', 'HTTP/1 200 OK\r\n\r\n'],
    ['a protocol in lower case', 'http/1.1 200 OK\r\n\r\n'],
    ['a line that ends in LF alone', 'HTTP/1.1 200 OK\nA: b\r\n\r\n'],
    ['a field that ends in LF alone', 'HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n'],
    ['a CR within a value', 'HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n'],
    ['a NUL within a value', 'HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n'],
    ['white space before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n'],
    ['white space before the first field', 'HTTP/1.1 200 OK\r\n A: b\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'],
    ['a field without a name', 'HTTP/1.1 200 OK\r\n: b\r\n\r\n'],
    ['a field without a colon', 'HTTP/1.1 200 OK\r\nA\r\n\r\n'],
    ['no empty line at its end', 'HTTP/1.1 200 OK\r\nA: b\r\n'],
  ])('%s', (_, text) => {
    expect(parseResponseHead(text)).toBeUndefined();
  });
});

test('a head of the greatest size is parsed in linear time and space', () => {
  const long = `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(100_000)}X: ${'y'.repeat(500_000)}`;
  expect(parseResponseHead(`${long}\r\n\r\n`)?.rawHeaders).toHaveLength(200_002);
  expect(parseResponseHead(`${long}\0\r\n\r\n`)).toBeUndefined();
});

test('trailers keep the same grammar', () => {
  expect(parseTrailers('\r\n')).toEqual([]);
  expect(parseTrailers('A: b\r\n\r\n')).toEqual(['A', 'b']);
  expect(parseTrailers('A : b\r\n\r\n')).toBeUndefined();
});
