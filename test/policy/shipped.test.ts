import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { identify } from '../../src/identity/identify.ts';
import { expiredExceptions } from '../../src/policy/policy-tests.ts';
import { loadPolicies } from '../../src/policy-store/load.ts';
import { ask, NOW, unwrap } from './support.ts';

const FOLDER = fileURLToPath(new URL('../../policies', import.meta.url));
const POLICIES = unwrap(await loadPolicies(FOLDER, NOW));
const DEPARTMENTS = [...POLICIES.departments.values()];

test('the shipped policies are good, with all their own tests, and no exception in them has ended', () => {
  expect([...POLICIES.departments.keys()]).toEqual(
    expect.arrayContaining(['trade-ministry', 'defense-ministry', 'situation-room']),
  );
  expect(expiredExceptions(POLICIES, NOW)).toEqual([]);
});

test('on this machine itself the trade ministry’s policy holds: DeepSeek is blocked, the rest is open', () => {
  for (const client of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    const who = { client, department: identify({ client }, POLICIES).department };
    expect(who.department).toBe('trade-ministry');
    expect(ask(POLICIES, 'https://chat.deepseek.com/', who)).toBe('block by rule deepseek');
    expect(ask(POLICIES, 'https://www.korea.kr/', who)).toBe('forward by default');
  }
});

test('in the defence ministry no exception opens DeepSeek', () => {
  const who = { client: '10.30.200.5', department: 'defense-ministry' };
  expect(ask(POLICIES, 'https://chatgpt.com/', who)).toBe('forward by exception red-team');
  expect(ask(POLICIES, 'https://chat.deepseek.com/', who)).toBe('block by rule deepseek');
});

test('a department without a network would govern nobody, and one network governs once', () => {
  for (const department of DEPARTMENTS) expect(department.members.networks, department.id).not.toEqual([]);
});

describe.each(DEPARTMENTS.map((department) => [department.id, department] as const))(
  '%s',
  (_id, department) => {
    test('proves with tests of its own that it blocks and that it forwards', () => {
      const expected = new Set(department.tests.map(({ expect: wanted }) => wanted));
      expect(expected).toEqual(new Set(['block', 'forward']));
    });

    test('tests every rule of its own file that enforces a block', () => {
      const ownFile = department.at.replace(/:\d+:\d+$/, '');
      const own = department.rules.filter(
        ({ at, action, mode }) => at.startsWith(`${ownFile}:`) && action === 'block' && mode === 'enforce',
      );
      const tested = new Set(department.tests.map(({ rule }) => rule));
      expect(own.map(({ id }) => id).filter((id) => !tested.has(id))).toEqual([]);
    });

    test('tells people why, in both languages, and whom to ask', () => {
      for (const { id, action, reason } of department.rules)
        if (action === 'block') expect(Object.keys(reason ?? {}).toSorted(), id).toEqual(['en', 'ko']);
      expect(Object.keys(department.title).toSorted()).toEqual(['en', 'ko']);
      expect(department.contact).toHaveProperty('email');
    });

    test('offers no alternative that it blocks itself', () => {
      const who = {
        department: department.id,
        client: department.members.networks[0]?.text.replace(/\/\d+$/, '') ?? '',
      };
      for (const { alternatives } of department.rules)
        for (const { url } of alternatives)
          expect(ask(POLICIES, url, who), url).toMatch(/^forward by [^,]+$/);
    });
  },
);
