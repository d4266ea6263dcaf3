import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyFixes, fixFindings } from '../../src/lint/fix.ts';
import { lint } from '../../src/lint/lint.ts';
import { decide } from '../../src/policy/decide.ts';
import { parsePolicies } from '../../src/policy/parse.ts';
import { errorOf, factsOf, NOW, unwrap } from '../policy/support.ts';
import { folderOf, lintFiles, OFFICE, told, toldOfOffice } from './support.ts';

const rule = (domains: string): string => `rules:\n  - id: r\n    block:\n      domains: ${domains}\n`;
const CODES = ['listed-below-parent', 'duplicate-entry'];

describe('a domain', () => {
  test('below another of the same list is reported, at its own place', () => {
    expect(toldOfOffice(rule('[deepseek.com, api.deepseek.com]'), ...CODES)).toEqual([
      'office.yaml:8:31: `api.deepseek.com` changes nothing: `deepseek.com` in the same list covers it',
    ]);
  });

  test.each([
    ['a.b.kr', 'b.kr', true],
    ['=b.kr', 'b.kr', true],
    ['"*.b.kr"', 'b.kr', true],
    ['a.b.kr', '"*.b.kr"', true],
    ['=a.b.kr', '"*.b.kr"', true],
    ['"*.a.b.kr"', '"*.b.kr"', true],
    ['=ngrok.com', 'ngrok.*', true],
    ['b.kr', '"*.b.kr"', false],
    ['=b.kr', '"*.b.kr"', false],
    ['b.kr', '=b.kr', false],
    ['b.kr', 'a.b.kr', false],
    ['b.kr', 'xb.kr', false],
    ['ngrok.com', 'ngrok.*', false], // there may be a public suffix below it
    ['ngrok.*', 'ngrok.com', false],
  ])('%s beside %s: reported %s', (narrow, wide, expected) => {
    const found = toldOfOffice(rule(`[${narrow}, ${wide}]`), 'listed-below-parent');
    expect(
      found.filter((text) => text.includes(`\`${narrow.replaceAll('"', '')}\` changes nothing`)),
    ).toHaveLength(expected ? 1 : 0);
  });

  test('that stands twice is reported where it stands again, however it is spelt', () => {
    expect(toldOfOffice(rule('[Example.org., example.org, example.net]'), ...CODES)).toEqual([
      'office.yaml:8:31: `example.org` stands in this list already',
    ]);
  });

  test('in another rule, or on the other side of `unless`, is another matter', () => {
    const rules = `rules:
  - { id: a, block: { domains: [example.org] }, unless: { domains: [www.example.org] } }
  - { id: b, block: { domains: [www.example.org] } }
`;
    expect(toldOfOffice(rules, ...CODES)).toEqual([]);
  });

  test('of a service of the catalog counts as well', () => {
    const catalog =
      'services:\n  - { id: s, title: S, operator: S, jurisdiction: KR, category: [a, a], domains: [s.kr, a.s.kr] }\n';
    expect(told(lintFiles({ 'office.yaml': OFFICE, 'catalog/c.yaml': catalog }), ...CODES)).toEqual([
      'catalog/c.yaml:2:69: `a` stands in this list already',
      'catalog/c.yaml:2:89: `a.s.kr` changes nothing: `s.kr` in the same list covers it',
    ]);
  });
});

describe('an entry of any list', () => {
  test('that stands twice, or lies in another network, is reported', () => {
    const rules = `rules:
  - id: r
    block: { domains: [a.kr], addresses: [192.0.2.0/24, 192.0.2.7] }
    ports: [443, 80, 443]
    unless: { users: [kim, kim], groups: [g, g], networks: [10.1.0.0/16, 10.1.2.0/24] }
`;
    expect(toldOfOffice(rules, 'duplicate-entry')).toEqual([
      'office.yaml:7:57: `192.0.2.7/32` changes nothing: `192.0.2.0/24` in the same list covers it',
      'office.yaml:8:22: `443` stands in this list already',
      'office.yaml:9:28: `kim` stands in this list already',
      'office.yaml:9:46: `g` stands in this list already',
      'office.yaml:9:74: `10.1.2.0/24` changes nothing: `10.1.0.0/16` in the same list covers it',
    ]);
  });

  const members = (id: string, networks: string) =>
    `department: ${id}\ntitle: X\nmembers: { networks: [${networks}] }\n`;

  test('of members is needed where another department lies between', () => {
    const files = {
      'a.yaml': members('a', '10.0.0.0/8, 10.1.2.0/24, 10.2.0.0/16'),
      'b.yaml': members('b', '10.1.0.0/16'),
    };
    expect(told(lintFiles(files), 'duplicate-entry')).toEqual([
      'a.yaml:3:48: `10.2.0.0/16` changes nothing: `10.0.0.0/8` in the same list covers it',
    ]);
  });
});

