import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressLiteral, parseHost } from '../../src/policy/host.ts';
import { errorOf, host } from './support.ts';

// Covers: EV-04; RFC 3986 section 3.2.2
describe('every spelling of a name is one host', () => {
  test.each([
    ['as it is', 'chat.deepseek.com'],
    ['upper case', 'CHAT.DeepSeek.COM'],
    ['with its root dot', 'chat.deepseek.com.'],
    ['percent-encoded letters', '%63hat.deepseek.%43om'],
    ['percent-encoded dots', 'chat%2Edeepseek%2ecom%2e'],
    ['full-width letters', 'ｃｈａｔ．ｄｅｅｐｓｅｅｋ．ｃｏｍ'],
    ['ideographic full stops', 'chat。deepseek｡com。'],
    ['circled letters', 'ⓒⓗⓐⓣ.deepseek.com'],
    ['a soft hyphen', 'chat.deep\u00adseek.com'],
    ['a zero-width space', 'chat.deep\u200bseek.com'],
    ['a byte order mark', '\ufeffchat.deepseek.com'],
    ['a long s', 'chat.deepſeek.com'],
    ['a Kelvin sign', 'chat.deepsee\u212a.com'],
    ['percent-encoded UTF-8', '%EF%BD%83hat.deepseek.com'],
  ])('%s', (_name, spelling) => {
    expect(host(spelling)).toBe('chat.deepseek.com');
  });

  test.each([
    ['한국.kr', 'xn--3e0b707e.kr'],
    ['www.국.kr', 'www.xn--3e0b.kr'],
    ['%ED%95%9C%EA%B5%AD.kr', 'xn--3e0b707e.kr'],
    ['XN--3E0B707E.kr', 'xn--3e0b707e.kr'],
    ['faß.de', 'xn--fa-hia.de'], // not fass.de: UTS 46 is non-transitional now
    ['Bücher.example', 'xn--bcher-kva.example'],
  ])('%s is its A-label form', (spelling, canonical) => {
    expect(host(spelling)).toBe(canonical);
  });

  test.each([
    'a',
    'localhost',
    'a_b.example',
    '_dmarc.example.org',
    '-a.example',
    'a-.example',
    '1e3',
    '0b1',
  ])('%s, which is no pretty name but is one, stays as it is', (name) => {
    expect(host(name)).toBe(name);
  });
});

// Covers: EV-04; EV-11
describe('every spelling of an address is one host', () => {
  test.each([
    '127.0.0.1',
    '127.0.0.1.',
    '127.1',
    '127.0.1',
    '0x7f.1',
    '0X7F.0x0.0x0.0x1',
    '0177.0.0.1',
    '0177.0x0.1',
    '2130706433',
    '0x7f000001',
    '017700000001',
    '①②⑦.⓪.⓪.①',
    '127。0。0。1',
    '１２７．０．０．１',
    '０x7f000001',
    '%31%32%37.0.0.1',
  ])('%s is 127.0.0.1', (spelling) => {
    expect(host(spelling)).toBe('127.0.0.1');
  });

  test.each([
    ['0', '0.0.0.0'],
    ['0x', '0.0.0.0'],
    ['4294967295', '255.255.255.255'],
    ['169.254.43518', '169.254.169.254'],
    ['0251.0376.0251.0376', '169.254.169.254'],
    ['8.8', '8.0.0.8'],
  ])('%s is %s', (spelling, address) => {
    expect(host(spelling)).toBe(address);
  });

  test.each([
    ['[::1]', '[::1]'],
    ['[0:0:0:0:0:0:0:1]', '[::1]'],
    ['[2001:DB8::00:1]', '[2001:db8::1]'],
    ['[::ffff:127.0.0.1]', '127.0.0.1'],
    ['[::FFFF:7F00:1]', '127.0.0.1'],
    ['[::127.0.0.1]', '[::7f00:1]'],
    ['[64:ff9b::10.0.0.1]', '[64:ff9b::a00:1]'],
    ['[1:0:0:2:0:0:0:3]', '[1:0:0:2::3]'],
  ])('%s is %s', (spelling, address) => {
    expect(host(spelling)).toBe(address);
  });

  test.each([
    ['four parts out of range', '256.0.0.1'],
    ['a number too large', '4294967296'],
    ['a last part too large', '127.0.65536'],
    ['five parts', '1.2.3.4.5'],
    ['a digit that octal has not', '08'],
    ['a name that ends in a number', 'example.1'],
    ['a name that ends in a hexadecimal number', 'example.0x7f'],
    ['two root dots', '127.0.0.1..'],
  ])('%s is no host: %s', (_name, text) => {
    expect(parseHost(text).ok).toBe(false);
  });

  test.each([
    ['without brackets', '::1'],
    ['without the last bracket', '[::1'],
    ['with doubled brackets', '[[::1]]'], // smokescreen CVE-2022-24825
    ['with something after it', '[::1].example.org'],
    ['with a root dot', '[::1].'],
    ['with a port', '[::1]:443'],
    ['with a zone', '[fe80::1%eth0]'],
    ['with an encoded zone', '[fe80::1%25eth0]'],
    ['with two gaps', '[1::2::3]'],
    ['with nine groups', '[1:2:3:4:5:6:7:8:9]'],
    ['with five digits', '[12345::]'],
    ['with an odd IPv4 tail', '[::ffff:0x7f.0.0.1]'],
    ['empty', '[]'],
    ['of a future version', '[v1.a]'],
    ['in full-width brackets', '［::1］'],
    ['in encoded brackets', '%5B::1%5D'],
  ])('an IPv6 address %s is refused: %s', (_name, text) => {
    expect(parseHost(text).ok).toBe(false);
  });
});

