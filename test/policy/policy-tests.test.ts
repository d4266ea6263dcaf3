import { describe, expect, test } from 'vitest';
import { countPolicyTests, expiredExceptions, runPolicyTests } from '../../src/policy/policy-tests.ts';
import { describeProblem, NOW, policiesOf } from './support.ts';

const HEAD = `department: office
title: Office
members: { networks: [10.20.0.0/16, "2001:db8::/32"] }
default: allow
rules:
  - { id: ban, block: { domains: [deepseek.com] }, unless: { networks: [10.20.9.0/24] } }
exceptions:
  - { id: research, allow: { domains: [deepseek.com] }, for: { users: [kim], groups: [lab] }, until: 2026-12-31T18:00:00+09:00, approvedBy: cio }
tests:
`;
const LAB = 'department: lab\ntitle: Lab\nmembers: { networks: [10.20.40.0/24] }\n';

/** What fails of tests that stand from line 10, column 5, on. */
const failuresOf = (...tests: readonly string[]): readonly string[] => {
  const text = HEAD + tests.map((test) => `  - { ${test} }\n`).join('');
  return runPolicyTests(policiesOf({ 'office.yaml': text, 'lab.yaml': LAB }), NOW).map(describeProblem);
};

const DEEPSEEK = 'request: "https://chat.deepseek.com/"';

describe('a test that holds says nothing', () => {
  test.each([
    [`${DEEPSEEK}, expect: block`],
    [`${DEEPSEEK}, expect: block, rule: ban`],
    ['request: "https://korea.kr/", expect: forward'],
    [`${DEEPSEEK}, user: kim, expect: forward`],
    [`${DEEPSEEK}, groups: [staff, lab], expect: forward`],
    [`${DEEPSEEK}, user: kim, at: 2026-12-31T17:59:59.999+09:00, expect: forward`],
    [`${DEEPSEEK}, user: kim, at: 2026-12-31T18:00:00+09:00, expect: block, rule: ban`],
    [`${DEEPSEEK}, client: 10.20.9.1, expect: forward`],
    [`${DEEPSEEK}, client: "2001:db8::1", expect: block`],
  ])('%s', (entry) => {
    expect(failuresOf(entry)).toEqual([]);
  });
});

describe('a test that fails says where, what was expected, what it is, and how to look into it', () => {
  test.each([
    [
      `${DEEPSEEK}, expect: forward`,
      'policies/office.yaml:10:5: https://chat.deepseek.com/: expected forward, but it is block by the rule `ban` (postern explain https://chat.deepseek.com/ --department office --client 10.20.0.0)',
    ],
    [
      'request: "https://korea.kr/", expect: block',
      'policies/office.yaml:10:5: https://korea.kr/: expected block, but it is forward by the default (postern explain https://korea.kr/ --department office --client 10.20.0.0)',
    ],
    [
      'request: "https://korea.kr/", expect: block, rule: ban',
      'policies/office.yaml:10:5: https://korea.kr/: expected block by the rule `ban`, but it is forward by the default (postern explain https://korea.kr/ --department office --client 10.20.0.0)',
    ],
    [
      `${DEEPSEEK}, expect: block, rule: other`,
      'policies/office.yaml:10:5: https://chat.deepseek.com/: expected block by the rule `other`, but it is block by the rule `ban` (postern explain https://chat.deepseek.com/ --department office --client 10.20.0.0)',
    ],
    [
      `${DEEPSEEK}, user: kim, expect: block`,
      'policies/office.yaml:10:5: https://chat.deepseek.com/: expected block, but it is forward by the exception `research` (postern explain https://chat.deepseek.com/ --department office --client 10.20.0.0 --user kim)',
    ],
    [
      `${DEEPSEEK}, user: kim, expect: forward, rule: ban`,
      'policies/office.yaml:10:5: https://chat.deepseek.com/: expected forward by the rule `ban`, but it is forward by the exception `research` (postern explain https://chat.deepseek.com/ --department office --client 10.20.0.0 --user kim)',
    ],
  ])('%s', (entry, failure) => {
    expect(failuresOf(entry)).toEqual([failure]);
  });

  test('each of several at its own place', () => {
    const failures = failuresOf(
      `${DEEPSEEK}, expect: forward`,
      `${DEEPSEEK}, expect: block`,
      `${DEEPSEEK}, expect: forward`,
    );
    expect(failures.map((failure) => failure.split(': ')[0])).toEqual([
      'policies/office.yaml:10:5',
      'policies/office.yaml:12:5',
    ]);
  });
});

