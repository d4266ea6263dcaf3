import { describe, expect, test } from 'vitest';
import { type CompiledLists, compileLists } from '../../src/policy/matching/host-list.ts';
import { decodeLists, encodeLists } from '../../src/policy-store/lists-cache-format.ts';
import { unwrap } from '../policy/support.ts';

const VERSION = 'ab'.repeat(32);

const compiled = (text: string): CompiledLists =>
  unwrap(compileLists([{ name: 'ads', file: 'ads.txt', bytes: new TextEncoder().encode(text) }]));

function encoded(lists: CompiledLists): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(encodeLists(lists, VERSION)));
}

describe('compiled lists as bytes', () => {
  test('come back as they were, whatever they hold', () => {
    for (const text of [
      'a.kr\n',
      'a.kr\n=b.kr\nc.*\n/xn--/\n203.0.113.7\n10.0.0.0/8\n2001:db8::/32\n*.x.org\n',
    ])
      expect(decodeLists(encoded(compiled(text)), VERSION, ['ads'])).toEqual(compiled(text));
  });

  test('are views of the bytes, not copies', () => {
    const bytes = encoded(compiled('a.kr\n'));
    const table = decodeLists(bytes, VERSION, ['ads'])?.table;
    expect([table?.rowStarts.buffer, table?.rows.buffer]).toEqual([bytes.buffer, bytes.buffer]);
  });

  test('are nothing when they are of another version', () => {
    expect(decodeLists(encoded(compiled('a.kr\n')), 'cd'.repeat(32), ['ads'])).toBeUndefined();
  });

  test.each([[], ['gambling'], ['ads', 'gambling']])(
    'are nothing when the lists asked for are others',
    (...names) => {
      expect(decodeLists(encoded(compiled('a.kr\n')), VERSION, names)).toBeUndefined();
    },
  );

  /** As they come back when something in them was forged, under the right checksum. */
  const forgedTo = (forged: object) =>
    decodeLists(encoded({ ...compiled('a.kr\n'), ...forged }), VERSION, ['ads']);

  test.each<[string, object]>([
    ['a pattern that does not compile', { patterns: [['(', 0]] }],
    ['a network that is none', { networks: [['10.0.0.1/8', 0]] }],
    ['a network that is no text', { networks: [[10, 0]] }],
    ['an entry of three parts', { patterns: [['x', 0, 0]] }],
    ['an entry of one part', { patterns: [['x']] }],
    ['an entry that is a text', { patterns: ['x'] }],
    ['a name under every suffix that is two labels', { anySuffix: [['a.b', 0]] }],
    ['a name under every suffix that no host has', { anySuffix: [['A', 0]] }],
    ['an empty name under every suffix', { anySuffix: [['', 0]] }],
    ['other names', { names: ['other'] }],
    ['more names', { names: ['ads', 'other'] }],
    ['no names', { names: [] }],
    ['counts of other lists', { counts: [1, 2] }],
    ['a count that is none', { counts: [-1] }],
  ])('are nothing when they were forged to hold %s', (_, forged) => {
    expect(forgedTo(forged)).toBeUndefined();
  });

  test.each([1, -1, 0.5, 2 ** 32, '0', 'length', null])('are nothing when they name %j as a list', (set) => {
    expect(forgedTo({ withAddresses: [set] })).toBeUndefined();
    expect(forgedTo({ anySuffix: [['evil', set]] })).toBeUndefined();
    expect(forgedTo({ patterns: [['x', set]] })).toBeUndefined();
    expect(forgedTo({ networks: [['10.0.0.0/8', set]] })).toBeUndefined();
  });

  test.each(['names', 'counts', 'anySuffix', 'patterns', 'networks', 'withAddresses'])(
    'are nothing when their %s are no list',
    (part) => {
      for (const other of [null, undefined, 7, 'ads', {}, { length: 0 }])
        expect(forgedTo({ [part]: other }), JSON.stringify(other)).toBeUndefined();
    },
  );

  test.each<[string, object]>([
    ['names a set of rules', { groupMembers: Uint32Array.of(8 * 4 + 1) }],
    ['walks on without an end', { groupStarts: Uint32Array.of(0, 4_294_967_295) }],
    ['begins beyond its rows', { rowStarts: Uint32Array.of(4_294_967_295, 4_294_967_295) }],
    ['has rows that end before they begin', { rowStarts: Uint32Array.of(4, 0) }],
    ['has no row', { rowStarts: Uint32Array.of(0) }],
    ['has entries that step back', { groupWidth: -1 }],
    ['has entries that stand still', { groupWidth: 0 }],
    ['has wide entries', { groupWidth: 5 }],
    ['has entries of half a byte', { groupWidth: 1.5 }],
    ['has no width', { groupWidth: undefined }],
    ['has no seed', { seed: undefined }],
    ['has a seed of a half', { seed: 0.5 }],
    ['has a seed with a sign', { seed: -1 }],
    ['has a seed that is a text', { seed: '1' }],
    ['has no size', { size: null }],
    ['has a size below nothing', { size: -1 }],
  ])('are nothing when their table was forged: one that %s', (_, forged) => {
    expect(forgedTo({ table: { ...compiled('a.kr\n').table, ...forged } })).toBeUndefined();
  });
});
