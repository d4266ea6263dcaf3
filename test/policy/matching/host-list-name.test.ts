import { expect, test } from 'vitest';
import { parseHost } from '../../../src/policy/host.ts';
import { hasPlainName } from '../../../src/policy/matching/host-list-name.ts';
import { host } from '../support.ts';

const isPlain = (text: string): boolean => {
  const bytes = new TextEncoder().encode(text);
  return hasPlainName(bytes, 0, bytes.length);
};

const LABEL = 'a'.repeat(63);
const LONGEST = `${LABEL}.${LABEL}.${LABEL}.${'a'.repeat(61)}`;

test.each([
  'a',
  'example.org',
  'a.b.c.example.org',
  '1-2_3.example.org',
  '-a-.example.org',
  'xn-a.example.org',
  'axn--b.example.org',
  'example.o2',
  LONGEST,
])('%s is a name as it stands, and a host reads the same', (text) => {
  expect(isPlain(text)).toBe(true);
  expect(host(text)).toBe(text);
});

test.each([
  '',
  '.',
  '.example.org',
  'example.org.',
  'example..org',
  'Example.org',
  'example.org ',
  'exa mple.org',
  '*.example.org',
  '=example.org',
  'example.org:443',
  'example.org/path',
  '예.kr',
  'a\0.example.org',
  `${LABEL}a.example.org`,
  `a${LONGEST}`,
])('%j is not', (text) => {
  expect(isPlain(text)).toBe(false);
});

test.each(['10.0.0.1', '1', 'a.0x7f', 'example.2nd', 'xn--3e0b707e', 'www.xn--3e0b707e.kr'])(
  '%s takes more than a look at each byte, so that it is left to `parseHost`',
  (text) => {
    expect(isPlain(text)).toBe(false);
    expect(parseHost(text)).toHaveProperty('ok');
  },
);

test('only the bytes from the start to before the end count', () => {
  const bytes = new TextEncoder().encode('=example.org\n2');
  expect(hasPlainName(bytes, 1, 12)).toBe(true);
  expect(hasPlainName(bytes, 0, 12)).toBe(false);
  expect(hasPlainName(bytes, 1, 13)).toBe(false);
  expect(hasPlainName(bytes, 5, 5)).toBe(false);
  expect(hasPlainName(bytes, 5, 4)).toBe(false);
});
