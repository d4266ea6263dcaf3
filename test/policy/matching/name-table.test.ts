import { describe, expect, test } from 'vitest';
import type { Host } from '../../../src/policy/host.ts';
import {
  createNameTableBuilder,
  type Match,
  type NameKind,
  type NameTable,
  openNameTables,
  specificityOf,
} from '../../../src/policy/matching/name-table.ts';
import { host } from '../support.ts';

type Entry = readonly [name: string, kind: NameKind, set: number];

function tableOf(...entries: readonly Entry[]): NameTable {
  const builder = createNameTableBuilder();
  for (const [name, kind, set] of entries) builder.add(name, kind, set);
  return openNameTables(builder.build());
}

function found(table: NameTable, name: string): readonly Match[] {
  const into: Match[] = [];
  table.collect(host(name), into);
  return into;
}

/** The most specific first. */
const setsOf = (table: NameTable, name: string): readonly number[] =>
  found(table, name)
    .toSorted((a, b) => b.specificity - a.specificity || a.set - b.set)
    .map(({ set }) => set);

describe('the table of names', () => {
  test('a domain covers itself and all below it, and no name that merely ends alike', () => {
    const table = tableOf(['deepseek.com', 'domain', 7]);
    for (const name of ['deepseek.com', 'chat.deepseek.com', 'a.b.c.d.e.f.g.h.deepseek.com'])
      expect(setsOf(table, name), name).toEqual([7]);
    for (const name of ['notdeepseek.com', 'com', 'deepseek.com.example.org', 'deepseek.co', 'eepseek.com'])
      expect(setsOf(table, name), name).toEqual([]);
  });

  test('the forms of one name are told apart', () => {
    const table = tableOf(['a.kr', 'domain', 1], ['a.kr', 'subdomains', 2], ['a.kr', 'exact', 3]);
    expect(table.size).toBe(1);
    expect(setsOf(table, 'a.kr')).toEqual([3, 1]);
    expect(setsOf(table, 'x.a.kr')).toEqual([2, 1]);
  });

  test('the more labels a name has, the more specific it is; then `=` over `*.` over plain over `.*`', () => {
    const forms = ['any-suffix', 'domain', 'subdomains', 'exact'] as const;
    const all = [1, 2, 3].flatMap((labels) => forms.map((form) => specificityOf(labels, form)));
    expect(all).toEqual(all.toSorted((a, b) => a - b));
    expect(new Set(all).size).toBe(all.length);
    const table = tableOf(['b.a.kr', 'exact', 1], ['a.kr', 'subdomains', 2], ['kr', 'domain', 3]);
    expect(found(table, 'b.a.kr').toSorted((a, b) => a.set - b.set)).toEqual([
      { set: 1, specificity: specificityOf(3, 'exact') },
      { set: 2, specificity: specificityOf(2, 'subdomains') },
      { set: 3, specificity: specificityOf(1, 'domain') },
    ]);
  });

  test('what is added twice is found once, and every set that says it is found', () => {
    const builder = createNameTableBuilder();
    for (const set of [5, 5, 300, 5, 70_000, 300]) builder.add('a.example.org', 'domain', set);
    const table = openNameTables(builder.build());
    expect(table.size).toBe(1);
    expect(setsOf(table, 'a.example.org')).toEqual([5, 300, 70_000]);
  });

  test('the order in which names are added makes no difference', () => {
    const entries: readonly Entry[] = Array.from({ length: 500 }, (_, number) => [
      `${number % 50}.${number % 7}.example.org`,
      (['domain', 'subdomains', 'exact'] as const)[number % 3] ?? 'domain',
      number % 11,
    ]);
    const [one, other] = [tableOf(...entries), tableOf(...entries.toReversed())];
    for (const name of ['x.1.1.example.org', '49.0.example.org', '8.1.example.org', 'example.org'])
      expect(setsOf(one, name)).toEqual(setsOf(other, name));
  });

  test('an address has no parents: `0.0.1` is not above 127.0.0.1', () => {
    const table = tableOf(['0.0.1', 'domain', 1], ['127.0.0.1', 'exact', 2], ['[2001:db8::1]', 'exact', 3]);
    expect(found(table, '127.0.0.1')).toEqual([{ set: 2, specificity: specificityOf(4, 'exact') }]);
    expect(setsOf(table, '127.0.0.2')).toEqual([]);
    expect(setsOf(table, '[2001:DB8:0::1]')).toEqual([3]);
    expect(setsOf(table, '[2001:db8::2]')).toEqual([]);
  });

  test('a name whose last character is a digit is still a name', () => {
    const table = tableOf(['b.x1', 'domain', 1]);
    expect(setsOf(table, 'a.b.x1')).toEqual([1]);
  });

  test('names of one character and of 253 are kept whole', () => {
    const long = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
    expect(long).toHaveLength(253);
    const table = tableOf([long, 'exact', 1], ['x', 'domain', 2]);
    expect(setsOf(table, long)).toEqual([1]);
    expect(setsOf(table, `b${long.slice(1)}`)).toEqual([]);
    expect(setsOf(table, 'a.x')).toEqual([2]);
  });

  test('what no host can be is a bug of the caller', () => {
    const builder = createNameTableBuilder();
    expect(() => builder.add('', 'domain', 0)).toThrow(RangeError);
    expect(() => builder.add('a'.repeat(254), 'domain', 0)).toThrow(RangeError);
  });

  test('an empty table covers nothing', () => {
    expect(tableOf().size).toBe(0);
    expect(setsOf(tableOf(), 'a.b.example.org')).toEqual([]);
    expect(setsOf(tableOf(), '127.0.0.1')).toEqual([]);
  });

  test('it can be posted to another thread', () => {
    const builder = createNameTableBuilder();
    builder.add('example.org', 'domain', 4);
    const table = openNameTables(structuredClone(builder.build()));
    expect(setsOf(table, 'www.example.org')).toEqual([4]);
  });

  test('a table of more than 256 different memberships knows each of them', () => {
    const names = Array.from({ length: 3000 }, (_, number) => `n${number}.example`);
    const table = tableOf(...names.map((name, number) => [name, 'domain', number] as const));
    for (const [number, name] of names.entries()) expect(setsOf(table, `x.${name}`)).toEqual([number]);
  });

  // Half of these look-ups are of names that are there but for one character.
  test('of 100,000 names each is found, and none that is almost the same', () => {
    const nameOf = (number: number) => `d${number.toString(36)}.${number % 97}x.example.com`;
    const table = tableOf(
      ...Array.from({ length: 100_000 }, (_, number) => [nameOf(number), 'domain', 0] as const),
    );
    expect(table.size).toBe(100_000);
    const into: Match[] = [];
    for (let number = 0; number < 100_000; number++) table.collect(nameOf(number) as Host, into);
    expect(into).toHaveLength(100_000);
    for (let number = 0; number < 100_000; number++) table.collect(`${nameOf(number)}m` as Host, into);
    for (let number = 0; number < 100_000; number++)
      table.collect(nameOf(number).replace('d', 'e') as Host, into);
    expect(into).toHaveLength(100_000);
  });

  test('the bytes of a name may lie anywhere in an array', () => {
    const builder = createNameTableBuilder();
    builder.addBytes(new TextEncoder().encode('0.0.0.0 ads.example # x'), 8, 19, 'exact', 1);
    const table = openNameTables(builder.build());
    expect(setsOf(table, 'ads.example')).toEqual([1]);
    expect(setsOf(table, 'x.ads.example')).toEqual([]);
  });
});
