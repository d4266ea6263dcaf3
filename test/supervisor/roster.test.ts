import { expect, test } from 'vitest';
import { createRoster } from '../../src/supervisor/roster.ts';

test('holds who has come and has not gone, in whatever order they go', () => {
  const roster = createRoster<string>();
  const leave = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, roster.enter(name)]));
  leave.b?.();
  expect(roster.all().toSorted()).toEqual(['a', 'c', 'd']);
  leave.d?.(); // which has taken b's place
  expect(roster.all().toSorted()).toEqual(['a', 'c']);
  leave.a?.();
  leave.c?.();
  expect(roster.all()).toEqual([]);
});

test('to go twice is to go once', () => {
  const roster = createRoster<string>();
  const leave = roster.enter('a');
  roster.enter('b');
  leave();
  leave();
  expect(roster.all()).toEqual(['b']);
});
