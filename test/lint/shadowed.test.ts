import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lint } from '../../src/lint/lint.ts';
import { type Decision, decide } from '../../src/policy/decide.ts';
import { type Files, factsOf, listsOf, NOW } from '../policy/support.ts';
import { folderOf, lintFiles, told, toldOfOffice } from './support.ts';

const shadowed = (rules: string): readonly string[] =>
  toldOfOffice(rules, 'shadowed-rule', 'shadowed-exception', 'needless-exception');

describe('an allow rule', () => {
  test('that lies under a block rule is reported: it opens nothing', () => {
    expect(
      shadowed(`rules:
  - { id: wide, block: { domains: [example.org] } }
  - { id: hole, allow: { domains: [www.example.org, =example.org, "*.a.example.org"] } }
`),
    ).toEqual([
      'office.yaml:7:5: the rule `hole` can never decide: what it names is blocked by `wide` (policies/office.yaml:6)',
    ]);
  });

  test('that lies under several block rules together is reported with all of them', () => {
    expect(
      shadowed(`rules:
  - { id: one, block: { domains: [one.example] } }
  - { id: two, block: { domains: [two.example] } }
  - { id: both, allow: { domains: [a.one.example, a.two.example] } }
`),
    ).toEqual([expect.stringContaining('`one` (policies/office.yaml:6), `two` (policies/office.yaml:7)')]);
  });

  test.each([
    [
      'reaches further',
      'block: { domains: [example.org] }',
      'allow: { domains: [example.org, example.net] }',
    ],
    ['is wider', 'block: { domains: ["*.example.org"] }', 'allow: { domains: [example.org] }'],
    ['is wider', 'block: { domains: [=example.org] }', 'allow: { domains: [example.org] }'],
    [
      'holds for more ports',
      'block: { domains: [example.org] }, ports: [443]',
      'allow: { domains: [example.org] }',
    ],
    [
      'holds at other times',
      'block: { domains: [example.org] }, when: { from: 2026-01-01, timezone: Asia/Seoul }',
      'allow: { domains: [example.org] }',
    ],
    [
      'serves those whom the block spares',
      'block: { domains: [example.org] }, unless: { networks: [10.7.0.0/16] }',
      'allow: { domains: [example.org] }',
    ],
    [
      'serves hosts that the block spares',
      'block: { domains: [example.org] }, unless: { domains: [www.example.org] }',
      'allow: { domains: [www.example.org] }',
    ],
    [
      'meets a block that only observes',
      'block: { domains: [example.org] }, mode: observe',
      'allow: { domains: [example.org] }',
    ],
    [
      'meets a pattern, of which nothing is sure',
      "block: { patterns: ['example'] }",
      'allow: { domains: [example.org] }',
    ],
    [
      'lies below a name under any suffix, of which nothing is sure',
      'block: { domains: [telemark.*] }',
      'allow: { domains: [telemark.no] }',
    ],
  ])('that %s is not', (_why, block, allow) => {
    expect(shadowed(`rules:\n  - { id: b, ${block} }\n  - { id: a, ${allow} }\n`)).toEqual([]);
  });

  test('under a block with the same conditions is reported', () => {
    const conditions = 'ports: [443, 80], unless: { networks: [10.7.0.0/16], domains: [a.example.org] }';
    expect(
      shadowed(`rules:
  - { id: b, block: { domains: [example.org] }, ${conditions} }
  - { id: a, allow: { domains: [www.example.org] }, ports: [443], unless: { networks: [10.0.0.0/8], domains: [example.org] } }
`),
    ).toHaveLength(1);
  });
});

