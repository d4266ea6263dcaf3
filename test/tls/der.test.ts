import { describe, expect, test } from 'vitest';
import {
  bitString,
  elements,
  encode,
  encoded,
  integer,
  octetString,
  setOf,
  utf8String,
} from '../../src/tls/der.ts';
import { keyUsage } from '../../src/tls/extensions.ts';

const hex = (bytes: Buffer) => bytes.toString('hex');

describe('encoding', () => {
  test('the members of a set are in the order of their encodings, however they are given', () => {
    const [a, bb] = [utf8String('a'), utf8String('bb')];
    expect(hex(encode(setOf(bb, a)))).toBe('31070c01610c026262');
    expect(encode(setOf(a, bb))).toEqual(encode(setOf(bb, a)));
  });

  test.each([
    [0, '020100'],
    [127, '02017f'],
    [128, '02020080'],
    [2048, '02020800'],
  ])('the integer %i is positive and as short as can be', (value, expected) => {
    expect(hex(encode(integer(value)))).toBe(expected);
  });

  test.each([
    ['digitalSignature', 0x80, '03020780'],
    ['keyCertSign and cRLSign', 0x06, '03020106'],
  ])('key usage %s drops its trailing zero bits', (_name, bits, expected) => {
    expect(hex(encode(keyUsage(bits).value))).toBe(expected);
  });

  test.each([0, 127, 128, 255, 256, 65_536])('a value of %i bytes comes through whole', (length) => {
    const content = Buffer.alloc(length, 0xa5);
    const der = encode(octetString(content));
    expect(elements(der)).toEqual([{ tag: 0x04, content, encoding: der }]);
    expect(encode(encoded(der))).toEqual(der);
  });

  test('a bit string that is copied stays as it was', () => {
    const der = encode(bitString(Buffer.of(0x30, 0x00, 0x80), 7));
    expect(encode(encoded(der))).toEqual(der);
  });
});

describe('reading throws a RangeError for', () => {
  test.each([
    ['a value that ends early', '0403aabb'],
    ['a tag alone', '04'],
    ['a length that ends early', '048201'],
    ['the indefinite length of BER', '3080020101' + '0000'],
    ['a length of seven bytes', '048700000000000001aa'],
  ])('%s', (_name, bytes) => {
    expect(() => elements(Buffer.from(bytes, 'hex'))).toThrow(RangeError);
  });
});