test('a test for another department’s client proves nothing, and says so', () => {
  for (const client of ['10.20.40.7', '"::ffff:10.20.40.7"'])
    expect(failuresOf(`${DEEPSEEK}, client: ${client}, expect: block`)).toEqual([
      `policies/office.yaml:10:5: the client ${client.replaceAll('"', '')} belongs to \`lab\`, so \`office\` never decides for it (test it in \`lab\`, or use an address of this department)`,
    ]);
});

describe('a test that states no time asks now', () => {
  const END = Date.parse('2026-12-31T18:00:00+09:00');
  const failuresAt = (now: number, entry: string): readonly string[] =>
    runPolicyTests(policiesOf({ 'office.yaml': `${HEAD}  - { ${entry} }\n` }), now).map(({ at }) => at);

  test('and when an exception ends that it rested on, the exception is to blame, not the test', () => {
    for (const now of [END - 1, END, END + 1e9])
      expect(failuresAt(now, `${DEEPSEEK}, user: kim, expect: forward`)).toEqual([]);
  });

  test('but one that never held is not excused by an exception that has ended', () => {
    for (const who of ['user: lee', 'groups: [staff]', 'client: 10.20.1.1'])
      expect(failuresAt(END, `${DEEPSEEK}, ${who}, expect: forward`)).toEqual(['policies/office.yaml:10:5']);
    expect(failuresAt(END, `${DEEPSEEK}, user: kim, expect: block, rule: other`)).toHaveLength(1);
  });

  test('and one that states its time fails at that time, whenever it is run', () => {
    const entry = `${DEEPSEEK}, user: kim, at: 2026-12-31T18:00:00+09:00, expect: forward`;
    expect(failuresAt(END - 1, entry)).toHaveLength(1);
    expect(failuresAt(END + 1, entry)).toHaveLength(1);
  });
});

test('a test that states no client asks from the department’s first network', () => {
  const text = HEAD.replace('10.20.9.0/24', '10.20.0.0/32');
  const policies = policiesOf({ 'office.yaml': `${text}  - { ${DEEPSEEK}, expect: forward }\n` });
  expect(runPolicyTests(policies, NOW)).toEqual([]);
});

test('a department that observes passes no test that expects a block', () => {
  const text = `${HEAD.replace('default: allow', 'default: allow\nmode: observe')}  - { ${DEEPSEEK}, expect: block }\n`;
  expect(runPolicyTests(policiesOf({ 'office.yaml': text }), NOW)).toHaveLength(1);
});

test('the tests of all departments are counted', () => {
  const entry = `  - { ${DEEPSEEK}, expect: block }\n`;
  const lab = `${LAB}tests:\n${entry}`;
  expect(countPolicyTests(policiesOf({ 'office.yaml': `${HEAD}${entry}${entry}`, 'lab.yaml': lab }))).toBe(3);
  expect(countPolicyTests(policiesOf({ 'lab.yaml': LAB }))).toBe(0);
});

describe('exceptions that have ended', () => {
  const END = Date.parse('2026-12-31T18:00:00+09:00');
  const policies = policiesOf({
    'shared.yaml':
      'base: shared\nexceptions:\n  - { id: e, allow: { domains: [a.com] }, for: { users: [kim] }, until: 2026-12-31T18:00:00+09:00, approvedBy: cio }\n',
    'a.yaml': 'department: a\ntitle: A\nextends: [shared]\n',
    'b.yaml': 'department: b\ntitle: B\nextends: [shared]\n',
  });

  test('are named with their place and end, once for all who inherit them', () => {
    expect(expiredExceptions(policies, END).map(describeProblem)).toEqual([
      'policies/shared.yaml:3:5: the exception `e` ended at 2026-12-31T09:00:00.000Z (remove it, or have it approved anew with a later `until`)',
    ]);
  });

  test('are those alone: a millisecond earlier there is none', () => {
    expect(expiredExceptions(policies, END - 1)).toEqual([]);
  });
});
