import { describe, expect, test } from 'vitest';
import { load, policiesOf, problemsOf, problemsOfOffice, unwrap } from './support.ts';

const CATALOG = `services:
  - { id: deepseek, title: DeepSeek, operator: DeepSeek, jurisdiction: CN, category: [ai-chat], domains: [deepseek.com] }
`;

/** What is wrong with a department of these lines, which begin at line 3, beside a base and a catalog. */
const problemsOfLines = (...lines: readonly string[]): string =>
  problemsOf({
    'baseline.yaml': 'base: baseline\n',
    'catalog/ai.yaml': CATALOG,
    'office.yaml': ['department: office', 'title: Office', ...lines].join('\n'),
  });

/** As `problemsOfLines`, of a rule of these lines, which begin at line 4, column 5. */
const problemsOfRule = (...lines: readonly string[]): string =>
  problemsOfLines('rules:', ...lines.map((line, index) => `${index === 0 ? '  - ' : '    '}${line}`));

const problemsOfException = (entry: string): string => problemsOfLines('exceptions:', `  - { ${entry} }`);

const NONE =
  'known here: department, title, members, extends, default, mode, contact, page, rules, exceptions, tests';
const RULE = ['id: deepseek', 'block: { domains: [deepseek.com] }'];

describe('a key', () => {
  test('that is misspelt is named, with what it may mean', () => {
    expect(problemsOfLines('modes: observe')).toBe(
      'policies/office.yaml:3:1: unknown key `modes` (did you mean `mode`?)',
    );
    expect(problemsOfLines('members:', '  network: [10.0.0.0/8]')).toBe(
      'policies/office.yaml:4:3: unknown key `network` (did you mean `networks`?)',
    );
    expect(problemsOfRule(...RULE, 'unless: { user: [kim] }')).toBe(
      'policies/office.yaml:6:15: unknown key `user` (did you mean `users`?)',
    );
  });

  test('that is like none is answered by those that there are', () => {
    expect(problemsOfLines('zzzzzzzz: 1')).toBe(
      `policies/office.yaml:3:1: unknown key \`zzzzzzzz\` (${NONE})`,
    );
    expect(problemsOfRule(...RULE, 'reason: { fr: Non }')).toContain('unknown key `fr` (known here: en, ko)');
  });

  test('that stands a step too high is told where it goes', () => {
    expect(problemsOfRule(...RULE, 'timezone: Asia/Seoul')).toBe(
      'policies/office.yaml:6:5: unknown key `timezone` (it goes under `when:`)',
    );
    expect(problemsOfRule('id: a', 'domains: [a.com]')).toContain(
      'unknown key `domains` (it goes under `block:`, `allow:` or `unless:`)',
    );
    expect(problemsOfRule('id: a', 'block: { jurisdiction: [CN] }')).toContain(
      'unknown key `jurisdiction` (it goes under `services:`)',
    );
  });

  test('that may mean a list or a category of the catalog is told how to write either', () => {
    expect(problemsOfRule('id: a', 'block: { category: [ai-chat] }')).toContain(
      'unknown key `category` (for a list write `categories: […]`, for a category of the catalog `services: { category: […] }`)',
    );
  });

  test('that is cut short is named by what it begins', () => {
    expect(problemsOfRule(...RULE, 'lock: true')).toBe(
      'policies/office.yaml:6:5: unknown key `lock` (did you mean `locked`?)',
    );
  });

  test('that is missing is named at its mapping', () => {
    expect(problemsOf({ 'a.yaml': 'title: A\n' })).toBe(
      'policies/a.yaml:1:1: `department` is missing (add `department`)',
    );
    expect(problemsOfRule('block: { domains: [a.com] }')).toBe(
      'policies/office.yaml:4:5: `id` is missing (add `id`)',
    );
    expect(problemsOfLines('tests:', '  - { request: "https://a.com/" }')).toBe(
      'policies/office.yaml:4:5: `expect` is missing (add `expect`: forward or block)',
    );
  });

  test('that belongs to another kind of file is unknown here', () => {
    expect(problemsOf({ 'b.yaml': 'base: b\nmembers: {}\n' })).toBe(
      'policies/b.yaml:2:1: unknown key `members` (known here: base, extends, default, mode, contact, page, rules, exceptions)',
    );
    expect(problemsOf({ 'c.yaml': 'department: c\ntitle: C\nbase: c\n' })).toContain(
      'c.yaml:3:1: unknown key `base`',
    );
    expect(problemsOf({ 'catalog/d.yaml': 'department: d\nservices: []\n' })).toBe(
      'policies/catalog/d.yaml:1:1: unknown key `department` (known here: services)',
    );
  });
});

