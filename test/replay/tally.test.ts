import { expect, test } from 'vitest';
import type { Comparison } from '../../src/replay/compare.ts';
import { createTally } from '../../src/replay/tally.ts';
import { factsOf } from '../policy/support.ts';

const BLOCKED: Comparison = {
  change: 'now-blocked',
  department: 'office',
  before: { action: 'forward', ground: { code: 'default' } },
  after: { action: 'block', ground: { code: 'rule', id: 'deepseek', source: 'policies/office.yaml:1' } },
};

test('what finds no room is counted as others, and no request is lost', () => {
  const tally = createTally(2);
  for (const name of ['a', 'b', 'c', 'b', 'd', 'b'])
    tally.count(factsOf(`https://${name}.example/`), BLOCKED);
  const [office] = tally.departments();
  expect(office?.requests).toBe(6);
  expect(office?.directions['now-blocked'].hosts).toMatchObject({
    rows: [
      { name: 'b.example', requests: 3 },
      { name: 'a.example', requests: 1 },
    ],
    others: 2,
  });
});

test('requests of nobody come last, and those that move are counted by where they go', () => {
  const tally = createTally();
  tally.countMalformed(undefined);
  tally.count(factsOf('https://a.example/'), { ...BLOCKED, department: undefined });
  expect(tally.departments()).toMatchObject([
    { department: 'office', moves: [{ to: undefined, requests: 1 }] },
    { department: undefined, requests: 1, changes: { 'not-of-policies': 1 } },
  ]);
});
