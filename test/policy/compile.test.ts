import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { block, exception, type Files, load, office, policiesOf, problemsOf } from './support.ts';

const department = (id: string, rest: object = {}): string =>
  JSON.stringify({ department: id, title: id, ...rest });

describe('what nobody stated is the safe choice', () => {
  test('a department blocks by default, enforces, and has nothing else', () => {
    expect(office({ default: undefined }).departments.get('office')).toMatchObject({
      default: 'block',
      mode: 'enforce',
      contact: {},
      members: { networks: [], ports: new Set(), users: new Set(), groups: new Set() },
      rules: [],
      exceptions: [],
      tests: [],
    });
  });

  test('a rule enforces, on every port, with 403, and is not locked', () => {
    const [rule] = office({ rules: [block('a', ['a.com'])] }).departments.get('office')?.rules ?? [];
    expect(rule).toMatchObject({
      mode: 'enforce',
      ports: new Set(),
      status: 403,
      locked: false,
      alternatives: [],
    });
  });

  test('a rule takes its department’s mode, unless it states its own', () => {
    const rules = [block('a', ['a.com']), block('b', ['b.com'], { mode: 'enforce' })];
    const compiled = office({ mode: 'observe', rules }).departments.get('office')?.rules;
    expect(compiled?.map(({ mode }) => mode)).toEqual(['observe', 'enforce']);
  });

  // Covers: EV-13
  test('no department at all is a problem, not an open door', () => {
    const none = 'policies: there is no department (add a file with `department:`)';
    expect(problemsOf({})).toBe(none);
    expect(problemsOf({ 'base.yaml': 'base: base\n', 'catalog/ai.yaml': 'services: []\n' })).toBe(none);
  });
});

describe('what stands twice is a problem', () => {
  test('a department', () => {
    expect(problemsOf({ 'a.yaml': 'department: x\ntitle: X\n', 'b.yaml': 'department: x\ntitle: X\n' })).toBe(
      'policies/b.yaml:1:13: the department `x` stands twice, also at policies/a.yaml:1:13 (rename one)',
    );
  });

  test('a base', () => {
    const files = { 'a.yaml': 'base: x\n', 'b.yaml': 'base: x\n', 'c.yaml': department('c') };
    expect(problemsOf(files)).toBe('policies/b.yaml:1:7: the base `x` stands twice (rename one)');
  });

  test('a rule, and an exception', () => {
    const text = `department: a
title: A
rules:
  - { id: x, block: { domains: [a.com] } }
  - { id: y, block: { domains: [a.com] } }
  - { id: x, allow: { domains: [b.com] } }
exceptions:
  - { id: x, allow: { domains: [a.com] }, for: { users: [kim] }, until: 2026-12-31T18:00:00Z, approvedBy: cio }
  - { id: x, allow: { domains: [b.com] }, for: { users: [kim] }, until: 2026-12-31T18:00:00Z, approvedBy: cio }
`;
    expect(problemsOf({ 'a.yaml': text })).toBe(
      [
        'policies/a.yaml:6:5: the rule `x` stands twice in `a`, also at policies/a.yaml:4:5 (rename one: the log names a rule by its id)',
        'policies/a.yaml:9:5: the exception `x` stands twice in `a`, also at policies/a.yaml:8:5 (rename one: the log names an exception by its id)',
      ].join('\n'),
    );
  });

  test('a rule and an exception may share an id, and so may two departments', () => {
    const both = { rules: [block('x', ['a.com'])], exceptions: [exception('x', ['a.com'])] };
    expect(load({ 'a.yaml': department('a', both), 'b.yaml': department('b', both) }).ok).toBe(true);
  });

  test('a network in one department', () => {
    const text =
      'department: a\ntitle: A\nmembers: { networks: [10.0.0.0/8, "2001:db8::/32", 10.0.0.0/8] }\n';
    expect(problemsOf({ 'a.yaml': text })).toBe(
      'policies/a.yaml:3:52: the network 10.0.0.0/8 stands twice (remove one)',
    );
  });

  test('a network in two departments, in whatever spelling', () => {
    const files = {
      'a.yaml': 'department: a\ntitle: A\nmembers: { networks: ["2001:db8::/32", 10.0.0.7] }\n',
      'b.yaml': 'department: b\ntitle: B\nmembers: { networks: ["2001:DB8:0::/32", 10.0.0.7/32] }\n',
    };
    const hint = '(a network belongs to one department; a narrower one may lie inside it)';
    expect(problemsOf(files)).toBe(
      [
        `policies/b.yaml:3:23: the network 2001:db8::/32 already belongs to \`a\`, at policies/a.yaml:3:23 ${hint}`,
        `policies/b.yaml:3:42: the network 10.0.0.7/32 already belongs to \`a\`, at policies/a.yaml:3:40 ${hint}`,
      ].join('\n'),
    );
  });
});