describe('a value of the wrong kind', () => {
  test.each([
    ['a number for a list', 'extends: 5', '3:10: `extends` is not a list (write `extends: [5]`)'],
    ['a text for a list', 'extends: baseline', '3:10: `extends` is not a list (write `extends: [baseline]`)'],
    ['a mapping for a list', 'rules: { id: a }', '3:8: `rules` is not a list (begin each entry with `- `)'],
    ['nothing for a list', 'rules:', '3:7: `rules` is not a list (list something, or remove the key)'],
    [
      'a list for a mapping',
      'members: []',
      '3:10: `members` is not a mapping of keys to values (write a mapping of keys to values)',
    ],
    [
      'nothing for a mapping',
      'members:',
      '3:9: `members` is not a mapping of keys to values (write a mapping of keys to values)',
    ],
    ['a word that is none of the choices', 'default: alow', '3:10: unknown default `alow` (allow or block)'],
    ['`no`, which is a word in YAML 1.2', 'default: no', '3:10: unknown default `no` (allow or block)'],
    ['a number for a choice', 'mode: 1', '3:7: unknown mode `1` (enforce or observe)'],
  ])('%s', (_name, line, problem) => {
    expect(problemsOfLines(line)).toBe(`policies/office.yaml:${problem}`);
  });

  test.each([
    ['a number for a text', ['id: 5', RULE[1] ?? ''], '4:9: `id` is not a text (put it in quotes: "5")'],
    [
      'a date-like identifier',
      ['id: 2025', RULE[1] ?? ''],
      '4:9: `id` is not a text (put it in quotes: "2025")',
    ],
    ['nothing for a text', ['id:', RULE[1] ?? ''], '4:8: `id` is not a text (write a text)'],
    [
      'a number in quotes',
      [...RULE, 'ports: ["443"]'],
      '6:13: this entry is not a number (write 443 without quotes)',
    ],
    [
      'a range for a number',
      [...RULE, 'ports: [443, 80-90]'],
      '6:18: this entry is not a number (there are no ranges: list each port)',
    ],
    ['a text for a number', [...RULE, 'ports: [https]'], '6:13: this entry is not a number (write a number)'],
    [
      'one day for a list of days',
      [...RULE, 'when: { days: mon-fri, timezone: Asia/Seoul }'],
      '6:19: `days` is not a list (write `days: [mon-fri]`)',
    ],
    [
      'domains in one text',
      ['id: a', 'block: { domains: "a.com, b.com" }'],
      '5:23: `domains` is not a list (write `domains: [a.com, b.com]`)',
    ],
    [
      'a domain that needs quotes',
      ['id: a', 'block: { domains: "*.a.com" }'],
      '5:23: `domains` is not a list (write `domains: ["*.a.com"]`)',
    ],
    [
      'a year for a date, which quotes would not mend',
      [...RULE, 'review: 2027'],
      '6:13: `review` cannot be `2027` (write a date, such as 2026-12-31)',
    ],
    [
      'a number for a network',
      [...RULE, 'unless: { networks: [10.2] }'],
      '6:26: this entry cannot be `10.2` (write an address or CIDR, such as 10.20.0.0/16)',
    ],
    [
      'a fraction',
      [...RULE, 'ports: [443, 1.5]'],
      '6:18: this entry is not a whole number (write a whole number)',
    ],
    [
      'a word for true',
      [...RULE, 'locked: yes'],
      '6:13: `locked` is not true or false (write true or false)',
    ],
    [
      'a text for a mapping',
      ['id: a', 'block: a.com'],
      '5:12: `block` is not a mapping of keys to values (write a mapping of keys to values)',
    ],
    [
      'a list for a text in two languages',
      [...RULE, 'reason: [a]'],
      '6:13: `reason` has none of the forms it may have (write a text, or { en: …, ko: … })',
    ],
    [
      'a number in a list of texts',
      ['id: a', 'block: { domains: [a.com, 5] }'],
      '5:31: this entry is not a text (put it in quotes: "5")',
    ],
  ])('%s', (_name, lines, problem) => {
    expect(problemsOfRule(...lines)).toBe(`policies/office.yaml:${problem}`);
  });

  test.each(['- a', 'hello', '5', 'null', '~'])('a file of `%s` is no mapping', (text) => {
    expect(problemsOf({ 'a.yaml': text })).toBe(
      'policies/a.yaml:1:1: the file is not a mapping of keys to values (write a mapping of keys to values)',
    );
  });

  test.each(['', '\n\n', '# only a comment\n'])('a file of %j is empty', (text) => {
    expect(problemsOf({ 'a.yaml': text })).toBe(
      'policies/a.yaml:1:1: the file is empty (remove it, or fill it)',
    );
  });
});