/** The text of a file after its fixes. */
function fixed(text: string): string {
  const findings = lint(folderOf({ 'office.yaml': text }), NOW);
  return applyFixes(
    text,
    findings.flatMap(({ fix }) => fix ?? []),
  );
}

describe('the fix', () => {
  test.each([
    ['the first', '[a.b.kr, b.kr, c.kr]', '[b.kr, c.kr]'],
    ['the middle one', '[b.kr, a.b.kr, c.kr]', '[b.kr, c.kr]'],
    ['the last', '[b.kr, a.b.kr]', '[b.kr]'],
    ['all of the end', '[b.kr, a.b.kr, c.b.kr, d.b.kr]', '[b.kr]'],
    ['all of the start', '[a.b.kr, c.b.kr, b.kr]', '[b.kr]'],
    ['some here and there', '[a.b.kr, x.kr, c.b.kr, b.kr, d.b.kr]', '[x.kr, b.kr]'],
    ['what is in quotes', '["b.kr", "*.b.kr"]', '["b.kr"]'],
    ['before a trailing comma', '[b.kr, a.b.kr,]', '[b.kr,]'],
    ['with no blanks', '[a.b.kr,b.kr,c.b.kr]', '[b.kr]'],
    ['the start of a line', '[c.kr,\n        a.b.kr, b.kr]', '[c.kr,\n        b.kr]'],
    ['the end of a line', '[c.kr, b.kr, a.b.kr,\n        d.kr]', '[c.kr, b.kr,\n        d.kr]'],
    ['neighbours at the end of a line', '[b.kr, a.b.kr, c.b.kr,\n        d.kr]', '[b.kr,\n        d.kr]'],
    [
      'a line of its own',
      '[\n        b.kr, # all\n        a.b.kr, # its comment\n        d.kr\n      ]',
      '[\n        b.kr, # all\n        d.kr\n      ]',
    ],
    [
      'the last line',
      '[\n        b.kr, # all\n        a.b.kr # its comment\n      ]',
      '[\n        b.kr, # all\n      ]',
    ],
    [
      'a line of a block',
      '\n        - b.kr # all\n        - a.b.kr   # its comment\n        # of d\n        - d.kr',
      '\n        - b.kr # all\n        # of d\n        - d.kr',
    ],
    ['the first line of a block', '\n        - a.b.kr\n        - "b.kr"', '\n        - "b.kr"'],
    [
      'the last lines of a block',
      '\n        - b.kr\n        - a.b.kr\n        - "*.b.kr"',
      '\n        - b.kr',
    ],
  ])('removes %s, and leaves the rest as it is', (_what, before, after) => {
    expect(fixed(OFFICE + rule(before))).toBe(OFFICE + rule(after));
    const crlf = (text: string) => text.replaceAll('\n', '\r\n');
    expect(fixed(crlf(OFFICE + rule(before)))).toBe(crlf(OFFICE + rule(after)));
  });

  test('at the end of a file without a line end removes the line', () => {
    const text = `${OFFICE}rules:\n  - id: r\n    block:\n      domains:\n        - b.kr\n        - a.b.kr`;
    expect(fixed(text)).toBe(text.replace('        - a.b.kr', ''));
  });

  test('never touches an only entry, an anchor, an alias, what an alias names, or one whose comma is elsewhere', () => {
    const text = `${OFFICE}rules:
  - { id: a, block: { domains: &list [b.kr, a.b.kr] } }
  - { id: b, allow: { domains: [&name a.c.kr, c.kr] } }
  - { id: c, allow: { domains: [c.kr, *name] } }
  - { id: d, allow: { domains: *list } }
  - { id: e, allow: { domains: [e.kr] }, ports: [443] }
  - id: f
    allow:
      domains: [
        a.f.kr
        , b.f.kr
        , f.kr
      ]
`;
    expect(fixed(text)).toBe(text);
    expect(told(lintFiles({ 'office.yaml': text }), 'listed-below-parent')).toHaveLength(5);
  });

  test('of one finding alone leaves a good file too', () => {
    for (const list of [
      '[b.kr, a.b.kr, c.b.kr]',
      '[b.kr,\n         a.b.kr, c.b.kr]',
      '[a.b.kr, c.b.kr, b.kr]',
      '[b.kr, a.b.kr, # c\n         c.b.kr,]',
    ]) {
      const text = OFFICE + rule(list);
      const fixes = lint(folderOf({ 'office.yaml': text }), NOW).flatMap(({ fix }) => fix ?? []);
      expect(fixes).toHaveLength(2);
      for (const fix of fixes) {
        const parsed = unwrap(parsePolicies([{ name: 'office.yaml', text: applyFixes(text, [fix]) }]));
        expect(parsed.departments[0]?.value.rules?.[0]?.block?.domains).toHaveLength(2);
      }
    }
  });

  test('is refused as a whole when a test would fail with it, and says which', () => {
    const text = `${OFFICE}rules:
  - { id: wide, block: { domains: [b.kr, =a.b.kr] } }
  - { id: narrow, block: { domains: ["*.b.kr"] } }
tests:
  - { request: "https://a.b.kr/", expect: block, rule: wide }
`;
    expect(errorOf(fixFindings(folderOf({ 'office.yaml': text }), NOW))).toEqual([
      {
        at: 'policies/office.yaml:9:5',
        problem: expect.stringMatching(/^with the entries removed .* expected block by the rule `wide`/),
        hint: expect.stringMatching(/^mend it by hand, nothing was written/),
      },
    ]);
  });

  const domain = fc.constantFrom(
    'a.kr',
    '=a.kr',
    '*.a.kr',
    'b.a.kr',
    '=b.a.kr',
    '*.b.a.kr',
    'c.b.a.kr',
    'x.kr',
    '=x.kr',
    'a.*',
    '192.0.2.1',
  );
  const LINES = ',\n        ';
  const listed = fc
    .record({
      entries: fc.array(domain, { minLength: 1, maxLength: 8 }),
      layout: fc.constantFrom('flow', 'block'),
      separators: fc.array(fc.constantFrom(', ', ',', LINES, ` ${LINES}`, `, # one${LINES.slice(1)}`), {
        minLength: 8,
        maxLength: 8,
      }),
    })
    .map(({ entries, layout, separators }) => {
      const texts = entries.map((entry) => JSON.stringify(entry));
      if (layout === 'block') return texts.map((text) => `\n        - ${text} # one`).join('');
      return `[${texts.map((text, at) => (at === 0 ? text : `${separators[at]}${text}`)).join('')}]`;
    });

  test('whatever the lists, leaves nothing to fix and every decision as it was', () => {
    const hosts = [
      'a.kr',
      'b.a.kr',
      'c.b.a.kr',
      'd.c.b.a.kr',
      'x.kr',
      'y.x.kr',
      'a.com',
      'b.a.com',
      '192.0.2.1',
      'kr',
    ];
    fc.assert(
      fc.property(listed, listed, listed, (blocked, spared, allowed) => {
        const text = `department: office
title: Office
members: { networks: [10.0.0.0/8] }
rules:
  - id: block
    block:
      domains: ${blocked}
    unless:
      domains: ${spared}
  - id: allow
    allow:
      domains: ${allowed}
`;
        const before = folderOf({ 'office.yaml': text });
        const { folder: after } = unwrap(fixFindings(before, NOW));
        for (const host of hosts) {
          const facts = factsOf(`http://${host}/`);
          expect(decide(facts, after.policies).action, host).toBe(decide(facts, before.policies).action);
        }
        expect(lint(after, NOW).filter(({ fix }) => fix !== undefined)).toEqual([]);
        const left = lint(after, NOW).filter(({ code }) => CODES.includes(code));
        expect(left).toEqual([]);
      }),
    );
  });
});
