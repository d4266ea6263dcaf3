import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoggedDecision } from '../../src/decision-log/parse-line.ts';
import type { PolicySet } from '../../src/policy/policy.ts';
import { comparingWith } from '../../src/replay/compare.ts';
import { allow, block, exception, LATER, NOW } from '../policy/support.ts';
import { departments, logged, office, renamed } from './support.ts';

const URL = 'https://chat.deepseek.com/';
const BLOCKING = office({ rules: [block('deepseek', ['deepseek.com'])] });
const OPEN = office();

const compare = (entry: LoggedDecision, policies: PolicySet, at?: number) =>
  comparingWith(policies, at)(entry);
const change = (entry: LoggedDecision, policies: PolicySet, at?: number) =>
  compare(entry, policies, at).change;

describe('what becomes of a request', () => {
  test('a new rule blocks it', () => {
    expect(compare(logged(OPEN, URL), BLOCKING, undefined)).toEqual({
      change: 'now-blocked',
      department: 'office',
      before: { action: 'forward', ground: { code: 'default' } },
      after: {
        action: 'block',
        ground: { code: 'rule', id: 'deepseek', source: 'policies/office.yaml:1' },
      },
    });
  });

  test('a rule that is gone lets it through', () => {
    expect(change(logged(BLOCKING, URL), OPEN)).toBe('now-forwarded');
  });

  test('a rule that only observes changes nothing but the report, and ceasing to observe neither', () => {
    const observing = office({ rules: [block('deepseek', ['deepseek.com'], { mode: 'observe' })] });
    expect(change(logged(OPEN, URL), observing)).toBe('now-observed');
    expect(change(logged(observing, URL), OPEN)).toBe('not-observed');
    expect(change(logged(observing, URL), BLOCKING)).toBe('now-blocked');
    expect(change(logged(BLOCKING, URL), observing)).toBe('now-forwarded');
  });

  test('the same action by another rule is another ground, and no change', () => {
    const other = office({ rules: [block('ai', ['deepseek.com'])] });
    expect(change(logged(BLOCKING, URL), other)).toBe('other-ground');
  });

  test('a rule that only stands elsewhere is the same rule', () => {
    const longer = office({ rules: [block('first', ['a.example']), block('deepseek', ['deepseek.com'])] });
    expect(change(logged(BLOCKING, URL), longer)).toBe('same');
  });

  test.each([
    'port-forbidden',
    'address-forbidden',
    'proxy-loop',
    'own-site',
    'sni-mismatch',
    'a-word-of-tomorrow',
  ])('what the proxy itself refused stays refused: %s', (code) => {
    const entry = logged(OPEN, URL);
    const refused: LoggedDecision = { ...entry, verdict: { action: 'block', ground: { code } } };
    expect(change(refused, OPEN)).toBe('not-of-policies');
    expect(change(refused, renamed(OPEN))).toBe('not-of-policies');
  });
});

test('a visit to the proxy’s own site stays one, whatever policies say', () => {
  const visit = logged(OPEN, 'http://postern.internal/');
  expect(visit.verdict).toEqual({ action: 'forward', ground: { code: 'own-site' } });
  expect(change(visit, office({ default: 'block', rules: [block('no', ['internal'])] }))).toBe('same');
});

describe('when', () => {
  const exempting = office({
    rules: [block('deepseek', ['deepseek.com'])],
    exceptions: [exception('research', ['deepseek.com'])],
  });
  const kim = logged(exempting, URL, { user: 'kim' });

  test('a request is decided at its own time, and so finds the exceptions of then', () => {
    expect(change(kim, renamed(exempting))).toBe('same');
  });

  test('with a time given, it finds the exceptions of that time', () => {
    expect(change(kim, exempting, Date.parse(LATER) - 1)).toBe('same');
    expect(change(kim, exempting, Date.parse(LATER))).toBe('now-blocked');
  });
});

describe('whose', () => {
  const two = (first: string, second: string): PolicySet =>
    departments({
      one: { members: { networks: [first] } },
      two: { members: { networks: [second] }, rules: [block('deepseek', ['deepseek.com'])] },
    });

  test('a network that moves takes its requests to the other department', () => {
    const entry = logged(two('10.1.0.0/16', '10.2.0.0/16'), URL);
    expect(compare(entry, two('10.2.0.0/16', '10.1.0.0/16'), undefined)).toMatchObject({
      change: 'now-blocked',
      department: 'two',
    });
  });

  test('a client that no department claims any more is blocked, even where its department is still there', () => {
    expect(
      compare(logged(OPEN, URL), office({ members: { networks: ['10.9.0.0/16'] } }), undefined),
    ).toMatchObject({
      change: 'now-blocked',
      department: undefined,
      after: { ground: { code: 'department-unknown' } },
    });
  });

  test('a department that takes members by listener keeps those who came: the log names no listener', () => {
    const byPort = departments({
      kiosk: { members: { ports: [3228] } },
      one: { members: { networks: ['10.1.0.0/16'] }, rules: [block('deepseek', ['deepseek.com'])] },
    });
    const entry = logged(byPort, URL, { listenerPort: 3228 });
    expect(entry.facts.department).toBe('kiosk');
    expect(compare(entry, renamed(byPort), undefined)).toMatchObject({ change: 'same', department: 'kiosk' });
  });

  test('a user whom a department claims by name is that department’s', () => {
    const byName = departments({
      one: { members: { networks: ['10.1.0.0/16'] } },
      two: { members: { users: ['hong'] }, rules: [block('deepseek', ['deepseek.com'])] },
    });
    expect(compare(logged(OPEN, URL, { user: 'hong' }), byName, undefined)).toMatchObject({
      change: 'now-blocked',
      department: 'two',
    });
  });
});