describe('a rule', () => {
  test.each([
    [
      'has an identifier',
      ['id: Deep Seek', RULE[1] ?? ''],
      '4:9: `Deep Seek` is not an identifier (use lower-case letters, digits and `-`, such as trade-ministry)',
    ],
    [
      'blocks or allows',
      ['id: a'],
      '4:9: the rule neither blocks nor allows (write either `block:` or `allow:`)',
    ],
    [
      'does not do both',
      [...RULE, 'allow: { domains: [a.com] }'],
      '4:9: the rule both blocks and allows (write either `block:` or `allow:`)',
    ],
    [
      'names something',
      ['id: a', 'block: {}'],
      '5:12: nothing is listed here (list `services:`, `domains:`, `categories:`, `addresses:` or `patterns:`)',
    ],
    [
      'names a domain, when it lists domains',
      ['id: a', 'block: { domains: [] }'],
      '5:23: `domains` cannot be `[]` (list at least one, or remove the key)',
    ],
    [
      'names a port, when it lists ports',
      [...RULE, 'ports: []'],
      '6:12: `ports` cannot be `[]` (list at least one, or remove the key)',
    ],
    ['names no port 0', [...RULE, 'ports: [0]'], '6:13: this entry cannot be `0` (a port is at least 1)'],
    [
      'names no port above 65535',
      [...RULE, 'ports: [65536]'],
      '6:13: this entry cannot be `65536` (a port is at most 65535)',
    ],
    ['has no other status', [...RULE, 'status: 404'], '6:13: unknown status `404` (403 or 451)'],
    ['has no empty reason', [...RULE, 'reason: {}'], '6:13: the text is empty (write `en`, `ko` or both)'],
    ['has no blank reason', [...RULE, 'reason: { ko: " " }'], '6:19: `ko` cannot be ` ` (write a text)'],
    [
      'offers a whole URL',
      [...RULE, 'alternatives: [{ title: A, url: a.com }]'],
      '6:37: `url` cannot be `a.com` (write a whole URL, https://…)',
    ],
    [
      'offers no script',
      [...RULE, 'alternatives: [{ title: A, url: "javascript:alert(1)" }]'],
      '6:37: `url` cannot be `javascript:alert(1)` (write a whole URL, https://…)',
    ],
  ])('%s', (_name, lines, problem) => {
    expect(problemsOfRule(...lines)).toBe(`policies/office.yaml:${problem}`);
  });

  test.each([
    ['locked', 'locked: true'],
    ['mode', 'mode: observe'],
    ['status', 'status: 451'],
    ['reason', 'reason: because'],
    ['reference', 'reference: x'],
    ['alternatives', 'alternatives: []'],
    ['page', 'page: plain'],
  ])('that allows has no `%s`, which would seem to do something', (key, line) => {
    expect(problemsOfRule('id: a', 'allow: { domains: [a.com] }', line)).toBe(
      `policies/office.yaml:6:${key.length + 7}: an allow rule has no \`${key}\` (remove it, or make the rule a block)`,
    );
  });

  // Covers: EV-37
  test.each([
    [
      'a bare public suffix',
      'co.kr',
      "`co.kr` is a public suffix: it would cover everybody's names under it (name a registrable domain, such as example.co.kr)",
    ],
    [
      'a URL',
      '"https://a.com/"',
      '`https://a.com/` is a URL (use `a.b` (it and its subdomains), `=a.b` (it alone), `*.a.b` (its subdomains) or `a.*` (any suffix), without a scheme or path)',
    ],
    [
      'a network',
      '10.0.0.0/8',
      '`10.0.0.0/8` is a network, and names no domain (in a rule, networks go under `addresses:`)',
    ],
    [
      'a pattern',
      '"/^ai[0-9]/"',
      '`/^ai[0-9]/` is a pattern, and names no domain (in a rule, patterns go under `patterns:`, without the slashes)',
    ],
    [
      'a port',
      '"a.com:443"',
      '`a.com:443` names no host: the host holds a colon (write the host without a port, and an IPv6 address in brackets)',
    ],
  ])('names no domain by %s', (_name, domain, problem) => {
    expect(problemsOfRule('id: a', `block: { domains: [a.com, ${domain}] }`)).toBe(
      `policies/office.yaml:5:31: ${problem}`,
    );
    expect(problemsOfRule(...RULE, `unless: { domains: [${domain}] }`)).toBe(
      `policies/office.yaml:6:25: ${problem}`,
    );
  });

  test('names its networks well', () => {
    expect(problemsOfRule(...RULE, 'unless: { networks: [10.0.0.1/8] }')).toBe(
      'policies/office.yaml:6:26: `10.0.0.1/8` has bits set beyond its prefix (did you mean 10.0.0.0/8?)',
    );
  });
});