describe('a block rule', () => {
  test('with the hosts of one that goes before it by its id is reported; the other is not', () => {
    expect(
      shadowed(`rules:
  - { id: beta, block: { domains: [example.org] }, ports: [443] }
  - { id: alpha, block: { domains: [example.org] } }
`),
    ).toEqual([expect.stringMatching(/^office.yaml:6:5: the rule `beta` can never decide/)]);
  });

  test('below a wider one is not: it is narrower, so it is the one that decides', () => {
    expect(
      shadowed(`rules:
  - { id: alpha, block: { domains: [example.org] } }
  - { id: beta, block: { domains: [www.example.org] } }
`),
    ).toEqual([]);
  });

  test('below a wider one that is locked is reported', () => {
    expect(
      shadowed(`rules:
  - { id: wide, block: { domains: [example.org] }, locked: true }
  - { id: beta, block: { domains: [www.example.org] } }
`),
    ).toHaveLength(1);
  });

  test.each([
    ['locked, and the other not', '', 'locked: true'],
    ['enforced, and the other observed', 'mode: observe', ''],
    ['locked and observed, and the other not locked', '', 'locked: true, mode: observe'],
  ])('that is %s, is not', (_why, first, second) => {
    const found = shadowed(`rules:
  - { id: alpha, block: { domains: [example.org] }, ${first} }
  - { id: beta, block: { domains: [example.org] }, ${second} }
`);
    expect(found).not.toContainEqual(expect.stringContaining('`beta` can never decide'));
  });

  test('that observes what another enforces is reported', () => {
    expect(
      shadowed(`rules:
  - { id: z, block: { domains: [example.org] } }
  - { id: a, block: { domains: [www.example.org] }, mode: observe }
`),
    ).toHaveLength(1);
  });

  test('by services, lists, addresses or patterns is reported when another names the same', () => {
    const files: Files = {
      'office.yaml': JSON.stringify({
        department: 'office',
        title: 'Office',
        rules: ['alpha', 'beta'].map((id) => ({
          id,
          block: { services: ['chat'], categories: ['games'], addresses: ['192.0.2.0/24'], patterns: ['^a'] },
        })),
      }),
      'catalog/ai.yaml': JSON.stringify({
        services: [
          {
            id: 'chat',
            title: 'Chat',
            operator: 'X',
            jurisdiction: 'KR',
            category: ['ai'],
            domains: ['chat.example'],
          },
        ],
      }),
    };
    expect(told(lintFiles(files, listsOf({ games: ['game.example'] })), 'shadowed-rule')).toEqual([
      expect.stringContaining('`beta` can never decide'),
    ]);
  });

  test('under a list and a service is seen through both', () => {
    const files: Files = {
      'office.yaml': `department: office
title: Office
rules:
  - { id: locks, locked: true, block: { categories: [games], services: [chat] } }
  - { id: beta, block: { domains: [www.game.example, chat.example] } }
`,
      'catalog/ai.yaml': `services:
  - { id: chat, title: Chat, operator: X, jurisdiction: KR, category: [ai], domains: [chat.example] }
`,
    };
    const lists = (entry: string) => listsOf({ games: [entry] });
    expect(told(lintFiles(files, lists('game.example')), 'shadowed-rule')).toHaveLength(1);
    expect(told(lintFiles(files, lists('=www.game.example')), 'shadowed-rule')).toEqual([]);
  });
});

describe('a rule that departments inherit', () => {
  const BASE = 'base: shared\nrules:\n  - { id: hole, allow: { domains: [www.example.org] } }\n';
  const department = (id: string, rules: string) =>
    `department: ${id}\ntitle: X\nextends: [shared]\n${rules}tests:\n  - { request: "https://www.example.org/", expect: ${rules === '' ? 'forward' : 'block'} }\n`;
  const BLOCK = 'rules:\n  - { id: wide, block: { domains: [example.org] } }\n';

  test('is reported once when none of them needs it', () => {
    const files = { 'shared.yaml': BASE, 'a.yaml': department('a', BLOCK), 'b.yaml': department('b', BLOCK) };
    expect(told(lintFiles(files), 'shadowed-rule')).toEqual([
      'shared.yaml:3:5: the rule `hole` can never decide: what it names is blocked by `wide` (policies/a.yaml:5), `wide` (policies/b.yaml:5)',
    ]);
  });

  test('is not when one of them needs it', () => {
    const files = { 'shared.yaml': BASE, 'a.yaml': department('a', BLOCK), 'b.yaml': department('b', '') };
    expect(told(lintFiles(files), 'shadowed-rule')).toEqual([]);
  });
});

describe('an exception', () => {
  const exception = (domain: string) =>
    `exceptions:\n  - { id: lab, allow: { domains: [${domain}] }, for: { networks: [10.7.0.0/16] }, until: 2030-01-01T00:00:00Z, approvedBy: cio }\n`;
  const rule = (more: string) => `rules:\n  - { id: r, block: { domains: [example.org] }, ${more} }\n`;

  test('under a locked rule is reported', () => {
    expect(shadowed(rule('locked: true') + exception('www.example.org'))).toEqual([
      'office.yaml:8:5: the exception `lab` lets nothing through: what it names is locked by `r` (policies/office.yaml:6)',
    ]);
  });

  test.each(['locked: true, ports: [443]', 'locked: true, mode: observe', 'locked: false'])(
    'under a rule with %s is not',
    (more) => {
      expect(shadowed(rule(more) + exception('www.example.org'))).toEqual([]);
    },
  );

  test('that lifts nothing is reported', () => {
    expect(shadowed(rule('') + exception('example.net'))).toEqual([
      'office.yaml:8:5: the exception `lab` lifts nothing: no rule blocks what it names, and the default is to allow',
    ]);
  });

  test('that lifts a part of a block, or a default, is not', () => {
    expect(shadowed(rule('') + exception('org.example, example.org'))).toEqual([]);
    expect(shadowed(rule('mode: observe') + exception('"*.example.org"'))).toEqual([]);
    const closed = 'department: a\ntitle: A\ndefault: block\n';
    expect(told(lintFiles({ 'a.yaml': closed + exception('example.net') }), 'needless-exception')).toEqual(
      [],
    );
  });
});

