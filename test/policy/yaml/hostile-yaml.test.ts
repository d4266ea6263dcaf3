import { describe, expect, test } from 'vitest';
import { MAX_YAML_CHARACTERS } from '../../../src/policy/yaml/yaml-source.ts';
import { type Files, load, problemsOf, problemsOfOffice } from '../support.ts';

/*
 * EV-38: a policy file must not be able to stall or crash the proxy that reloads it. The sizes below take a second or
 * so when the work is bounded, and minutes when it grows with the square: then the test's own bound ends it.
 */

// Covers: EV-38
describe('what would make the parser the victim is a problem with a place', () => {
  /** Nine times nine times nine …: a few hundred bytes that stand for gigabytes. */
  const ALIAS_BOMB = [
    'a: &a [x, x, x, x, x, x, x, x, x]',
    ...[...'bcdefghi'].map((name, index) => {
      const before = `*${'abcdefgh'[index]}`;
      return `${name}: &${name} [${Array(9).fill(before).join(', ')}]`;
    }),
  ].join('\n');

  test.each([
    [
      'an alias bomb',
      ALIAS_BOMB,
      'policies/a.yaml:1:1: the file holds more than 50000 values, its aliases written out (use fewer aliases)',
    ],
    [
      'a hundred aliases and one',
      `a: &a x\nb: [${Array(101).fill('*a').join(', ')}]`,
      'policies/a.yaml:1:1: the file has 101 aliases (use fewer aliases)',
    ],
    [
      'an alias inside what it names',
      'department: a\ntitle: A\nrules: &r [*r]',
      'policies/a.yaml:3:12: the alias `*r` stands inside what it names (write out what you mean)',
    ],
    [
      'an alias for the whole file',
      '&all\ndepartment: a\ntitle: *all',
      'policies/a.yaml:3:8: the alias `*all` stands inside what it names (write out what you mean)',
    ],
    [
      'an alias before its anchor',
      'title: *later\ndepartment: &later a',
      'policies/a.yaml:1:8: `*later` without quotes is a YAML alias, and nothing has that name (write "*later")',
    ],
    [
      'a NUL',
      'department: a\0\ntitle: A',
      'policies/a.yaml:1:1: the file holds a NUL byte (is it a text file?)',
    ],
    [
      'UTF-16',
      Buffer.from('department: a', 'utf16le').toString('latin1'),
      'policies/a.yaml:1:1: the file holds a NUL byte (is it a text file?)',
    ],
    [
      'more than a million characters',
      '#'.repeat(MAX_YAML_CHARACTERS + 1),
      'policies/a.yaml:1:1: the file is larger than 1 million characters (split it; long lists of domains belong into lists/*.txt)',
    ],
    [
      'a tag of its own',
      'department: !mine a\ntitle: A',
      'policies/a.yaml:1:13: Unresolved tag: !mine (write plain values, without `!tags`)',
    ],
    [
      'a tag that makes code of text elsewhere',
      'department: !!js/function "x"\ntitle: A',
      'policies/a.yaml:1:13: Unresolved tag: tag:yaml.org,2002:js/function (write plain values, without `!tags`)',
    ],
    [
      'a tag for bytes',
      'department: !!binary YQ==\ntitle: A',
      'policies/a.yaml:1:13: Unresolved tag: tag:yaml.org,2002:binary (write plain values, without `!tags`)',
    ],
    [
      'a tag for a set',
      'department: a\ntitle: A\nrules: !!set { a }',
      'policies/a.yaml:3:8: Unresolved tag: tag:yaml.org,2002:set (write plain values, without `!tags`)',
    ],
    [
      'a key that stands twice',
      'department: a\ntitle: A\ntitle: B',
      'policies/a.yaml:3:1: the key stands twice in this mapping (keep one of them)',
    ],
    [
      'a key that stands twice, once as an alias',
      '&k default: block\nmode: enforce\n? *k\n: allow\n',
      'policies/a.yaml:3:3: the alias `*k` stands as a key (write the key itself)',
    ],
    [
      'an alias as a key in braces',
      'department: &k title\nx: { *k : A }',
      'policies/a.yaml:2:6: the alias `*k` stands as a key (write the key itself)',
    ],
    [
      'a wildcard without quotes as a key',
      'department: a\n*.example.org : x',
      'policies/a.yaml:2:1: `*.example.org` without quotes is a YAML alias, and nothing has that name (write "*.example.org")',
    ],
    [
      'a key that stands twice, once as a number',
      'department: a\nx: { 1: a, "1": b }',
      'policies/a.yaml:2:12: the key stands twice in this mapping (keep one of them)',
    ],
    [
      'a key that stands twice in a rule',
      'department: a\ntitle: A\nrules: [{ id: a, id: b }]',
      'policies/a.yaml:3:18: the key stands twice in this mapping (keep one of them)',
    ],
    [
      'a key that stands twice, once in quotes',
      'department: a\ntitle: A\n"title": B',
      'policies/a.yaml:3:1: the key stands twice in this mapping (keep one of them)',
    ],
    [
      'two documents',
      'department: a\ntitle: A\n---\ndepartment: b\ntitle: B',
      'policies/a.yaml:3:1: the file holds several documents (one file, one document: remove the `---` between)',
    ],
  ])('%s', (_name, text, problem) => {
    expect(problemsOf({ 'a.yaml': text })).toBe(problem);
  });

  // Covers: EV-38
  test('in YAML 1.1, which a file may ask for, `no` is still a word and `0623` no octal 403', () => {
    expect(problemsOf({ 'a.yaml': '%YAML 1.1\n---\ndepartment: a\ntitle: A\ndefault: no\n' })).toBe(
      'policies/a.yaml:5:10: unknown default `no` (allow or block)',
    );
    const rule = 'rules: [{ id: a, block: { domains: [a.com] }, status: 0623 }]';
    expect(problemsOf({ 'a.yaml': `%YAML 1.1\n---\ndepartment: a\ntitle: A\n${rule}\n` })).toContain(
      'unknown status `623`',
    );
  });

  test('a merge key merges nothing', () => {
    const rules = 'rules:\n  - &a { id: a, block: { domains: [a.com] } }\n  - { <<: *a, id: b }\n';
    expect(problemsOfOffice(rules)).toContain('policies/office.yaml:5:7: unknown key `<<`');
  });

  test('`__proto__` is a key like any other, and an unknown one', () => {
    expect(problemsOf({ 'a.yaml': '__proto__: { department: a, title: A }' })).toContain(
      '`department` is missing',
    );
    expect(problemsOfOffice('members: { __proto__: { networks: [0.0.0.0/0] } }')).toBe(
      'policies/office.yaml:3:12: unknown key `__proto__` (known here: users, groups, networks, ports)',
    );
    expect({}).not.toHaveProperty('department');
  });

  test.each([
    ['a list', '? [a, b]\n: x\n'],
    ['a mapping', '? { a: b }\n: x\n'],
    ['nothing', '? \n: x\n'],
    ['a number', '1: x\n'],
  ])('%s for a key is an unknown key, and nothing is written to stderr about it', (_name, line) => {
    const warnings: Error[] = [];
    const listen = (warning: Error): number => warnings.push(warning);
    process.on('warning', listen);
    expect(problemsOfOffice(line)).toMatch(/^policies\/office\.yaml:\d:1: unknown key `.*` \(known here: /);
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      process.off('warning', listen);
      expect(warnings).toEqual([]);
    });
  });
});

