import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type BodyDecoder,
  createBodyDecoder,
  decodeSegment,
} from '../../../../src/proxy/http/wire/body-decoder.ts';

const MAX_TRAILER_BYTES = 100;
const chunked = (): BodyDecoder => createBodyDecoder({ kind: 'chunked' }, MAX_TRAILER_BYTES);

/** Decodes the bytes segment by segment, and tells how many of them belonged to the body. */
function decode(decoder: BodyDecoder, segments: readonly string[]): { body: string; used: number } {
  let body = '';
  let used = 0;
  for (const segment of segments) {
    used += decoder.decode(Buffer.from(segment, 'latin1'), 0, (piece) => {
      body += piece.toString('latin1');
    });
    if (decoder.state !== 'coming') break;
  }
  return { body, used };
}

test('a body with a length ends there, and what follows is not its own', () => {
  const decoder = createBodyDecoder({ kind: 'length', length: 5 }, 0);
  expect(decode(decoder, ['ab', 'cdefg'])).toEqual({ body: 'abcde', used: 5 });
  expect(decoder.state).toBe('complete');
});

test('no body and a length of 0 are complete before anything comes', () => {
  expect(createBodyDecoder({ kind: 'none' }, 0).state).toBe('complete');
  expect(createBodyDecoder({ kind: 'length', length: 0 }, 0).state).toBe('complete');
});

test('a body that lasts until the connection closes takes all there is', () => {
  const decoder = createBodyDecoder({ kind: 'until-close' }, 0);
  expect(decode(decoder, ['ab', 'cd'])).toEqual({ body: 'abcd', used: 4 });
  expect(decoder.state).toBe('coming');
});

test('chunks give their data and their trailers, and leave what follows alone', () => {
  const decoder = chunked();
  const text = '3\r\nabc\r\n00A;name="a b";x=y\r\n0123456789\r\n0\r\nA: b\r\nC: d\r\n\r\nHTTP';
  expect(decode(decoder, [text])).toEqual({ body: 'abc0123456789', used: text.length - 4 });
  expect(decoder).toMatchObject({ state: 'complete', rawTrailers: ['A', 'b', 'C', 'd'] });
});

test('chunks come out alike however they are cut into segments', () => {
  const anyChunks = fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }), {
    maxLength: 6,
  });
  const cuts = fc.array(fc.nat(400), { maxLength: 12 });
  fc.assert(
    fc.property(anyChunks, fc.boolean(), cuts, (chunks, hasTrailers, at) => {
      const data = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
      const text = `${data}0\r\n${hasTrailers ? 'X: y\r\n' : ''}\r\n`;
      const ends = [...new Set([...at.filter((cut) => cut < text.length), text.length])].sort(
        (a, b) => a - b,
      );
      const segments = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
      const decoder = chunked();
      expect(decode(decoder, segments)).toEqual({ body: chunks.join(''), used: text.length });
      expect(decoder.state).toBe('complete');
      expect(decoder.rawTrailers).toEqual(hasTrailers ? ['X', 'y'] : []);
    }),
  );
});

describe('no chunk is', () => {
  test.each([
    ['a size that is no number', 'x\r\n'],
    ['an empty size', '\r\n'],
    ['a size with a sign', '+3\r\nabc\r\n'],
    ['a size in another notation', '0x3\r\nabc\r\n'],
    ['a size beyond all counting', 'fffffffffffffff\r\n'],
    ['a size behind white space', ' 3\r\nabc\r\n'],
    ['a size before white space', '3 \r\nabc\r\n'],
    ['a size whose line ends in LF alone', '3\nabc\r\n'],
    ['an extension without a name', '3;\r\nabc\r\n'],
    ['an extension behind white space', '3 ;a\r\nabc\r\n'],
    ['an extension with a CR in it', '3;a="\r"\r\nabc\r\n'],
    ['data longer than their size', '3\r\nabcd\r\n'],
    ['data whose line ends in LF alone', '3\r\nabc\n0\r\n\r\n'],
    ['trailers whose first line ends in LF alone', '0\r\nA: b\nC: d'],
    ['trailers that are no fields', '0\r\nno field\r\n\r\n'],
  ])('%s', (_, text) => {
    const decoder = chunked();
    decode(decoder, [text]);
    expect(decoder.state).toBe('invalid');
  });

  test('a size line that does not end', () => {
    const decoder = chunked();
    decode(
      decoder,
      Array.from({ length: 200 }, () => '3;a='.padEnd(50, 'x')),
    );
    expect(decoder.state).toBe('invalid');
  });

  test('a trailer section longer than a head may be', () => {
    const decoder = chunked();
    decode(decoder, ['0\r\n', ...Array.from({ length: 20 }, () => 'A: 0123\r\n')]);
    expect(decoder.state).toBe('invalid');
  });
});

test('a small chunk does not keep the segment that it came in', () => {
  const segment = Buffer.from(`1;${'x'.repeat(4_000)}\r\ny\r\n`.repeat(15));
  const { pieces } = decodeSegment(chunked(), segment, 0);
  expect(pieces.map(String)).toEqual(Array(15).fill('y'));
  for (const piece of pieces) expect(piece.buffer).not.toBe(segment.buffer);
});

test('many chunks of a segment are one piece, and a few are as they came', () => {
  expect(decodeSegment(chunked(), Buffer.from('1\r\ny\r\n'.repeat(17)), 0).pieces.map(String)).toEqual([
    'y'.repeat(17),
  ]);
  const segment = Buffer.from('2\r\nyy\r\n'.repeat(2));
  expect(decodeSegment(chunked(), segment, 0)).toEqual({
    pieces: [Buffer.from('yy'), Buffer.from('yy')],
    end: segment.length,
  });
});
