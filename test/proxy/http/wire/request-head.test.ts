import { describe, expect, test } from 'vitest';
import {
  mayBeginRequest,
  parseRequestHead,
  requestLineOf,
} from '../../../../src/proxy/http/wire/request-head.ts';

// Covers: RFC 9112 section 3
test('a head is read to the letter, with its fields as they came but for the white space around them', () => {
  const head = 'POST http://a/?b HTTP/1.0\r\nHost:a\r\nX-1:\t b c \t\r\nX-1: \xa0\r\nempty:\r\n\r\n';
  expect(parseRequestHead(head)).toEqual({
    method: 'POST',
    requestTarget: 'http://a/?b',
    httpVersion: '1.0',
    rawHeaders: ['Host', 'a', 'X-1', 'b c', 'X-1', '\xa0', 'empty', ''],
  });
});

test('a head may have no fields', () => {
  expect(parseRequestHead('GET / HTTP/1.1\r\n\r\n')).toMatchObject({ rawHeaders: [] });
});

// Covers: EV-10; RFC 9112 section 3; RFC 9112 section 2.2 grammar
test.each([
  ['two spaces', 'GET  / HTTP/1.1'],
  ['a tab', 'GET\t/ HTTP/1.1'],
  ['white space before it', ' GET / HTTP/1.1'],
  ['white space behind it', 'GET / HTTP/1.1 '],
  ['a space in the target', 'GET /a b HTTP/1.1'],
  ['no target', 'GET HTTP/1.1'],
  ['no version', 'GET /'],
  ['a version in lower case', 'GET / http/1.1'],
  ['a version of more digits', 'GET / HTTP/1.10'],
  ['a byte that no URL has', 'GET /\xe9 HTTP/1.1'],
  ['a control character', 'GET /\x7f HTTP/1.1'],
  ['a method that is no token', 'G(T / HTTP/1.1'],
])('a request line with %s is refused', (_, line) => {
  expect(parseRequestHead(`${line}\r\nHost: a\r\n\r\n`)).toEqual({
    status: 400,
    problem: 'the request line is not valid HTTP/1.1',
  });
});

// Covers: EV-10; RFC 9112 section 5.1; RFC 9112 section 5.2
test.each([
  ['white space before the colon', 'Host : a'],
  ['a fold', 'Host: a\r\n b'],
  ['a fold by a tab', 'Host: a\r\n\tb'],
  ['white space before the first field', ' Host: a'],
  ['no colon', 'Host'],
  ['no name', ': a'],
  ['a name that is no token', 'H@st: a'],
  ['a name of other bytes', 'H\xf6st: a'],
  ['a control character', 'Host: a\x0bb'],
  ['DEL', 'Host: a\x7f'],
  ['a zero byte', 'Host: \0'],
  ['a carriage return alone', 'Host: a\rb: c'],
  ['a line feed alone', 'Host: a\nb: c'],
  ['an end within', 'Host: a\r\n\r\nX: b'],
])('a header section with %s is refused', (_, lines) => {
  expect(parseRequestHead(`GET / HTTP/1.1\r\n${lines}\r\n\r\n`)).toEqual({
    status: 400,
    problem: 'the header section is not valid HTTP/1.1',
  });
});

describe('a method that nobody has registered', () => {
  // Covers: RFC 9110 section 9.1
  test.each(['BREW', 'get', 'GETS'])('is not known: %s', (method) => {
    expect(parseRequestHead(`${method} / HTTP/1.1\r\n\r\n`)).toMatchObject({ status: 501 });
  });

  test('is none of ours to judge where the version is another', () => {
    expect(parseRequestHead('PRI * HTTP/2.0\r\n\r\n')).toMatchObject({ method: 'PRI', httpVersion: '2.0' });
  });
});

test.each([
  ['G', true],
  ['GET', true],
  ['GET /', true],
  ['GET /\xff', true],
  ['M-SEARCH * HTTP/1.1', true],
  ['\x16\x03\x01', false],
  ['\x05\x01\x00', false],
  [' GET', false],
  ['{"a":1}', false],
  ['x'.repeat(40), true],
])('a request may begin with %j: %s', (text, may) => {
  expect(mayBeginRequest(text)).toBe(may);
});

test.each([
  ['GET /a HTTP/1.1\r\nX', { method: 'GET', requestTarget: '/a' }],
  ['M-SEARCH *', { method: 'M-SEARCH', requestTarget: '*' }],
  ['GET', undefined],
  ['get /', undefined],
  ['\x16\x03\x01 /', undefined],
  [`${'A'.repeat(21)} /`, undefined],
  [`GET /${'x'.repeat(9_000)}`, { method: 'GET', requestTarget: `/${'x'.repeat(2_043)}` }],
])('what %j was after is told for the log, where it can be', (text, line) => {
  expect(requestLineOf(text)).toEqual(line);
});