// Covers: EV-38
describe('what is nested too deeply is told as that', () => {
  test.each([
    ['a hundred thousand lists', '['.repeat(100_000)],
    ['lists that close again', '['.repeat(50_000) + ']'.repeat(50_000)],
    ['fifty thousand mappings', '{a: '.repeat(50_000)],
    ['fifty thousand dashes', '- '.repeat(50_000)],
    ['fifty thousand questions', '? '.repeat(50_000)],
    ['indented lines', Array.from({ length: 1_200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('%s', (_name, text) => {
    expect(problemsOf({ 'a.yaml': text })).toContain('the file is nested too deeply (flatten it)');
  });
});

// Covers: EV-38
describe('a large file takes time as its size, not as its square', () => {
  test.each([
    [
      'keys',
      `${Array.from({ length: 20_000 }, (_, number) => `k${number}: x`).join('\n')}\n`,
      /unknown key `k0`/,
    ],
    ['the same key', 'a: x\n'.repeat(25_000), /the key stands twice/],
    ['keys in braces', `a: { ${'b, '.repeat(40_000)} }`, /the key stands twice/],
    ['aliases', `a: &a x\nb: [${'*a,'.repeat(40_000)}]`, /the file has 40000 aliases/],
    ['aliases that name nothing', `a: [${'*a,'.repeat(60_000)}]`, /`\*a` without quotes is a YAML alias/],
    [
      'anchors, each with an alias',
      `a: [${Array.from({ length: 20_000 }, (_, number) => `&a${number} x, *a${number}`).join(', ')}]`,
      /the file has 20000 aliases/,
    ],
    ['anchors on one value', `a: ${'&a '.repeat(60_000)}x`, /A node can have at most one anchor/],
    ['quotes on one line', `a: ${'"'.repeat(300_000)}`, /./],
    ['identifiers that are none', `extends: [${'A_, '.repeat(45_000)}]`, /`A_` is not an identifier/],
    ['bases that there are not', `extends: [${'zz, '.repeat(45_000)}]`, /unknown base `zz`/],
    [
      'services that there are not',
      `rules: [{ id: a, block: { services: [${'zz, '.repeat(20_000)}] } }]`,
      /no service of the catalog has the id `zz`/,
    ],
    [
      'characters in a misspelt operator',
      `rules: [{ id: a, block: { services: { operator: [${'y'.repeat(900_000)}] } } }]`,
      /no service of the catalog has the operator `y/,
    ],
    ['characters in a misspelt key', `? ${'y'.repeat(900_000)}\n: x\n`, /unknown key `y/],
  ])('of many %s', (_name, rest, problem) => {
    const catalog = `services:\n${Array.from({ length: 100 }, (_, number) => `  - { id: s${number}, title: S, operator: Operator ${number}, jurisdiction: CN, category: [ai-chat], domains: [s${number}.com] }\n`).join('')}`;
    expect(problemsOf({ 'a.yaml': `department: a\ntitle: A\n${rest}`, 'catalog/ai.yaml': catalog })).toMatch(
      problem,
    );
  });

  test('a list of thirty thousand domains is read, and of more than its file may hold it is told where they belong', () => {
    const listing = (count: number): Files => {
      const domains = Array.from({ length: count }, (_, number) => `        - d${number}.kr\n`);
      const head = 'department: a\ntitle: A\nrules:\n  - id: a\n    block:\n      domains:\n';
      return { 'a.yaml': head + domains.join('') };
    };
    expect(load(listing(30_000)).ok).toBe(true);
    expect(problemsOf(listing(40_000))).toMatch(
      /too large from here on \(split it; long lists of domains belong into lists\/\*\.txt\)/,
    );
  });

  test('a million characters of comment are read', () => {
    const head = 'department: a\ntitle: A\n';
    expect(load({ 'a.yaml': `${head}#${'x'.repeat(MAX_YAML_CHARACTERS - head.length - 1)}` }).ok).toBe(true);
  });
});

describe('of many problems the first are told, and the rest are counted', () => {
  const hasMore = (text: string): readonly string[] => problemsOf({ 'a.yaml': text }).split('\n');

  test('fifty of what the schema refuses, in the order of the file', () => {
    const told = hasMore(`department: a\ntitle: A\nextends: [${'A_, '.repeat(60)}]`);
    expect(told).toHaveLength(51);
    expect(told[0]).toBe(
      'policies/a.yaml:3:11: `A_` is not an identifier (use lower-case letters, digits and `-`, such as trade-ministry)',
    );
    expect(told.at(-1)).toBe('policies/a.yaml:3:207: and 10 more in this file (mend these first)');
  });

  test('fifty of them and no more, with no line about the rest', () => {
    expect(hasMore(`department: a\ntitle: A\nextends: [${'A_, '.repeat(50)}]`)).toHaveLength(50);
  });

  test('unknown keys of one mapping are counted one by one', () => {
    const keys = Array.from({ length: 60 }, (_, number) => `k${number}: x\n`).join('');
    expect(hasMore(`department: a\ntitle: A\n${keys}`).at(-1)).toMatch(/: and 10 more in this file/);
  });

  test('entries of a value that may have several forms are counted one by one', () => {
    const rule = `rules: [{ id: a, block: { services: [${'{},'.repeat(60)}] } }]`;
    expect(hasMore(`department: a\ntitle: A\n${rule}`).at(-1)).toMatch(/: and 10 more in this file/);
  });

  test.each([
    ['brackets too many', ']\n'.repeat(60_000)],
    ['commas too many', `a: [${','.repeat(90_000)}]`],
    ['escapes that are none', `a: "${'\\z'.repeat(400_000)}"`],
    ['quotes after the value', `a: ${"'' ".repeat(60_000)}`],
    ['reserved characters', `a: [${'@,'.repeat(60_000)}]`],
    ['words without a colon', 'x\n'.repeat(60_000)],
    ['directives that are none', `${'%\n'.repeat(60_000)}---\na: b`],
    ['documents', '---\n'.repeat(60_000)],
    ['ends of no document', '...\n'.repeat(60_000)],
  ])('five of %s, which is all that the parser goes on for', (_name, text) => {
    const told = hasMore(text);
    expect(told.length).toBeGreaterThan(0);
    expect(told.length).toBeLessThanOrEqual(5);
  });
});

test.each(['alternatives', 'ports', 'domains'])(
  'a list of forty thousand wrong entries, `%s`, is a problem and throws nothing',
  (key) => {
    const list = (entry: string): string => `[${entry.repeat(40_000)}]`;
    const rules: Readonly<Record<string, string>> = {
      alternatives: `block: { domains: [a.com] }, alternatives: ${list('{},')}`,
      ports: `block: { domains: [a.com] }, ports: ${list('x,')}`,
      domains: `block: { domains: ${list('1,')} }`,
    };
    expect(problemsOfOffice(`rules: [{ id: a, ${rules[key]} }]`)).toMatch(
      /and \d+ more in this file|too many problems/,
    );
  },
);

describe('a message stays short, however long the word that it quotes', () => {
  const WORD = 'y'.repeat(900_000);
  test.each([
    ['a key', `? ${WORD}\n: x\n`],
    ['an alias', `a: *${WORD}\n`],
    ['a tag', `a: !${WORD} x\n`],
    ['a domain', `rules: [{ id: a, block: { domains: [${WORD}] } }]`],
    ['a directive', `...\n%${WORD}\n---\n`],
    ['a network', `members: { networks: ["${'0:'.repeat(400_000)}"] }`],
  ])('%s', (_name, rest) => {
    expect(problemsOfOffice(rest).length).toBeLessThan(6_000);
  });
});