// Covers: EV-05; EV-04
describe('what could be read in two ways is refused, with its reason', () => {
  const CONTROL = 'the host holds a control character or a space';
  const DELIMITER = 'the host holds a URL delimiter';
  const INVALID = 'the host is not a valid name or address';
  const CHARACTER = 'the host holds a character no host name has';
  const EMPTY_LABEL = 'the host has an empty label';

  // EV-05: a resolver that stops at the NUL would look up the blocked name.
  test.each([
    ['a NUL', 'chat.deepseek.com\0.ok.example', CONTROL],
    ['an encoded NUL', 'chat.deepseek.com%00.ok.example', INVALID],
    ['an encoded line feed', 'chat.deepseek.com%0a.ok.example', INVALID],
    ['a tab, which a URL parser drops', 'chat.deep\tseek.com', CONTROL],
    ['a line feed, which a URL parser drops', 'chat.deepseek.com\n', CONTROL],
    ['a carriage return', 'ok.example\r', CONTROL],
    ['an escape', 'ok.example\u001b[2J', CONTROL],
    ['a delete', 'ok\u007f.example', CONTROL],
    ['a space within', 'ok .example', CONTROL],
    ['a space before', ' ok.example', CONTROL],
    ['an encoded space', 'ok%20.example', INVALID],
    ['a no-break space', 'ok\u00a0.example', INVALID],
    ['an ideographic space', 'ok\u3000.example', INVALID],
    ['an unpaired surrogate', 'ok\ud800.example', INVALID],
    ['a zero-width joiner', 'o\u200dk.example', INVALID],
    ['a right-to-left override', 'ok\u202e.example', INVALID],
    ['bytes that are not UTF-8', 'ok%ff.example', INVALID],
    ['half an escape', 'ok%2.example', INVALID],
    ['user information', 'ok.example@chat.deepseek.com', 'the host carries user information'],
    ['an encoded at sign', 'ok.example%40chat.deepseek.com', INVALID],
    ['a full-width at sign', 'ok.example＠chat.deepseek.com', INVALID],
    ['a port', 'ok.example:443', 'the host holds a colon'],
    ['an encoded colon', 'ok.example%3a443', INVALID],
    ['a full-width colon', 'ok.example：443', INVALID],
    ['a scheme', 'https://ok.example', DELIMITER],
    ['a path', 'ok.example/x', DELIMITER],
    ['a query', 'ok.example?x', DELIMITER],
    ['a fragment', 'ok.example#x', DELIMITER],
    ['a backslash, which browsers take for a slash', 'ok.example\\.chat.deepseek.com', DELIMITER],
    ['an encoded slash', 'ok.example%2fx', INVALID],
    ['a fraction sign with a slash in it', 'ok.example℀x', INVALID],
    ['a list', 'ok.example,chat.deepseek.com', CHARACTER],
    ['a wildcard', '*.example.org', CHARACTER],
    ['quotes', '"ok.example"', CHARACTER],
    ['a semicolon', 'ok.example;x', CHARACTER],
    ['nothing', '', 'the host is empty'],
    ['only a dot', '.', CHARACTER],
    ['two dots', '..', EMPTY_LABEL],
    ['a dot in front', '.ok.example', EMPTY_LABEL],
    ['two dots within', 'ok..example', EMPTY_LABEL],
    ['two root dots', 'ok.example..', EMPTY_LABEL],
    ['two root dots of different kinds', 'ok.example.。', EMPTY_LABEL],
    ['a two-dot leader', 'ok‥example', INVALID],
  ])('%s', (_name, text, problem) => {
    const fault = errorOf(parseHost(text));
    expect(fault.problem).toBe(problem);
    expect(fault.hint).not.toBe('');
  });
});

