import { describe, expect, test } from 'vitest';
import { ask, block, exception, type Files, policiesOf, problemsOf } from '../support.ts';

const base = (id: string, rest: object = {}): Files => ({
  [`${id}.yaml`]: JSON.stringify({ base: id, ...rest }),
});

const office = (rest: object): Files => ({
  'office.yaml': JSON.stringify({ department: 'office', title: 'Office', ...rest }),
});

const officeOf = (...files: readonly Files[]) => {
  const department = policiesOf(Object.assign({}, ...files)).departments.get('office');
  if (department === undefined) throw new Error('there is no office');
  return department;
};

const problemsOfAll = (...files: readonly Files[]): string => problemsOf(Object.assign({}, ...files));

describe('rules and exceptions add up', () => {
  const layers = [
    base('state', { rules: [block('state', ['a.com'])], exceptions: [exception('state', ['a.com'])] }),
    base('ministry', { extends: ['state'], rules: [block('ministry', ['b.com'])] }),
    base('agency', { extends: ['ministry'], rules: [block('agency', ['c.com'])] }),
    office({ extends: ['agency'], rules: [block('office', ['d.com'])] }),
  ];

  test('through any depth', () => {
    const department = officeOf(...layers);
    expect(department.rules.map(({ id }) => id)).toEqual(['office', 'agency', 'ministry', 'state']);
    expect(department.exceptions.map(({ id }) => id)).toEqual(['state']);
  });

  test('each from its own file', () => {
    expect(officeOf(...layers).rules.map(({ at }) => at)).toEqual([
      expect.stringMatching(/^policies\/office\.yaml:1:/),
      expect.stringMatching(/^policies\/agency\.yaml:1:/),
      expect.stringMatching(/^policies\/ministry\.yaml:1:/),
      expect.stringMatching(/^policies\/state\.yaml:1:/),
    ]);
  });

  test('and decide together', () => {
    const policies = policiesOf(Object.assign({}, ...layers));
    expect(ask(policies, 'https://a.com/')).toBe('block by rule state');
    expect(ask(policies, 'https://a.com/', { user: 'kim' })).toBe('forward by exception state');
    expect(ask(policies, 'https://d.com/')).toBe('block by rule office');
  });

  test('of a diamond each base once', () => {
    const department = officeOf(
      base('top', { rules: [block('top', ['a.com'])] }),
      base('left', { extends: ['top'] }),
      base('right', { extends: ['top'] }),
      office({ extends: ['left', 'right', 'top', 'left'] }),
    );
    expect(department.rules.map(({ id }) => id)).toEqual(['top']);
  });

  test('sixty diamonds on top of each other are followed once each, not two to the sixtieth times', () => {
    const layer = (depth: number): readonly Files[] => {
      const above = depth === 60 ? {} : { extends: [`left${depth + 1}`, `right${depth + 1}`] };
      return [base(`left${depth}`, above), base(`right${depth}`, above)];
    };
    const department = officeOf(
      ...Array.from({ length: 61 }, (_, depth) => layer(depth)).flat(),
      office({ extends: ['left0', 'right0'], rules: [block('office', ['a.com'])] }),
    );
    expect(department.rules).toHaveLength(1);
  });

  test('an inherited rule takes the mode of the department that inherits it', () => {
    const shared = base('shared', {
      mode: 'enforce',
      rules: [block('r', ['a.com']), block('own', ['b.com'], { mode: 'enforce' })],
    });
    const department = officeOf(shared, office({ extends: ['shared'], mode: 'observe' }));
    expect(department.rules.map(({ mode }) => mode)).toEqual(['observe', 'enforce']);
  });
});

