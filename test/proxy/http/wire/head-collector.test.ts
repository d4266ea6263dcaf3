import { describe, expect, test } from 'vitest';
import { HeadCollector } from '../../../../src/proxy/http/wire/head-collector.ts';

const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** Adds the pieces one by one, and gives what each made, with where in it the rest begins. */
function addAll(pieces: readonly string[]): (readonly [string | undefined, number])[] {
  const collector = new HeadCollector();
  return pieces.map((piece) => {
    const head = collector.add(Buffer.from(piece, 'latin1'), 0);
    return [head, collector.stoppedAt];
  });
}

describe('a head is whole with the empty line', () => {
  test('in one piece, and the rest is not touched', () => {
    expect(addAll([`${HEAD}body\r\n\r\n`])).toEqual([[HEAD, HEAD.length]]);
  });

  test('wherever it is cut', () => {
    for (let at = 1; at < HEAD.length; at++)
      expect(addAll([HEAD.slice(0, at), `${HEAD.slice(at)}rest`])).toEqual([
        [undefined, at],
        [HEAD, HEAD.length - at],
      ]);
  });

  test('byte by byte, of any length', () => {
    const head = HEAD.replace('Host', `X: ${'x'.repeat(2_000)}\r\nHost`);
    const heads = addAll([...head]).map(([one]) => one);
    expect(heads.at(-1)).toBe(head);
    expect(heads.slice(0, -1).every((one) => one === undefined)).toBe(true);
  });

  test('one after the other', () => {
    expect(addAll([`${HEAD.slice(0, 9)}`, `${HEAD.slice(9)}`, HEAD]).map(([head]) => head)).toEqual([
      undefined,
      HEAD,
      HEAD,
    ]);
  });

  test('from where it is told to read on', () => {
    const collector = new HeadCollector();
    expect(collector.add(Buffer.from(`body${HEAD}`), 4)).toBe(HEAD);
    expect(collector.stoppedAt).toBe(4 + HEAD.length);
  });
});

// Covers: RFC 9112 section 2.2
test('line ends before a head are no part of it, in however many pieces they come', () => {
  const collector = new HeadCollector();
  for (const piece of ['\r\n', '\r', '\n\r\n']) {
    expect(collector.add(Buffer.from(piece), 0)).toBeUndefined();
    expect(collector.length).toBe(0);
  }
  expect(collector.add(Buffer.from(`\r\n${HEAD}`), 0)).toBe(HEAD);
});

test('what is there of a head can be looked at', () => {
  const collector = new HeadCollector();
  collector.add(Buffer.from('GET /\xe9 ', 'latin1'), 0);
  collector.add(Buffer.from('HTTP'), 0);
  expect([collector.partial, collector.length]).toEqual(['GET /\xe9 HTTP', 11]);
  collector.clear();
  expect([collector.partial, collector.length]).toEqual(['', 0]);
});

// Covers: RFC 9112 section 2.2
test.each([
  ['a line feed alone', ['GET / HTTP/1.1\n']],
  ['a line feed alone, in the next piece', ['GET / HTTP/1.1', '\nHost']],
  ['a carriage return alone', ['GET / HTTP/1.1\rHost']],
  ['a carriage return alone, in the next piece', ['GET / HTTP/1.1\r', 'Host']],
  ['a zero byte', ['GET /\0']],
])('a head that can become none is known by %s', (_, pieces) => {
  const collector = new HeadCollector();
  for (const piece of pieces) collector.add(Buffer.from(piece), 0);
  expect(collector.isBroken).toBe(true);
});

test('a line end that is cut breaks nothing', () => {
  const collector = new HeadCollector();
  for (const byte of 'GET / HTTP/1.1\r\nHost: a\r\n') collector.add(Buffer.from(byte), 0);
  expect(collector.isBroken).toBe(false);
});