describe('an exception', () => {
  const GOOD = 'id: e, allow: { domains: [a.com] }';

  test('has an end, people, something to allow and somebody who approved it', () => {
    expect(problemsOfException('id: e')).toBe(
      [
        'policies/office.yaml:4:5: `allow` is missing (add `allow`)',
        'policies/office.yaml:4:5: `for` is missing (add `for`)',
        'policies/office.yaml:4:5: `until` is missing (add `until`)',
        'policies/office.yaml:4:5: `approvedBy` is missing (add `approvedBy`)',
      ].join('\n'),
    );
  });

  test.each(['{}', '{ users: [] }', '{ users: [], groups: [], networks: [] }'])(
    'for %s is for nobody',
    (people) => {
      expect(
        problemsOfException(`${GOOD}, for: ${people}, until: 2026-12-31T18:00:00Z, approvedBy: cio`),
      ).toBe(
        'policies/office.yaml:4:48: the exception is for nobody (list `users:`, `groups:` or `networks:`)',
      );
    },
  );

  test.each([
    'never',
    '2026-12-31',
    '2026-12-31T18:00:00', // of which time zone?
    '2026-12-31 18:00:00+09:00',
    '2026-02-30T18:00:00Z',
    '2026-13-01T18:00:00Z',
    '2026-12-31T24:00:00Z',
    '2026-12-31T18:00:00+25:00',
    '20261231T180000Z',
    '+012026-12-31T18:00:00Z',
  ])('until `%s` does not end at an instant', (until) => {
    expect(problemsOfException(`${GOOD}, for: { users: [kim] }, until: "${until}", approvedBy: cio`)).toBe(
      `policies/office.yaml:4:73: \`until\` cannot be \`${until}\` (write date, time and offset, such as 2026-12-31T18:00:00+09:00)`,
    );
  });
});

describe('a test, a contact, a member', () => {
  test('of a test every part is checked at its place', () => {
    expect(
      problemsOfLines('tests:', '  - { request: a.com, expect: blocked, client: 10.0.0, rule: X, at: now }'),
    ).toBe(
      [
        'policies/office.yaml:4:16: `a.com` is not a URL (write it whole, with http, https, ws or wss: https://chat.deepseek.com/)',
        'policies/office.yaml:4:31: unknown expect `blocked` (forward or block)',
        'policies/office.yaml:4:48: `client` has none of the forms it may have (write an IP address)',
        'policies/office.yaml:4:62: `X` is not an identifier (use lower-case letters, digits and `-`, such as trade-ministry)',
        'policies/office.yaml:4:69: `at` cannot be `now` (write date, time and offset, such as 2026-12-31T18:00:00+09:00)',
      ].join('\n'),
    );
  });

  test('a contact can be reached', () => {
    expect(problemsOfLines('contact: { email: nobody, phone: "", url: "ftp://a.example" }')).toBe(
      [
        'policies/office.yaml:3:19: `email` cannot be `nobody` (write an e-mail address)',
        'policies/office.yaml:3:34: `phone` cannot be `` (write a text)',
        'policies/office.yaml:3:43: `url` cannot be `ftp://a.example` (write a whole URL, https://…)',
      ].join('\n'),
    );
  });

  test('every network is one', () => {
    expect(problemsOfLines('members: { networks: [10.0.0.0/33, 10.0.0.1/8, here] }')).toBe(
      [
        'policies/office.yaml:3:23: `10.0.0.0/33` has no valid prefix length (it is a number from 0 to 32)',
        'policies/office.yaml:3:36: `10.0.0.1/8` has bits set beyond its prefix (did you mean 10.0.0.0/8?)',
        'policies/office.yaml:3:48: `here` is not a network (write an address or CIDR, such as 10.20.0.0/16)',
      ].join('\n'),
    );
  });
});

