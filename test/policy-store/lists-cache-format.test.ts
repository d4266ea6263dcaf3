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
      expect(decodeLists(encoded(compiled(text)), VERSION)).toEqual(compiled(text));
  });

  test('are views of the bytes, not copies', () => {
    const bytes = encoded(compiled('a.kr\n'));
    const table = decodeLists(bytes, VERSION)?.table;
    expect([table?.rowStarts.buffer, table?.rows.buffer]).toEqual([bytes.buffer, bytes.buffer]);
  });

  test('are nothing when they are of another version', () => {
    expect(decodeLists(encoded(compiled('a.kr\n')), 'cd'.repeat(32))).toBeUndefined();
  });

  test.each([
    ['a pattern that does not compile', { patterns: [['(', 0]] }],
    ['a network that is none', { networks: [['10.0.0.1/8', 0]] }],
    ['a set that is no list', { patterns: [['x', 1]] }],
    ['addresses of a set that is no list', { withAddresses: [1] }],
  ] as const)('are nothing when they were forged to hold %s', (_, forged) => {
    expect(decodeLists(encoded({ ...compiled('a.kr\n'), ...forged }), VERSION)).toBeUndefined();
  });

  test.each([
    ['names a set of rules', { groupMembers: Uint32Array.of(8 * 4 + 1) }],
    ['walks on without an end', { groupStarts: Uint32Array.of(0, 4_294_967_295) }],
    ['begins beyond its rows', { rowStarts: Uint32Array.of(4_294_967_295, 4_294_967_295) }],
    ['has rows that end before they begin', { rowStarts: Uint32Array.of(4, 0) }],
    ['has no row', { rowStarts: Uint32Array.of(0) }],
  ] as const)('are nothing when their table was forged: one that %s', (_, forged) => {
    const lists = compiled('a.kr\n');
    expect(decodeLists(encoded({ ...lists, table: { ...lists.table, ...forged } }), VERSION)).toBeUndefined();
  });
});