describe('lengths', () => {
  const LABEL_63 = 'a'.repeat(63);
  const NAME_253 = `${`${'a'.repeat(49)}.`.repeat(5)}com`;

  test('a name of 253 characters is the longest, with its root dot or without', () => {
    expect(NAME_253).toHaveLength(253);
    expect(host(NAME_253)).toBe(NAME_253);
    expect(host(`${NAME_253}.`)).toBe(NAME_253);
    expect(errorOf(parseHost(`a${NAME_253}`)).problem).toBe('the host is longer than 253 characters');
  });

  test('a label of 63 characters is the longest', () => {
    expect(host(`${LABEL_63}.example`)).toBe(`${LABEL_63}.example`);
    expect(errorOf(parseHost(`a${LABEL_63}.example`)).problem).toBe(
      'a label of the host is longer than 63 characters',
    );
  });

  test('the length counts in A-labels: what is short in Korean may be too long on the wire', () => {
    expect(parseHost(`${'한'.repeat(63)}.kr`).ok).toBe(false);
  });

  // Covers: EV-39
  test('a megabyte of host is refused, not worked through', () => {
    expect(parseHost('a'.repeat(1_000_000)).ok).toBe(false);
    expect(parseHost('a.'.repeat(500_000)).ok).toBe(false);
    expect(parseHost('ⓐ'.repeat(100_000)).ok).toBe(false);
  });
});

test('an address literal gives its address, a name gives none', () => {
  expect(addressLiteral(host('0x7f.1'))).toBe('127.0.0.1');
  expect(addressLiteral(host('[2001:DB8::1]'))).toBe('2001:db8::1');
  expect(addressLiteral(host('1.2.3.4.example'))).toBeUndefined();
  expect(addressLiteral(host('dead.beef'))).toBeUndefined();
});

describe('for any text', () => {
  const letters = fc.constantFrom(
    ...'aZ09-_.。．%[]:@/\\\0 \t①ß한é\u00ad\u200d',
    '%2e',
    '%00',
    'xn--',
    '0x',
    '::',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(letters, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.webAuthority({ withIPv4: true, withIPv6: true, withIPv4Extended: true }),
  );

  test('a host is a fixed point: parsed again, it is itself', () => {
    fc.assert(
      fc.property(text, (spelling) => {
        const first = parseHost(spelling);
        if (first.ok) expect(parseHost(first.value)).toEqual(first);
      }),
      { numRuns: 5000 },
    );
  });

  // Covers: EV-05; EV-27
  test('a host holds nothing but lower-case letters, digits, `.`, `-` and `_`, or is a bracketed address', () => {
    fc.assert(
      fc.property(text, (spelling) => {
        const parsed = parseHost(spelling);
        if (parsed.ok) expect(parsed.value).toMatch(/^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:]+\])$/);
        else
          expect(parsed.error).toEqual({
            problem: expect.stringMatching(/./),
            hint: expect.stringMatching(/./),
          });
      }),
      { numRuns: 5000 },
    );
  });
});