describe('a catalog', () => {
  test('every service is whole', () => {
    const text = `services:
  - { id: x, title: X, operator: X, jurisdiction: cn, category: ai-chat, domains: [] }
  - 5
`;
    expect(problemsOf({ 'catalog/ai.yaml': text })).toBe(
      [
        'policies/catalog/ai.yaml:2:51: `jurisdiction` cannot be `cn` (write a two-letter country code, such as CN)',
        'policies/catalog/ai.yaml:2:65: `category` is not a list (write `category: [ai-chat]`)',
        'policies/catalog/ai.yaml:2:83: `domains` cannot be `[]` (list at least one, or remove the key)',
        'policies/catalog/ai.yaml:3:5: this entry is not a mapping of keys to values (write a mapping of keys to values)',
      ].join('\n'),
    );
  });

  test('what lies in a folder `catalog`, however deep, is one; what lies elsewhere is not', () => {
    expect(
      load({ 'a/catalog/b/c.yaml': CATALOG, 'office.yaml': 'department: office\ntitle: Office\n' }).ok,
    ).toBe(true);
    expect(problemsOf({ 'catalogs/ai.yaml': CATALOG })).toContain(
      'catalogs/ai.yaml:1:1: unknown key `services`',
    );
    expect(problemsOf({ 'catalog.yaml': CATALOG })).toContain('catalog.yaml:1:1: unknown key `services`');
  });
});

describe('all that is wrong is told in one go', () => {
  test('of several files, in the order of files and lines, whatever order they were read in', () => {
    const files = {
      'b.yaml': `department: b\ntitle: B\n${'# a line\n'.repeat(7)}modes: x\n`,
      'a.yaml': 'department: A\ntitle: A\nrules:\n  - id: r\nmode: x\n',
      'c10.yaml': 'a: [\n',
      'c9.yaml': 'base: c9\nbase: c9\n',
    };
    const expected = [
      'policies/a.yaml:1:13: `A` is not an identifier (use lower-case letters, digits and `-`, such as trade-ministry)',
      'policies/a.yaml:4:9: the rule neither blocks nor allows (write either `block:` or `allow:`)',
      'policies/a.yaml:5:7: unknown mode `x` (enforce or observe)',
      'policies/b.yaml:10:1: unknown key `modes` (did you mean `mode`?)',
      'policies/c9.yaml:2:1: the key stands twice in this mapping (keep one of them)',
      expect.stringContaining('policies/c10.yaml:2:1: Flow sequence'),
    ];
    expect(problemsOf(files).split('\n')).toEqual(expected);
    expect(problemsOf(Object.fromEntries(Object.entries(files).toReversed())).split('\n')).toEqual(expected);
  });

  test('of one file, from line 9 before line 10', () => {
    const lines = Array.from({ length: 12 }, (_, index) => `key${index}: x`);
    expect(problemsOfLines(...lines).match(/yaml:\d+/g)).toEqual(
      lines.map((_, index) => `yaml:${index + 3}`),
    );
  });
});