describe('what the log does not hold', () => {
  const byAddress = office({
    rules: [{ id: 'network', block: { addresses: ['203.0.113.0/24'] } }],
  });
  const resolved = { addresses: ['203.0.113.7'] };

  test('a block by the addresses of a name cannot be told, while its rule stands', () => {
    const entry = logged(byAddress, URL, resolved);
    expect(entry.verdict.action).toBe('block');
    expect(change(entry, renamed(byAddress))).toBe('undecided');
    expect(change(entry, OPEN)).toBe('now-forwarded');
    expect(change(entry, byAddress)).toBe('same');
  });

  test('an address that was asked for itself is decided like any host', () => {
    const entry = logged(byAddress, 'https://203.0.113.7/');
    expect(change(entry, renamed(byAddress))).toBe('same');
    expect(change(entry, OPEN)).toBe('now-forwarded');
  });

  test('an exception for groups cannot be told, while it stands', () => {
    const forGroup = exception('research', ['deepseek.com'], { for: { groups: ['research'] } });
    const exempting = office({ rules: [block('deepseek', ['deepseek.com'])], exceptions: [forGroup] });
    const entry = logged(exempting, URL, { groups: ['research'] });
    expect(change(entry, renamed(exempting))).toBe('undecided');
    expect(change(entry, BLOCKING)).toBe('now-blocked');
  });
});

const DOMAINS = [
  'deepseek.com',
  '=chat.deepseek.com',
  '*.deepseek.com',
  'deepseek.*',
  'korea.kr',
  'a.example',
];
const domains = fc.subarray(DOMAINS, { minLength: 1 });
const rule = fc.oneof(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', 'c', 'd') }),
    block: fc.record({ domains }),
    ports: fc.constantFrom([], [443], [80]),
    locked: fc.boolean(),
    mode: fc.constantFrom('enforce', 'observe'),
    unless: fc.record({ users: fc.constantFrom([], ['kim']) }),
  }),
  fc
    .record({ id: fc.constantFrom('x', 'y', 'z'), domains })
    .map(({ id, domains: named }) => allow(id, named)),
);
const policies = fc
  .record({
    default: fc.constantFrom('allow', 'block'),
    mode: fc.constantFrom('enforce', 'observe'),
    rules: fc.uniqueArray(rule, { selector: ({ id }) => id, maxLength: 5 }),
    exceptions: fc.uniqueArray(
      fc
        .record({ id: fc.constantFrom('e', 'f'), domains, until: fc.constantFrom(NOW - 1, NOW + 1) })
        .map(({ id, domains: named, until }) =>
          exception(id, named, { until: new Date(until).toISOString() }),
        ),
      { selector: ({ id }) => id, maxLength: 2 },
    ),
  })
  .map((body) => withoutEmpty(office, body));

/** JSON of a policy whose empty lists are left out, as a person leaves them out. */
function withoutEmpty<T>(build: (body: Readonly<Record<string, unknown>>) => T, body: object): T {
  const text = JSON.stringify(body, (_key, value) =>
    Array.isArray(value) && value.length === 0 ? undefined : value,
  ).replaceAll(',"unless":{}', '');
  return build(JSON.parse(text) as Record<string, unknown>);
}

const request = fc.record({
  url: fc.constantFrom(
    'https://chat.deepseek.com/',
    'http://deepseek.co.kr/a',
    'https://www.korea.kr/',
    'wss://a.example/',
    'https://203.0.113.7/',
  ),
  client: fc.constantFrom('10.1.0.7', '10.2.0.7'),
  user: fc.constantFrom('kim', 'lee'),
  time: fc.constantFrom(NOW - 1, NOW, NOW + 1),
});

test('the same policies change nothing, whatever they say and whatever was asked', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(policies, fc.array(request, { minLength: 1, maxLength: 10 }), (set, asked) => {
      const comparing = comparingWith(renamed(set), undefined);
      for (const { url, ...who } of asked) {
        const entry = logged(set, url, who);
        seen.add(`${entry.verdict.action} by ${entry.verdict.ground.code}`);
        expect(comparing(entry).change).toBe('same');
      }
    }),
  );
  // Else the policies above have become too narrow to prove anything.
  expect([...seen].toSorted()).toEqual([
    'block by default',
    'block by department-unknown',
    'block by rule',
    'forward by default',
    'forward by exception',
    'forward by rule',
  ]);
});
