import { expect, test } from 'vitest';
import { firstOf, idleMemory } from '../../bench/traffic/idle.ts';

test('what an idle tunnel holds is told apart from what was free when the first ones came', () => {
  const bytes = { none: 50e6, few: 51e6, many: 81e6 };
  expect(idleMemory(1_000, 4_000, bytes)).toEqual({ first: 1_000, further: 10_000 });
});

test('there are always tunnels beyond the first ones', () => {
  expect(firstOf(4_000)).toBe(1_000);
  expect(firstOf(101)).toBe(26);
});