describe('places', () => {
  test('count characters as editors do, after Korean text and Windows line ends too', () => {
    expect(
      problemsOf({ 'a.yaml': 'department: a\r\ntitle: { ko: 산업통상자원부, fr: x }\r\nmodes: x\r\n' }),
    ).toBe(
      [
        'policies/a.yaml:2:23: unknown key `fr` (known here: en, ko)',
        'policies/a.yaml:3:1: unknown key `modes` (did you mean `mode`?)',
      ].join('\n'),
    );
  });

  test('are right after a syntax error too, where the parser’s own count of lines is not', () => {
    expect(problemsOf({ 'a.yaml': 'title: A\n]...\nnetworks: ' })).toContain('policies/a.yaml:3:9: ');
  });

  test('of what an alias repeats lead to where it is written', () => {
    expect(
      problemsOfLines(
        'rules:',
        '  - { id: a, block: &them { domains: [a.com, co.kr] } }',
        '  - { id: b, block: *them }',
      ),
    ).toBe(
      "policies/office.yaml:4:46: `co.kr` is a public suffix: it would cover everybody's names under it (name a registrable domain, such as example.co.kr)",
    );
    expect(problemsOfLines('rules:', '  - &rule { id: a, blok: { domains: [a.com] } }', '  - *rule')).toBe(
      [
        'policies/office.yaml:4:17: the rule neither blocks nor allows (write either `block:` or `allow:`)',
        'policies/office.yaml:4:20: unknown key `blok` (did you mean `block`?)',
      ].join('\n'),
    );
  });

  test('a value behind an alias is not called missing', () => {
    expect(problemsOfLines('x: &list [a]', 'default: *list', 'mode: *list')).toBe(
      [
        `policies/office.yaml:3:1: unknown key \`x\` (${NONE})`,
        'policies/office.yaml:4:10: unknown default `["a"]` (allow or block)',
        'policies/office.yaml:5:7: unknown mode `["a"]` (enforce or observe)',
      ].join('\n'),
    );
  });
});

describe('YAML as people write it', () => {
  test.each([
    [
      'a wildcard without quotes',
      '    block: { domains: [*.example.org] }',
      '5:24: `*.example.org` without quotes is a YAML alias, and nothing has that name (write "*.example.org")',
    ],
    [
      'a colon within a text',
      '    reason: Note: this is blocked',
      '5:13: a text with `: ` in it stands without quotes (put the text in quotes)',
    ],
    ['a tab', '\tblock: x', '5:1: Tabs are not allowed as indentation (indent with spaces)'],
    ['a key too far to the left', '   block: x', /^policies\/office\.yaml:5:\d: .+ \(.+\)/],
    [
      'a missing colon',
      '    block',
      /^policies\/office\.yaml:5:\d+: .+ \(is a `:`, a quote or a bracket missing here or just before\?\)/,
    ],
    [
      'a missing quote',
      '    reason: "never ends',
      /^policies\/office\.yaml:\d:\d+: .+ \(is a `:`, a quote or a bracket missing here or just before\?\)/,
    ],
    [
      'a reserved character',
      '    reason: @home',
      '5:13: Plain value cannot start with reserved character @ (mend the YAML here)',
    ],
  ])('%s', (_name, line, problem) => {
    const told = problemsOfOffice(`rules:\n  - id: a\n${line}\n`);
    if (typeof problem === 'string') expect(told).toBe(`policies/office.yaml:${problem}`);
    else expect(told).toMatch(problem);
  });

  test('a byte order mark, a document start and a comment are no problem', () => {
    expect(load({ 'a.yaml': '\ufeff# ours\n---\ndepartment: a\ntitle: A\n...\n' }).ok).toBe(true);
  });

  test('JSON is YAML', () => {
    expect(load({ 'a.yaml': '{"department":"a","title":"A"}' }).ok).toBe(true);
  });

  test('an anchor may be used again', () => {
    const policies = policiesOf({
      'a.yaml': `department: a
title: A
rules:
  - { id: one, block: &chat { domains: [deepseek.com] } }
exceptions:
  - { id: two, allow: *chat, for: { users: [kim] }, until: 2026-12-31T18:00:00Z, approvedBy: cio }
`,
    });
    expect(policies.departments.get('a')?.exceptions[0]?.target.domains).toMatchObject([
      { host: 'deepseek.com' },
    ]);
  });

  test('a text in one language alone is kept as that', () => {
    const policies = policiesOf({
      'a.yaml': 'department: a\ntitle: { ko: 산업통상자원부 }\n',
      'b.yaml': 'department: b\ntitle: B\n',
    });
    expect(policies.departments.get('a')?.title).toEqual({ ko: '산업통상자원부' });
    expect(policies.departments.get('b')?.title).toEqual({ en: 'B' });
  });

  // Covers: EV-38
  test('no key of JavaScript’s own slips through', () => {
    for (const key of ['constructor', 'hasOwnProperty', 'toString', '__proto__', '<<'])
      expect(problemsOfOffice(`${key}: { mode: observe }\n`)).toBe(
        `policies/office.yaml:3:1: unknown key \`${key}\` (${NONE})`,
      );
  });
});

