import { expect, test } from 'vitest';
import { createRuleCounter } from '../../src/replay/by-rule.ts';
import type { Comparison } from '../../src/replay/compare.ts';
import { createTally, OTHERS } from '../../src/replay/tally.ts';
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

const OBSERVED: Comparison = {
  change: 'now-observed',
  department: 'office',
  before: { action: 'forward', ground: { code: 'default' } },
  after: { action: 'forward', ground: { code: 'default' }, wouldBlock: { code: 'rule', id: 'ai' } },
};
const by = (id: string): Comparison => ({
  ...BLOCKED,
  after: { action: 'block', ground: { code: 'rule', id } },
});

test('a person is one row, however many rules decide, with the rule that decides most of theirs', () => {
  const tally = createTally();
  const asked = (user: string, ...ids: readonly string[]): void => {
    for (const id of ids) tally.count(factsOf('https://a.example/', { user }), by(id));
  };
  asked('lee', 'x', 'x');
  asked('kim', 'x', 'y', 'y');
  const [office] = tally.departments();
  expect(office?.directions['now-blocked'].people).toMatchObject({
    rows: [
      { name: 'kim', requests: 3, ways: 2, after: { ground: { id: 'y' } } },
      { name: 'lee', requests: 2, ways: 1, after: { ground: { id: 'x' } } },
    ],
    distinct: { count: 2, isAtLeast: false },
  });
});

test('where there was no room to tell all people apart, their number is a least number', () => {
  const tally = createTally(1);
  for (const user of ['kim', 'kim', 'lee']) tally.count(factsOf('https://a.example/', { user }), BLOCKED);
  const [office] = tally.departments();
  expect(office?.directions['now-blocked'].people).toMatchObject({
    others: 1,
    distinct: { count: 1, isAtLeast: true },
  });
  expect(office?.directions['now-blocked'].hosts.distinct).toEqual({ count: 1, isAtLeast: false });
});

test('a rule is told with the requests, hosts and people of all departments, observed ones too', () => {
  const tally = createTally();
  const asked = (url: string, user: string, department: string, comparison: Comparison): void =>
    tally.count({ ...factsOf(url, { user }), department }, comparison);
  asked('https://a.example/', 'kim', 'one', BLOCKED);
  asked('https://b.example/', 'kim', 'one', BLOCKED);
  asked('https://a.example/', 'lee', 'two', BLOCKED);
  asked('https://c.example/', 'lee', 'two', OBSERVED);
  const distinct = (count: number) => ({ count, isAtLeast: false });
  expect(tally.rules()).toEqual({
    rows: [
      {
        direction: 'now-blocked',
        ground: BLOCKED.after.ground,
        requests: 3,
        hosts: distinct(2),
        people: distinct(2),
      },
      {
        direction: 'now-observed',
        ground: { code: 'rule', id: 'ai' },
        requests: 1,
        hosts: distinct(1),
        people: distinct(1),
      },
    ],
    others: 0,
  });
});

test('a table of rules that is full tells least numbers, and counts further rules as others', () => {
  const counter = createRuleCounter({ rules: 1, names: 2 });
  counter.count('now-blocked', factsOf('https://a.example/', { user: 'kim' }), by('x'));
  counter.count('now-blocked', factsOf('https://b.example/', { user: 'kim' }), by('x'));
  counter.count('now-blocked', factsOf('https://a.example/', { user: 'kim' }), by('y'));
  expect(counter.rows()).toMatchObject({
    rows: [{ requests: 2, hosts: { count: 1, isAtLeast: true }, people: { count: 1, isAtLeast: false } }],
    others: 1,
  });
});

test('departments and moves beyond a thousand are counted together, and no request is lost', () => {
  const tally = createTally();
  for (let index = 0; index < 1_500; index += 1) {
    const department = `d${index}`;
    tally.count({ ...factsOf('https://a.example/'), department }, { ...BLOCKED, department });
    tally.count(
      { ...factsOf('https://a.example/'), department: 'd0' },
      { ...BLOCKED, department: `m${index}` },
    );
  }
  const departments = tally.departments();
  expect(departments).toHaveLength(1_001);
  expect(departments.at(-1)).toMatchObject({ department: OTHERS, requests: 500 });
  const moves = departments[0]?.moves ?? [];
  expect(moves).toHaveLength(1_001);
  expect(moves.at(-1)).toEqual({ to: OTHERS, requests: 500 });
});