describe('of `default`, `mode`, `contact` and `page` the nearest file’s holds', () => {
  const FAR = {
    default: 'allow',
    mode: 'observe',
    contact: { email: 'far@a.example', phone: '1' },
    page: 'far',
  };

  test('the department’s own before a base’s', () => {
    const own = { default: 'block', mode: 'enforce', contact: { email: 'own@a.example' }, page: 'own' };
    expect(officeOf(base('far', FAR), office({ extends: ['far'], ...own }))).toMatchObject(own);
  });

  test('the contact as a whole: no phone of the one beside the e-mail of the other', () => {
    const department = officeOf(
      base('far', FAR),
      office({ extends: ['far'], contact: { email: 'own@a.example' } }),
    );
    expect(department.contact).toEqual({ email: 'own@a.example' });
  });

  test('a near base’s before a far one’s, whichever way is listed first', () => {
    for (const extended of [
      ['near', 'far'],
      ['far', 'near'],
    ]) {
      const department = officeOf(
        base('top', { default: 'allow' }),
        base('far', { extends: ['top'] }),
        base('near', { default: 'block' }),
        office({ extends: extended }),
      );
      expect(department.default).toBe('block');
    }
  });

  test('by the shortest way to it, even when a longer one is found first', () => {
    const department = officeOf(
      base('top', { default: 'block' }),
      base('detour', { extends: ['rival'] }),
      base('rival', { extends: ['top'], default: 'allow' }),
      office({ extends: ['detour', 'top'] }),
    );
    expect(department.default).toBe('block');
  });

  test('the one base that states it, however far', () => {
    expect(
      officeOf(base('top', FAR), base('middle', { extends: ['top'] }), office({ extends: ['middle'] })),
    ).toMatchObject(FAR);
  });

  test('two bases as near as each other may agree', () => {
    const department = officeOf(
      base('left', { default: 'allow', contact: { email: 'a@a.example' } }),
      base('right', { default: 'allow', contact: { email: 'a@a.example' } }),
      office({ extends: ['left', 'right'] }),
    );
    expect(department).toMatchObject({ default: 'allow', contact: { email: 'a@a.example' } });
  });

  test.each([
    ['default', { default: 'allow' }, { default: 'block' }],
    ['mode', { mode: 'observe' }, { mode: 'enforce' }],
    ['contact', { contact: { phone: '1' } }, { contact: { phone: '2' } }],
    ['page', { page: 'a' }, { page: 'b' }],
  ])(
    'two bases as near as each other that disagree on `%s` are a problem, so that order never decides',
    (key, one, other) => {
      const files = [base('left', one), base('right', other)];
      const text = `department: office\ntitle: Office\nextends: [left, right]\n`;
      expect(problemsOfAll(...files, { 'office.yaml': text })).toBe(
        `policies/office.yaml:3:10: the bases disagree on \`${key}\`: policies/left.yaml, policies/right.yaml (state \`${key}\` here)`,
      );
      expect(officeOf(...files, office({ extends: ['left', 'right'], ...one }))).toMatchObject(one);
    },
  );
});

describe('what cannot be extended is a problem', () => {
  test('an unknown base, with the nearest name', () => {
    const text = 'department: office\ntitle: Office\nextends: [baselin, nothing-like-it]\n';
    expect(problemsOfAll(base('baseline'), { 'office.yaml': text })).toBe(
      [
        'policies/office.yaml:3:11: unknown base `baselin` (did you mean `baseline`?)',
        'policies/office.yaml:3:20: unknown base `nothing-like-it` (add a file with `base:`)',
      ].join('\n'),
    );
  });

  test('a department, which is no base', () => {
    const other = { 'other.yaml': 'department: other\ntitle: Other\n' };
    const text = 'department: office\ntitle: Office\nextends: [other]\n';
    expect(problemsOfAll(other, { 'office.yaml': text })).toContain('unknown base `other`');
  });

  test('itself', () => {
    const text = 'base: self\nextends: [self]\n';
    expect(problemsOfAll({ 'self.yaml': text }, office({}))).toBe(
      'policies/self.yaml:2:11: `self` extends itself by way of policies/self.yaml (break the cycle)',
    );
  });

  test('a cycle, told at each of its files, whether anybody extends it or not', () => {
    const cycle = {
      'a.yaml': 'base: a\nextends: [b]\n',
      'b.yaml': 'base: b\nextends: [c]\n',
      'c.yaml': 'base: c\nextends: [a]\n',
    };
    const expected = [
      'policies/a.yaml:2:11: `b` extends itself by way of policies/a.yaml (break the cycle)',
      'policies/b.yaml:2:11: `c` extends itself by way of policies/b.yaml (break the cycle)',
      'policies/c.yaml:2:11: `a` extends itself by way of policies/c.yaml (break the cycle)',
    ].join('\n');
    expect(problemsOfAll(cycle, office({}))).toBe(expected);
    expect(problemsOfAll(cycle, office({ extends: ['a', 'b', 'c'] }))).toBe(expected);
  });

  test('a rule that the department has too, told where the department has it', () => {
    const text =
      'department: office\ntitle: Office\nextends: [shared]\nrules:\n  - { id: r, block: { domains: [b.com] } }\n';
    const shared = { 'shared.yaml': 'base: shared\nrules:\n  - { id: r, block: { domains: [a.com] } }\n' };
    expect(problemsOfAll(shared, { 'office.yaml': text })).toBe(
      'policies/office.yaml:5:5: the rule `r` stands twice in `office`, also at policies/shared.yaml:3:5 (rename one: the log names a rule by its id)',
    );
  });
});

test('a base that nobody extends is held to the same rules', () => {
  const text = 'base: unused\nrules:\n  - { id: r, block: { services: [nothing] } }\n';
  expect(problemsOfAll({ 'unused.yaml': text }, office({}))).toBe(
    'policies/unused.yaml:3:34: no service of the catalog has the id `nothing` (check its spelling, or add it to the catalog)',
  );
});

test('a mistake in a base is told once, however many departments extend it', () => {
  const files = Object.fromEntries(
    ['a', 'b', 'c'].map((id) => [`${id}.yaml`, `department: ${id}\ntitle: ${id}\nextends: [shared]\n`]),
  );
  const shared = { 'shared.yaml': 'base: shared\nrules:\n  - { id: r, block: { services: [nothing] } }\n' };
  expect(problemsOfAll(files, shared).split('\n')).toHaveLength(1);
});
