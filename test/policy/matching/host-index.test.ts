import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NO_LISTS } from '../../../src/policy/compile.ts';
import type { Host } from '../../../src/policy/host.ts';
import { type DomainPattern, patternCovers } from '../../../src/policy/matching/domain-pattern.ts';
import { buildHostIndex } from '../../../src/policy/matching/host-index.ts';
import { host, pattern } from '../support.ts';

/** The host index over domains alone, told by their own values. */
function buildDomainIndex<T>(entries: readonly (readonly [DomainPattern, T])[]) {
  const domains = entries.map(([domain], set) => [domain, set] as const);
  const origins = entries.map(() => ({ kind: 'rule' }) as const);
  const all = new Set(origins.keys());
  const index = buildHostIndex({ origins, domains, patterns: [], networks: [] }, NO_LISTS.compiled).viewOf(
    all,
  );
  return {
    find: (name: Host) =>
      index.covering(name).map(({ set, specificity }) => ({ value: entries[set]?.[1] as T, specificity })),
  };
}

const indexOf = (...texts: readonly string[]) =>
  buildDomainIndex(texts.map((text) => [pattern(text), text] as const));

/** The patterns that cover a host, the most specific first. */
const found = (index: ReturnType<typeof indexOf>, name: string): readonly string[] =>
  index
    .find(host(name))
    .toSorted((a, b) => b.specificity - a.specificity)
    .map(({ value }) => value);

describe('the index of domains', () => {
  test('it finds every pattern that covers a host, and no other', () => {
    const index = indexOf(
      'deepseek.com',
      '=chat.deepseek.com',
      '*.deepseek.com',
      'deepseek.*',
      'example.com',
    );
    expect(new Set(found(index, 'chat.deepseek.com'))).toEqual(
      new Set(['deepseek.com', '=chat.deepseek.com', '*.deepseek.com', 'deepseek.*']),
    );
    expect(new Set(found(index, 'deepseek.com'))).toEqual(new Set(['deepseek.com', 'deepseek.*']));
    expect(found(index, 'notdeepseek.com')).toEqual([]);
    expect(found(index, 'com')).toEqual([]);
  });

  test('the more labels a pattern names, the more specific it is; then `=` over `*.` over plain over `.*`', () => {
    const index = indexOf(
      'a.example.com',
      '*.example.com',
      'example.com',
      'example.*',
      '=b.a.example.com',
      '*.a.example.com',
    );
    expect(found(index, 'b.a.example.com')).toEqual([
      '=b.a.example.com',
      '*.a.example.com',
      'a.example.com',
      '*.example.com',
      'example.com',
      'example.*',
    ]);
  });

  test('`a.*` counts as many labels as the registrable domain that it meets', () => {
    const index = indexOf('deepseek.*', '=co.kr', 'x.deepseek.co.kr');
    expect(found(index, 'x.deepseek.co.kr')).toEqual(['x.deepseek.co.kr', 'deepseek.*']);
    const [match] = index.find(host('deepseek.co.kr'));
    expect(match?.specificity).toBeGreaterThan(
      indexOf('=a.kr').find(host('a.kr'))[0]?.specificity ?? Number.NaN,
    );
  });

  test('an address has no parents: `0.0.1` is not above 127.0.0.1', () => {
    expect(found(indexOf('127.0.0.1', '0.0.2.1'), '127.0.2.1')).toEqual([]);
    expect(found(indexOf('127.0.0.1'), '127.1')).toEqual(['127.0.0.1']);
    expect(found(indexOf('[2001:db8::1]'), '[2001:DB8:0::1]')).toEqual(['[2001:db8::1]']);
    expect(found(indexOf('127.0.0.1', 'x.example'), '[::1]')).toEqual([]);
  });

  test('not even to a pattern whose host was never parsed', () => {
    const forged: DomainPattern = { kind: 'domain', host: '0.0.1' as Host, text: '0.0.1' };
    expect(buildDomainIndex([[forged, 'forged']]).find(host('127.0.0.1'))).toEqual([]);
  });

  test('two values under one pattern are both found', () => {
    const index = buildDomainIndex([
      [pattern('example.com'), 'one'],
      [pattern('example.com'), 'two'],
      [pattern('example.*'), 'three'],
      [pattern('example.*'), 'four'],
    ]);
    expect(index.find(host('example.com')).map(({ value }) => value)).toEqual([
      'one',
      'two',
      'three',
      'four',
    ]);
  });

  // EV-39. Quadratic building takes minutes here, and an index that scans its patterns does in the second half.
  // Covers: EV-39
  test('120,000 patterns, half of them of one name, are built and asked 10,000 times', () => {
    const index = buildDomainIndex(
      Array.from({ length: 120_000 }, (_, number) => [
        pattern(number % 2 === 0 ? `d${number}.example.com` : 'deepseek.*'),
        number,
      ]),
    );
    const deep = host(`${'a.'.repeat(115)}d777778.example.com`);
    let matches = 0;
    for (let round = 0; round < 10_000; round++) matches += index.find(deep).length;
    expect(matches).toBe(0);
    expect(index.find(host('x.d119998.example.com')).map(({ value }) => value)).toEqual([119_998]);
    expect(index.find(host('deepseek.com'))).toHaveLength(60_000);
  });

  // Few labels, so that random patterns and hosts meet.
  const label = fc.constantFrom('a', 'b', 'aa', 'deepseek', 'xn--3e0b707e');
  const suffix = fc.constantFrom('com', 'co.kr', 'kr', 'github.io', 'test.ck', 'internal');
  const name = fc
    .tuple(fc.array(label, { minLength: 1, maxLength: 4 }), suffix)
    .map(([labels, under]) => [...labels, under].join('.'));
  const address = fc.constantFrom('127.0.0.1', '0.0.1.1', '[::1]');
  const anyHost = fc.oneof({ weight: 9, arbitrary: name }, { weight: 1, arbitrary: address }, label);
  const anyPattern = fc.oneof(
    name,
    name.map((text) => `=${text}`),
    name.map((text) => `*.${text}`),
    label.map((text) => `${text}.*`),
    address,
  );

  test('it finds exactly the patterns that cover the host', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyPattern, { maxLength: 20 }),
        fc.array(anyHost, { minLength: 1 }),
        (texts, names) => {
          const index = indexOf(...texts);
          for (const each of names) {
            const covering = texts.filter((text) => patternCovers(pattern(text), host(each)));
            expect(found(index, each).toSorted()).toEqual(covering.toSorted());
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
