import { expect, test } from 'vitest';
import { compileLists, countList } from '../../../src/policy/matching/host-list.ts';

const GOOD = [
  'a.example',
  '=a.example # why',
  '*.a.example',
  'ngrok.*',
  '203.0.113.7',
  '203.0.113.0/24',
  '2001:db8::/48',
  '[2001:db8::7]',
  '/^ads[0-9]+/',
  '한국.kr',
  'A.Example',
  '  b.example\t',
];
const BAD = [
  '0.0.0.0 a.example',
  '||a.example^',
  '! x',
  'address=/a.example/',
  'com',
  '/x',
  '10.0.0.1/8',
  'a b',
];

test.each(GOOD)('`%s` is an entry, as it is for the policies', (line) => {
  const text = `\uFEFF# head\n\n${line}\r\n`;
  expect(countList(Buffer.from(text))).toEqual({ entries: 1, unreadable: 0 });
  expect(compileLists([{ name: 'a', bytes: Buffer.from(text), file: 'a.txt' }]).ok).toBe(true);
});

test.each(BAD)('`%s` cannot be read, nor can the policies read it', (line) => {
  const text = `a.example\n${line}`;
  const firstUnreadable = { line: 2, text: line };
  expect(countList(Buffer.from(text))).toEqual({ entries: 1, unreadable: 1, firstUnreadable });
  expect(compileLists([{ name: 'a', bytes: Buffer.from(text), file: 'a.txt' }]).ok).toBe(false);
});

test('a list is counted whole, and of what cannot be read the first line is kept, cut short', () => {
  const counted = countList(Buffer.from([...GOOD, 'x '.repeat(500), ...BAD].join('\n')));
  expect(counted).toMatchObject({ entries: GOOD.length, unreadable: BAD.length + 1 });
  expect(counted.firstUnreadable).toEqual({ line: GOOD.length + 1, text: 'x '.repeat(40) });
});
