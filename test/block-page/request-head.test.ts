import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type RequestHead, readRequestHead } from '../../src/block-page/request-head.ts';

/** What is called back with once these pieces have come. */
async function calledWith(...pieces: readonly string[]): Promise<(RequestHead | undefined)[]> {
  const stream = new PassThrough();
  const calls: (RequestHead | undefined)[] = [];
  readRequestHead(stream, (head) => void calls.push(head));
  for (const piece of pieces) {
    stream.write(piece, 'latin1');
    await setImmediate(); // so that it is a chunk of its own
  }
  return calls;
}

const REQUEST =
  'GET / HTTP/1.1\r\nHost: a.example\r\nAccept: text/html;q=0.9\r\naccept-language:ko\r\nX-Accept: no\r\n\r\n';
const HEAD = {
  method: 'GET',
  requestTarget: '/',
  host: 'a.example',
  accept: 'text/html;q=0.9',
  'accept-language': 'ko',
  'sec-fetch-site': undefined,
  hasBody: false,
};

describe('the head of a request', () => {
  test('tells its method, and what its client would like', async () => {
    expect(await calledWith(REQUEST)).toEqual([HEAD]);
  });

  test('may come in any two pieces, or byte by byte', async () => {
    for (let at = 1; at < REQUEST.length; at++)
      expect(await calledWith(REQUEST.slice(0, at), REQUEST.slice(at))).toEqual([HEAD]);
    expect(await calledWith(...REQUEST)).toEqual([HEAD]);
  });

  test('is told once, whatever follows it', async () => {
    expect(await calledWith(REQUEST + REQUEST, REQUEST)).toEqual([HEAD]);
  });

  test('without wishes has none', async () => {
    const [head] = await calledWith('OPTIONS * HTTP/1.0\r\n\r\n');
    expect(head).toEqual({
      method: 'OPTIONS',
      requestTarget: '*',
      host: undefined,
      accept: undefined,
      'accept-language': undefined,
      'sec-fetch-site': undefined,
      hasBody: false,
    });
  });

  // Covers: RFC 9112 section 2.2
  test('may have lone line feeds, and empty lines before it', async () => {
    expect(await calledWith(`\r\n\n${REQUEST.replaceAll('\r\n', '\n')}`)).toEqual([HEAD]);
    expect(await calledWith('\r\n\r\n', REQUEST)).toEqual([HEAD]);
  });

  test('tells what a browser says of its request, whatever the case', async () => {
    const fields = {
      origin: 'https://a.example',
      'sec-fetch-dest': 'empty',
      'sec-fetch-mode': 'cors',
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'x-a',
      upgrade: 'websocket',
      'x-requested-with': 'XMLHttpRequest',
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
    for (const text of [lines.join(''), lines.join('').replace(/^[^:]+/gm, (name) => name.toUpperCase())])
      expect(await calledWith(`OPTIONS / HTTP/1.1\r\n${text}\r\n`)).toEqual([
        { method: 'OPTIONS', requestTarget: '/', hasBody: false, ...fields },
      ]);
  });

  test('has the members of a field that comes twice', async () => {
    const [head] = await calledWith('GET / HTTP/1.1\r\nAccept: a/b\r\nX: y\r\nACCEPT:\t c/d \r\n\r\n');
    expect(head?.accept).toBe('a/b, c/d');
  });

  test.each([
    ['Content-Length: 5', true],
    ['content-length:0012', true],
    ['Content-Length: 0', false],
    ['Transfer-Encoding: chunked', true],
    ['X-Content-Length: 5', false],
  ])('says whether a body follows: %s', async (field, hasBody) => {
    expect((await calledWith(`POST / HTTP/1.1\r\n${field}\r\n\r\n`))[0]?.hasBody).toBe(hasBody);
  });
});

describe('there is no request in', () => {
  test.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\n'],
    ['HTTP/0.9', 'GET /\r\n\r\n'],
    ['a method that is no token', 'G"T / HTTP/1.1\r\n\r\n'],
    ['a request line that is not the first', 'x\r\nGET / HTTP/1.1\r\n\r\n'],
    ['more than 16 KiB without an end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(16_384)}`],
  ])('%s', async (_name, bytes) => {
    expect(await calledWith(bytes)).toEqual([undefined]);
  });
});

test('a client that ends its side before its head is complete has none', async () => {
  const stream = new PassThrough();
  const head = new Promise((resolve) => readRequestHead(stream, resolve));
  stream.end('GET / HTTP/1.1\r\n');
  expect(await head).toBeUndefined();
});

test('nothing is said while the head has not come to its end', async () => {
  expect(await calledWith('GET / HTTP/1.1\r\nHost: a.example\r\n')).toEqual([]);
});
