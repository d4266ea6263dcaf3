import fc from 'fast-check';
import { expect, test } from 'vitest';
import { WISH_FIELDS, wishesIn } from '../../src/block-page/wishes.ts';

test('a head has the wishes that it names, in whatever case, and nothing else', () => {
  const rawHeaders = ['Host', 'a.example', 'ACCEPT', 'a/b', 'Sec-Fetch-Dest', 'image', 'Cookie', 'origin=x'];
  expect(wishesIn('GET', rawHeaders)).toEqual({ method: 'GET', accept: 'a/b', 'sec-fetch-dest': 'image' });
});

test('all lines of a field are one list (RFC 9110 section 5.3)', () => {
  expect(wishesIn('GET', ['Accept', 'a/b', 'X', 'y', 'accept', 'c/d'])).toMatchObject({ accept: 'a/b, c/d' });
});

test('of any fields it finds what a look at each of them finds', () => {
  const name = fc.oneof(
    fc.constantFrom(...WISH_FIELDS, '__proto__', 'constructor', 'x-accept', 'origin2'),
    fc.string({ maxLength: 60 }),
  );
  const spelt = fc.tuple(name, fc.boolean()).map(([text, isUpper]) => (isUpper ? text.toUpperCase() : text));
  fc.assert(
    fc.property(fc.array(fc.tuple(spelt, fc.string())), (fields) => {
      const wishes = wishesIn('GET', fields.flat());
      for (const wanted of WISH_FIELDS) {
        const values = fields.filter(([field]) => field.toLowerCase() === wanted).map(([, value]) => value);
        expect(wishes[wanted]).toBe(values.length === 0 ? undefined : values.join(', '));
      }
      const known = new Set<string>(['method', ...WISH_FIELDS]);
      expect(Object.keys(wishes).filter((field) => !known.has(field))).toEqual([]);
    }),
  );
});
