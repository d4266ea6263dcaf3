import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressLiteral, type Host } from '../../src/policy/host.ts';
import { parseDomainPattern, patternCovers } from '../../src/policy/matching/domain-pattern.ts';
import { compileLists } from '../../src/policy/matching/host-list.ts';
import { hasPlainName } from '../../src/policy/matching/host-list-name.ts';
import {
  createNameTableBuilder,
  type Match,
  openNameTables,
  specificityOf,
} from '../../src/policy/matching/name-table.ts';
import { host, pattern } from '../policy/support.ts';

// Few labels, so that random names and hosts meet.
const label = fc.constantFrom('a', 'b', 'aa', 'ab', 'deepseek', 'xn--3e0b707e', 'x1', '_', '-a');
const suffix = fc.constantFrom('com', 'co.kr', 'kr', 'github.io', 'test.ck', 'internal', 'a', 'x1');
const name = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 5 }), suffix)
  .map(([labels, under]) => [...labels, under].join('.'));
const address = fc.constantFrom('127.0.0.1', '0.0.1.1', '[::1]', '[2001:db8::1]');
const anyHost = fc.oneof({ weight: 9, arbitrary: name }, address, label, suffix);
const kind = fc.constantFrom('domain', 'subdomains', 'exact');
const entry = fc.tuple(anyHost, kind, fc.nat({ max: 5 }));

type Entry = readonly [name: string, kind: 'domain' | 'subdomains' | 'exact', set: number];

const inOrder = (matches: readonly Match[]): readonly Match[] =>
  matches.toSorted((a, b) => a.set - b.set || a.specificity - b.specificity);

/** What covers the host, by comparing it with every entry. */
function covering(entries: readonly Entry[], asked: Host): readonly Match[] {
  const distinct = new Map(entries.map((each) => [each.join(' '), each]));
  return [...distinct.values()].flatMap(([text, form, set]) => {
    const isBelow = addressLiteral(asked) === undefined && asked.endsWith(`.${text}`);
    const covers = form === 'exact' ? asked === text : isBelow || (form === 'domain' && asked === text);
    return covers ? [{ set, specificity: specificityOf(text.split('.').length, form) }] : [];
  });
}

test('the table finds exactly what a comparison with every entry finds', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 60 }), fc.array(anyHost, { minLength: 1 }), (raw, asked) => {
      const entries = raw.map(([text, form, set]) => [host(text), form, set] as const);
      const builder = createNameTableBuilder();
      for (const [text, form, set] of entries) builder.add(text, form, set);
      const table = openNameTables(builder.build());
      expect(table.size).toBe(new Set(entries.map(([text]) => text)).size);
      for (const each of asked) {
        const into: Match[] = [];
        table.collect(host(each), into);
        expect(inOrder(into)).toEqual(inOrder(covering(entries, host(each))));
      }
    }),
    { numRuns: 1000 },
  );
});

test('whatever the seed of the hash, the answers are the same', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), anyHost, fc.nat(), (entries, asked, seed) => {
      const [one, other] = [createNameTableBuilder(), createNameTableBuilder(seed)].map((builder) => {
        for (const [text, form, set] of entries) builder.add(host(text), form, set);
        const into: Match[] = [];
        openNameTables(builder.build()).collect(host(asked), into);
        return inOrder(into);
      });
      expect(one).toEqual(other);
    }),
  );
});

test('several tables together find what each of them finds alone', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(entry, { maxLength: 20 }), { maxLength: 4 }),
      fc.array(anyHost, { minLength: 1 }),
      fc.nat(),
      (all, asked, seed) => {
        const tables = all.map((entries) => {
          const builder = createNameTableBuilder(seed);
          for (const [text, form, set] of entries) builder.add(host(text), form, set);
          return builder.build();
        });
        const together = openNameTables(...tables);
        expect(together.size).toBe(tables.reduce((sum, { size }) => sum + size, 0));
        for (const each of asked) {
          const into: Match[] = [];
          together.collect(host(each), into);
          const alone: Match[] = [];
          for (const table of tables) openNameTables(table).collect(host(each), alone);
          expect(inOrder(into)).toEqual(inOrder(alone));
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('tables of different seeds cannot be asked together', () => {
  const [one, other] = [1, 2].map((seed) => createNameTableBuilder(seed).build());
  if (one === undefined || other === undefined) throw new Error('there are two');
  expect(() => openNameTables(one, other)).toThrow(RangeError);
  expect(openNameTables(one, one).size).toBe(0);
});

// Letters of every kind that decides something, so that most texts are nearly names.
const nearlyName = fc.string({
  unit: fc.constantFrom(...'abxn-_.0189ZKé\u00ad\u212a%*=:/#'),
  minLength: 1,
  maxLength: 20,
});

test('a name that is taken as it stands is what the host parser would make of it', () => {
  fc.assert(
    fc.property(fc.oneof(nearlyName, name, fc.domain()), (text) => {
      const bytes = new TextEncoder().encode(text);
      if (hasPlainName(bytes, 0, bytes.length)) expect(host(text)).toBe(text);
    }),
    { numRuns: 5000 },
  );
});

test('a list says of a host what its lines say one by one, and is refused for a line that is', () => {
  const line = fc
    .tuple(fc.constantFrom('', '=', '*.'), fc.oneof(name, address, suffix, nearlyName))
    .map(([prefix, text]) => prefix + text)
    .filter((text) => !/[/#:]/.test(text) || text.startsWith('['));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.array(name), (lines, asked) => {
      const bytes = new TextEncoder().encode(lines.join('\r\n'));
      const compiled = compileLists([{ name: 'x', file: 'x.txt', bytes }]);
      expect(compiled.ok).toBe(lines.every((each) => parseDomainPattern(each).ok));
      if (!compiled.ok) return;
      expect(compiled.value.counts).toEqual([lines.length]);
      const table = openNameTables(compiled.value.table);
      const patterns = lines.map(pattern).filter((each) => each.kind !== 'any-suffix');
      for (const each of asked) {
        const into: Match[] = [];
        table.collect(host(each), into);
        expect(into.length > 0).toBe(patterns.some((one) => patternCovers(one, host(each))));
      }
    }),
    { numRuns: 1000 },
  );
});