test('a whole department is read as it stands', () => {
  const policies = unwrap(
    load({
      'office.yaml': `department: office
title: { en: Office, ko: 사무실 }
members: { networks: [10.20.0.0/16, "2001:db8:20::/48"], ports: [3228], users: [hong], groups: [staff] }
default: allow
mode: observe
contact: { email: a@b.example, phone: "1", url: "https://help.example/" }
rules:
  - id: deepseek
    block: { domains: ["*.deepseek.com"], addresses: [203.0.113.0/24], patterns: ['^ai[0-9]+\\.'] }
    ports: [443]
    when: { days: [mon-fri], hours: "09:00-18:00", timezone: Asia/Seoul, from: 2025-02-06, until: 2026-12-31 }
    unless: { users: [kim], groups: [g], networks: [10.0.0.1], domains: [=a.com], addresses: [203.0.113.7], patterns: ['^ai1\\.'] }
    locked: true
    mode: enforce
    status: 451
    reason: { en: Because }
    reference: PIPC
    alternatives: [{ title: Papago, url: "https://papago.example/" }]
    review: 2026-06-30
exceptions:
  - id: research
    allow: { domains: [deepseek.com] }
    for: { users: [lee], groups: [r], networks: [10.20.40.0/24] }
    until: 2026-12-31T18:00:00+09:00
    approvedBy: cio
    ticket: SEC-1042
tests:
  - { request: "https://a.com/x", client: 10.20.0.1, user: kim, groups: [g], at: 2026-06-01T10:00:00+09:00, expect: block, rule: deepseek }
`,
    }),
  );
  expect(policies.departments.get('office')).toMatchObject({
    id: 'office',
    title: { en: 'Office', ko: '사무실' },
    members: {
      networks: [{ text: '10.20.0.0/16' }, { text: '2001:db8:20::/48' }],
      ports: new Set([3228]),
      users: new Set(['hong']),
      groups: new Set(['staff']),
    },
    default: 'allow',
    mode: 'observe',
    contact: { email: 'a@b.example', phone: '1', url: 'https://help.example/' },
    at: 'policies/office.yaml:1:13',
    rules: [
      {
        id: 'deepseek',
        action: 'block',
        target: {
          services: [],
          domains: [{ kind: 'subdomains', host: 'deepseek.com', text: '*.deepseek.com' }],
          categories: [],
          addresses: [{ text: '203.0.113.0/24' }],
          patterns: [{ text: '^ai[0-9]+\\.' }],
        },
        ports: new Set([443]),
        when: { from: Date.UTC(2025, 1, 5, 15), until: Date.UTC(2026, 11, 31, 15) },
        unless: {
          users: new Set(['kim']),
          groups: new Set(['g']),
          networks: [{ text: '10.0.0.1/32' }],
          target: {
            domains: [{ kind: 'exact', host: 'a.com' }],
            addresses: [{ text: '203.0.113.7/32' }],
            patterns: [{ text: '^ai1\\.' }],
          },
        },
        locked: true,
        mode: 'enforce',
        status: 451,
        reason: { en: 'Because' },
        reference: 'PIPC',
        alternatives: [{ title: { en: 'Papago' }, url: 'https://papago.example/' }],
        review: '2026-06-30',
        at: 'policies/office.yaml:8:5',
      },
    ],
    exceptions: [
      {
        id: 'research',
        for: { users: new Set(['lee']), groups: new Set(['r']), networks: [{ text: '10.20.40.0/24' }] },
        until: Date.UTC(2026, 11, 31, 9),
        approvedBy: 'cio',
        ticket: 'SEC-1042',
        at: 'policies/office.yaml:21:5',
      },
    ],
    tests: [
      {
        url: { host: 'a.com', port: 443, scheme: 'https', path: '/x' },
        client: '10.20.0.1',
        user: 'kim',
        groups: ['g'],
        time: Date.UTC(2026, 5, 1, 1),
        expect: 'block',
        rule: 'deepseek',
        at: 'policies/office.yaml:28:5',
      },
    ],
  });
});