describe('whatever the policies', () => {
  const HOSTS = ['a.kr', 'b.a.kr', 'c.b.a.kr', 'x.kr', 'b.x.kr', 'a.com', '192.0.2.1', '198.51.100.1'];
  const domain = fc.constantFrom(
    'a.kr',
    '=a.kr',
    '*.a.kr',
    'b.a.kr',
    '=b.a.kr',
    '*.b.a.kr',
    'x.kr',
    'a.*',
    '192.0.2.1',
  );
  const sometimes = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
  const target = fc
    .record({
      domains: sometimes(fc.uniqueArray(domain, { minLength: 1, maxLength: 3 })),
      categories: sometimes(fc.constantFrom(['games'], ['games', 'more'])),
      addresses: sometimes(fc.constantFrom(['192.0.2.0/24'], ['192.0.2.0/28', '198.51.100.0/24'])),
      patterns: sometimes(fc.constant(['^b'])),
    })
    .filter((parts) => Object.values(parts).some((part) => part !== undefined));
  const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
  const conditions = {
    ports: seldom(fc.constantFrom([443], [443, 80])),
    unless: seldom(
      fc.constantFrom<object>({ networks: ['10.7.0.0/16'] }, { users: ['kim'] }, { domains: ['b.a.kr'] }),
    ),
    when: seldom(fc.constant({ from: '2026-12-01T00:00:00Z' })),
  };
  const rule = fc.oneof(
    fc.record({ allow: target, ...conditions }),
    fc.record({
      block: target,
      ...conditions,
      locked: fc.boolean(),
      mode: fc.constantFrom('enforce', 'observe'),
    }),
  );
  const exception = fc.record({
    allow: target,
    for: fc.constantFrom({ users: ['kim'] }, { networks: ['10.0.0.0/8'] }),
    until: fc.constant('2030-01-01T00:00:00Z'),
    approvedBy: fc.constant('cio'),
  });
  const department = fc.record({
    department: fc.constant('office'),
    title: fc.constant('Office'),
    default: fc.constantFrom('allow', 'block'),
    mode: fc.constantFrom('enforce', 'observe'),
    rules: fc.array(rule, { minLength: 2, maxLength: 6 }),
    exceptions: fc.array(exception, { maxLength: 2 }),
  });
  const LISTS = listsOf({ games: ['b.a.kr', '=x.kr', '192.0.2.1'], more: ['x.kr', '198.51.100.0/24'] });
  const requests = HOSTS.flatMap((host) =>
    [80, 443, 8080].flatMap((port) =>
      ['10.7.0.1', '10.8.0.1'].flatMap((client) =>
        [undefined, 'kim'].flatMap((user) =>
          [NOW, Date.parse('2026-12-24T00:00:00Z')].flatMap((time) =>
            [undefined, ['192.0.2.1'], ['192.0.2.1', '203.0.113.9']].map((addresses) => ({
              ...factsOf(`http://${host}:${port}/`, {
                client,
                time,
                ...(user === undefined ? {} : { user }),
              }),
              ...(addresses === undefined ? {} : { addresses }),
            })),
          ),
        ),
      ),
    ),
  );

  test('what is reported never decides, and without it every action is the same', () => {
    let reported = 0;
    const numbered = <T extends object>(entries: readonly T[], start: string) =>
      entries.map((entry, index) => ({ id: `${start}${index}`, ...entry }));
    const officeOf = (written: object) =>
      folderOf({ 'office.yaml': JSON.stringify(written, undefined, 1) }, LISTS);
    fc.assert(
      fc.property(department, (model) => {
        const rules = numbered(model.rules, 'r');
        const exceptions = numbered(model.exceptions, 'e');
        const folder = officeOf({ ...model, rules, exceptions });
        const idle = new Set(
          lint(folder, NOW)
            .filter(({ code }) => /^shadowed|^needless/.test(code))
            .map(({ problem }) => /`(.\d)`/.exec(problem)?.[1] ?? ''),
        );
        reported += idle.size;
        if (idle.size === 0) return;
        const without = officeOf({
          ...model,
          rules: rules.filter(({ id }) => !idle.has(id)),
          exceptions: exceptions.filter(({ id }) => !idle.has(id)),
        });
        for (const facts of requests) {
          const decision = decide(facts, folder.policies);
          const other = decide(facts, without.policies);
          for (const reason of reasonsOf(decision))
            if (reason?.code === 'rule') expect(idle).not.toContain(reason.rule.id);
          expect([other.action, 'wouldBlock' in other]).toEqual([decision.action, 'wouldBlock' in decision]);
        }
      }),
      { numRuns: 120 },
    );
    expect(reported).toBeGreaterThan(5);
  });
});

const reasonsOf = (decision: Decision) => [
  decision.reason,
  decision.action === 'forward' ? decision.wouldBlock : undefined,
];
