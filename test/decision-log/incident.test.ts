import { describe, expect, test } from 'vitest';
import { newIncident } from '../../src/decision-log/incident.ts';

const NOW = Date.parse('2026-11-23T06:00:00.123Z');
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

describe('an incident', () => {
  test('has a ULID: 26 characters of Crockford’s base 32, and no more than 128 bits', () => {
    expect(newIncident(NOW).id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
  });

  test('has a code that a person can read aloud: the id’s tail, in two groups', () => {
    const { id, code } = newIncident(NOW);
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(id.endsWith(code.replace('-', ''))).toBe(true);
  });

  test.each([0, 1, NOW, 2 ** 48 - 1])('carries its time: %i ms can be read back', (time) => {
    const characters = newIncident(time).id.slice(0, 10);
    const value = [...characters].reduce((sum, character) => sum * 32 + CROCKFORD.indexOf(character), 0);
    expect(value).toBe(time);
  });

  test('sorts by its time, as text', () => {
    const times = [0, 31, 32, 1e6, NOW - 1, NOW, NOW + 1, NOW + 1e9];
    const ids = times.map((time) => newIncident(time).id);
    expect(ids.toSorted()).toEqual(ids);
  });

  test('is unlike any other: 100 000 of one millisecond are all different', () => {
    const ids = Array.from({ length: 100_000 }, () => newIncident(NOW).id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('uses every character, in every place of its code', () => {
    const codes = Array.from({ length: 2_000 }, () => newIncident(NOW).code.replace('-', ''));
    for (let place = 0; place < 8; place++)
      expect(new Set(codes.map((code) => code[place])).size).toBe(CROCKFORD.length);
  });
});
