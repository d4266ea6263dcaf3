import { expect, test } from 'vitest';
import { type Match, specificityOf } from '../../../src/policy/matching/name-table.ts';
import { buildSuffixIndex } from '../../../src/policy/matching/suffix-index.ts';
import { host } from '../support.ts';

type Entry = readonly [name: string, set: number];

const DEEPSEEK: Entry = ['deepseek', 7];

function found(entries: readonly Entry[], name: string): readonly Match[] {
  const into: Match[] = [];
  buildSuffixIndex(entries).collect(host(name), into);
  return into;
}
const setsOf = (entries: readonly Entry[], name: string): readonly number[] =>
  found(entries, name).map(({ set }) => set);

test.each([
  'deepseek.com',
  'deepseek.co.kr',
  'deepseek.xn--3e0b707e',
  'chat.deepseek.com',
  'a.b.deepseek.org',
])('a name under every suffix covers %s', (name) => {
  expect(setsOf([DEEPSEEK], name)).toEqual([7]);
});

test.each([
  'deepseek.example.org', // the name is somebody else's host, not what somebody registered
  'notdeepseek.com',
  'deepseek-ai.com',
  'deepsee.com',
  'deepseek', // no suffix
  'com.deepseek',
  'deepseek.github.io', // github.io is a private suffix: to us it is a name
])('it does not cover %s', (name) => {
  expect(setsOf([DEEPSEEK], name)).toEqual([]);
});

test('an address is covered by no name, whatever its parts are', () => {
  expect(setsOf([['0', 1]], '10.0.0.1')).toEqual([]);
  expect(setsOf([['0', 1]], '[2001:db8::1]')).toEqual([]);
});

test('every set that has the name is found once, and no other', () => {
  const entries: readonly Entry[] = [
    ['a', 1],
    ['b', 2],
    ['a', 3],
    ['a', 1],
    ['aa', 4],
  ];
  expect(setsOf(entries, 'www.a.com')).toEqual([1, 3]);
  expect(setsOf(entries, 'b.a.com')).toEqual([1, 3]);
  expect(setsOf([], 'a.com')).toEqual([]);
});

test('names of 31, 32, 33 and 63 characters are told apart', () => {
  const entries: readonly Entry[] = [31, 32, 33, 63].map((length) => ['n'.repeat(length), length]);
  for (const [name, length] of entries) expect(setsOf(entries, `${name}.com`)).toEqual([length]);
  expect(setsOf(entries, `${'n'.repeat(34)}.com`)).toEqual([]);
});

test('it is as specific as the registered domain is long, and less than that domain by its name', () => {
  expect(found([DEEPSEEK], 'a.b.deepseek.com')).toEqual([
    { set: 7, specificity: specificityOf(2, 'any-suffix') },
  ]);
  expect(found([DEEPSEEK], 'deepseek.co.kr')).toEqual([
    { set: 7, specificity: specificityOf(3, 'any-suffix') },
  ]);
  expect(specificityOf(2, 'any-suffix')).toBeLessThan(specificityOf(2, 'domain'));
});

test('what was found before stays in the list', () => {
  const into: Match[] = [{ set: 1, specificity: 1 }];
  buildSuffixIndex([DEEPSEEK]).collect(host('deepseek.com'), into);
  expect(into.map(({ set }) => set)).toEqual([1, 7]);
});
