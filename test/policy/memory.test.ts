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