test('a network inside another department’s belongs to the narrower', () => {
  const policies = policiesOf({
    'ministry.yaml': department('ministry', { members: { networks: ['10.20.0.0/16'] } }),
    'lab.yaml': department('lab', { members: { networks: ['10.20.40.0/24', '2001:db8::/32'] } }),
  });
  const find = (client: string) => policies.membership.find({ client });
  expect([
    find('10.20.1.1'),
    find('10.20.40.1'),
    find('::ffff:10.20.40.1'),
    find('2001:db8::1'),
    find('10.21.0.1'),
  ]).toEqual(['ministry', 'lab', 'lab', 'lab', undefined]);
});

test('problems of every kind, in all files, come in one go and in file order', () => {
  expect(
    problemsOf({
      'b.yaml':
        'department: b\ntitle: B\nextends: [bse]\nrules:\n  - { id: x, block: { services: [depseek] } }\n',
      'base.yaml':
        'base: base\nextends: [nothing-like-it]\nrules:\n  - { id: r, block: { services: [grok] } }\n',
      'a.yaml': 'department: a\ntitle: A\nextends: [base]\nmembers: { networks: [10.0.0.1, 10.0.0.1] }\n',
      'catalog/ai.yaml':
        'services:\n  - { id: deepseek, title: D, operator: D, jurisdiction: CN, category: [c], domains: [deepseek.com] }\n  - { id: deepseek, title: D, operator: D, jurisdiction: CN, category: [c], domains: [deepseek.com] }\n',
    }).split('\n'),
  ).toEqual([
    'policies/a.yaml:4:33: the network 10.0.0.1/32 stands twice (remove one)',
    'policies/b.yaml:3:11: unknown base `bse` (did you mean `base`?)',
    'policies/base.yaml:2:11: unknown base `nothing-like-it` (add a file with `base:`)',
    'policies/catalog/ai.yaml:3:11: the service `deepseek` stands twice in the catalog, first at policies/catalog/ai.yaml:2:11 (merge the two entries)',
  ]);
});

describe('the version', () => {
  const FILES = {
    'a.yaml': department('a'),
    'b.yaml': department('b'),
    'base.yaml': 'base: base\n',
    'catalog/ai.yaml': 'services: []\n',
  };
  const version = (files: Files) => policiesOf(files).version;
  const original = version(FILES);

  test('is a SHA-256', () => {
    expect(original).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('is the same whatever order the files are read in', () => {
    const shuffled = fc.shuffledSubarray(Object.entries(FILES), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(shuffled, (entries) => {
        expect(version(Object.fromEntries(entries))).toBe(original);
      }),
    );
  });

  test('changes with any byte of any file, be it a comment or a space', () => {
    const names = fc.constantFrom(...(Object.keys(FILES) as (keyof typeof FILES)[]));
    const added = fc.constantFrom(' ', '\n', '\n# a comment', '\n# 한');
    fc.assert(
      fc.property(names, added, (name, text) => {
        expect(version({ ...FILES, [name]: FILES[name] + text })).not.toBe(original);
      }),
    );
  });

  test('changes with a file’s name, and with a file more or less', () => {
    const { 'a.yaml': a, ...rest } = FILES;
    for (const name of ['aa.yaml', 'z.yaml']) expect(version({ ...rest, [name]: a })).not.toBe(original);
    expect(version(rest)).not.toBe(original);
    expect(version({ ...FILES, 'other.yaml': 'base: other\n' })).not.toBe(original);
  });

  test('changes when two files exchange their texts, or a line moves from the end of one to the start of the next', () => {
    const swapped = { ...FILES, 'a.yaml': FILES['b.yaml'], 'b.yaml': FILES['a.yaml'] };
    expect(version(swapped)).not.toBe(original);
    const before = { ...FILES, 'a.yaml': `${FILES['a.yaml']}\n# x\n` };
    const after = { ...FILES, 'a.yaml': `${FILES['a.yaml']}\n`, 'b.yaml': `# x\n${FILES['b.yaml']}` };
    expect(version(before)).not.toBe(version(after));
  });
});

test('what is left out of a text, a contact or a rule is absent, not undefined', () => {
  const policies = office({
    title: { ko: '사무실' },
    contact: { email: 'a@b.example' },
    rules: [
      block('a', ['a.com'], {
        reason: { en: 'x' },
        alternatives: [{ title: { ko: '가' }, url: 'https://a.example' }],
      }),
    ],
  });
  const compiled = policies.departments.get('office');
  expect(Object.keys(compiled?.title ?? {})).toEqual(['ko']);
  expect(Object.keys(compiled?.contact ?? {})).toEqual(['email']);
  expect(Object.keys(compiled?.rules[0]?.reason ?? {})).toEqual(['en']);
  expect(Object.keys(compiled?.rules[0]?.alternatives[0]?.title ?? {})).toEqual(['ko']);
});
