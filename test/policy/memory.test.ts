import { expect, test } from 'vitest';
import { createMemory } from '../../src/policy/memory.ts';

test('what is remembered is made once', () => {
  const recall = createMemory<string>(2);
  expect(recall('a', () => 'made')).toBe('made');
  expect(recall('a', () => 'made again')).toBe('made');
});

test('beyond its capacity a memory begins anew', () => {
  const recall = createMemory<string>(2);
  for (const key of ['a', 'b', 'c']) recall(key, () => key);
  expect(recall('c', () => 'anew')).toBe('c');
  expect(recall('a', () => 'anew')).toBe('anew');
});

test('however many keys come, no more things are kept than the capacity, and each answer is that of its key', () => {
  const recall = createMemory<string>(8);
  let made = 0;
  const make = (key: string): string => {
    made += 1;
    return `of ${key}`;
  };
  for (let number = 0; number < 1_000; number++) expect(recall(`${number}`, make)).toBe(`of ${number}`);
  made = 0;
  for (let number = 0; number < 1_000; number++) recall(`${number}`, () => make('anew'));
  expect(made).toBeGreaterThanOrEqual(1_000 - 8);
});
