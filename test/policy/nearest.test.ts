import { expect, test } from 'vitest';
import { nearest } from '../../src/policy/nearest.ts';

const SERVICES = ['deepseek', 'chatgpt', 'claude', 'kimi', 'zhipu', 'poe'];

test.each([
  ['depseek', 'deepseek'],
  ['deepseak', 'deepseek'],
  ['DeepSeek', 'deepseek'],
  ['deepseeks', 'deepseek'],
  ['chatgtp', 'chatgpt'],
  ['poo', 'poe'],
])('`%s` is near `%s`', (word, near) => {
  expect(nearest(word, SERVICES)).toBe(near);
});

test.each(['', 'grok', 'x', 'zzzzzzzzzzzz', 'deep', 'mistral'])('`%s` is near none of them', (word) => {
  expect(nearest(word, SERVICES)).toBeUndefined();
});

test.each([
  ['lock', ['block', 'locked'], 'locked'],
  ['domain', ['remain', 'domains'], 'domains'],
  ['portss', ['posts', 'ports'], 'ports'],
])('`%s` of %j is rather what it begins, or what begins it: `%s`', (word, candidates, near) => {
  expect(nearest(word, candidates)).toBe(near);
});

test('of candidates as near as each other the first is named, and of none none', () => {
  expect(nearest('bat', ['cat', 'hat'])).toBe('cat');
  expect(nearest('cat', [])).toBeUndefined();
});
