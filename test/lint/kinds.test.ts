import { describe, expect, test } from 'vitest';
import { UNSEEN_PEOPLE } from '../../src/lint/people.ts';
import { listsOf, NOW } from '../policy/support.ts';
import { lintFiles, OFFICE, told, toldOfOffice } from './support.ts';

const DAY = 86_400_000;
const instant = (days: number): string => new Date(NOW + days * DAY).toISOString();

describe('a shared suffix', () => {
  test('of many people’s sites is reported, wherever it is listed; a site under it is not', () => {
    const rules = `rules:
  - { id: r, block: { domains: [github.io, "*.vercel.app", someone.github.io] }, unless: { domains: [herokuapp.com] } }
`;
    expect(toldOfOffice(rules, 'shared-suffix')).toEqual([
      "office.yaml:6:33: `github.io` covers the sites of all customers of its provider, each somebody else's",
      expect.stringContaining('`*.vercel.app` covers the sites'),
      expect.stringContaining('`herokuapp.com` covers the sites'),
    ]);
  });

  test('that is named as a host is reported when it is public', () => {
    const rules =
      'rules:\n  - { id: r, block: { domains: [=co.kr, =github.io, =intranet, example.co.kr] } }\n';
    expect(toldOfOffice(rules, 'shared-suffix')).toEqual([
      'office.yaml:6:33: `=co.kr` names the suffix host alone, and nothing under it',
    ]);
  });
});

describe('a domain without a dot', () => {
  const catalog = `services:
  - { id: deepseek, title: D, operator: D, jurisdiction: CN, category: [ai-chat], domains: [deepseek.com] }
`;
  const found = (domains: string) =>
    lintFiles(
      {
        'office.yaml': `${OFFICE}rules:\n  - { id: r, block: { domains: [a.kr] }, unless: { domains: ${domains} } }\n`,
        'catalog/ai.yaml': catalog,
      },
      listsOf({ gambling: ['b.kr'] }),
    ).filter(({ code }) => code === 'single-label');

  test.each([
    ['deepseek', 'did you mean `services: [deepseek]`?'],
    ['"*.deepseek"', 'did you mean `services: [deepseek]`?'],
    ['gambling', 'did you mean `categories: [gambling]`?'],
    ['ai-chat', 'did you mean `services: { category: [ai-chat] }`?'],
    ['tiktok', 'write the whole domain, such as tiktok.com; for the one host of that name, "=tiktok"'],
  ])('%s is reported, with what may be meant', (domain, hint) => {
    expect(found(`[a.kr, ${domain}]`)).toMatchObject([
      {
        at: 'policies/office.yaml:6:68',
        problem: `\`${domain.replaceAll('"', '')}\` has no dot: it covers no site on the Internet`,
        hint,
      },
    ]);
  });

  test('is meant when it is said to be one host, or is an address or a name under any suffix', () => {
    expect(found('[=intranet, 203.0.113.7, "[2001:db8::7]", deepseek.*]')).toEqual([]);
  });
});

describe('dates', () => {
  const exception = (until: string) =>
    `exceptions:\n  - { id: lab, allow: { domains: [a.kr] }, for: { users: [kim] }, until: ${until}, approvedBy: cio }\n`;
  const CODES = ['exception-ends-soon', 'rule-over', 'rule-ends-soon', 'review-due'];

  test('of exceptions that end within 30 days are told; one that has ended is an error elsewhere', () => {
    expect(toldOfOffice(exception(instant(29.5)), ...CODES)).toEqual([
      `office.yaml:6:74: the exception \`lab\` ends in 29 days, at 2026-12-22 18:00 UTC`,
    ]);
    expect(toldOfOffice(exception(instant(0.5)), ...CODES)).toEqual([
      expect.stringContaining('ends within a day'),
    ]);
    expect(toldOfOffice(exception(instant(31)), ...CODES)).toEqual([]);
    expect(toldOfOffice(exception(instant(-1)), ...CODES)).toEqual([]);
  });

  const rule = (more: string) => `rules:\n  - { id: r, block: { domains: [a.kr] }, ${more} }\n`;
  test('of rules that have ended, or do so within 14 days, are told', () => {
    const told = (days: number) => toldOfOffice(rule(`when: { until: "${instant(days)}" }`), ...CODES);
    expect(told(-1)).toEqual([
      `office.yaml:6:57: the rule \`r\` is off: its \`when\` ended at ${instant(-1)}`,
    ]);
    expect(told(13)).toEqual([`office.yaml:6:57: the rule \`r\` ends in 13 days, at ${instant(13)}`]);
    expect(told(15)).toEqual([]);
  });

  test('of rules are told as they are written, and dates with their place', () => {
    const told = (when: string) => toldOfOffice(rule(`when: { ${when} }`), ...CODES);
    expect(told('until: 2026-11-25, timezone: Asia/Seoul')).toEqual([
      'office.yaml:6:57: the rule `r` ends in 2 days, with the end of 2026-11-25 in Asia/Seoul',
    ]);
    expect(told('until: "2026-11-25T18:00:00+09:00"')).toEqual([
      'office.yaml:6:57: the rule `r` ends in 2 days, at 2026-11-25T18:00:00+09:00',
    ]);
    expect(told('until: 2026-11-20, timezone: Asia/Seoul')).toEqual([
      'office.yaml:6:57: the rule `r` is off: its `when` ended with the end of 2026-11-20 in Asia/Seoul',
    ]);
  });

  test('of reviews are told from that day on', () => {
    expect(toldOfOffice(rule('review: 2026-11-23'), ...CODES)).toEqual([
      'office.yaml:6:50: the rule `r` was to be reviewed on 2026-11-23',
    ]);
    expect(toldOfOffice(rule('review: 2026-11-24'), ...CODES)).toEqual([]);
  });

  test('of a base that nobody extends are told too', () => {
    const files = { 'office.yaml': OFFICE, 'shared.yaml': `base: shared\n${rule('review: 2026-01-01')}` };
    expect(told(lintFiles(files), 'review-due')).toEqual([expect.stringContaining('shared.yaml:3:')]);
  });
});

describe('tests', () => {
  const RULES = `rules:
  - { id: one, block: { domains: [one.kr] } }
  - { id: seen, block: { domains: [seen.kr] }, mode: observe }
  - { id: open, allow: { domains: [open.kr] } }
exceptions:
  - { id: lab, allow: { domains: [one.kr] }, for: { networks: [10.7.0.0/16] }, until: 2030-01-01T00:00:00Z, approvedBy: cio }
`;
  const CODES = ['no-tests', 'untested-rule', 'untested-exception'];

  test('that are missing altogether are one finding', () => {
    expect(toldOfOffice(RULES, ...CODES)).toEqual(['office.yaml:1:13: the department `office` has no tests']);
  });

  test('that rest on nothing leave every rule and exception untested', () => {
    expect(
      toldOfOffice(`${RULES}tests:\n  - { request: "https://x.kr/", expect: forward }\n`, ...CODES),
    ).toEqual([
      'office.yaml:6:5: no test rests on the rule `one`',
      'office.yaml:7:5: no test rests on the rule `seen`',
      'office.yaml:8:5: no test rests on the rule `open`',
      'office.yaml:10:5: no test rests on the exception `lab`',
    ]);
  });

  test('that rest on a rule or an exception need not name it, and one that is observed counts', () => {
    const tests = `tests:
  - { request: "https://one.kr/", expect: block }
  - { request: "https://seen.kr/", expect: forward }
  - { request: "https://open.kr/", expect: forward }
  - { request: "https://one.kr/", client: 10.7.0.1, at: 2027-01-01T00:00:00Z, expect: forward }
`;
    expect(toldOfOffice(RULES + tests, ...CODES)).toEqual([]);
  });

  test('of one department are enough for a rule that several inherit', () => {
    const department = (id: string, request: string) =>
      `department: ${id}\ntitle: X\nextends: [shared]\ndefault: allow\ntests:\n  - { request: "https://${request}/", expect: ${request === 'a.kr' ? 'block' : 'forward'} }\n`;
    const base = 'base: shared\nrules:\n  - { id: a, block: { domains: [a.kr] } }\n';
    const files = (second: string) => ({
      'shared.yaml': base,
      'a.yaml': department('a', 'b.kr'),
      'b.yaml': department('b', second),
    });
    expect(told(lintFiles(files('a.kr')), ...CODES)).toEqual([]);
    expect(told(lintFiles(files('b.kr')), ...CODES)).toEqual([
      'shared.yaml:3:5: no test rests on the rule `a`',
    ]);
  });

  test('cannot rest on what never decides: that is told once, as shadowed', () => {
    const rules = `rules:
  - { id: wide, block: { domains: [a.kr] } }
  - { id: hole, allow: { domains: [b.a.kr] } }
tests:
  - { request: "https://a.kr/", expect: block }
`;
    expect(toldOfOffice(rules)).toEqual([expect.stringContaining('`hole` can never decide')]);
  });

  const timeless = (rules: string, tests: string) =>
    toldOfOffice(`${rules}tests:\n${tests}`, 'test-without-time');

  test('that rest on an exception or on a rule with `when` need a time', () => {
    const when =
      'rules:\n  - { id: r, block: { domains: [a.kr] }, when: { days: [mon-fri], timezone: Asia/Seoul } }\n';
    expect(timeless(when, '  - { request: "https://a.kr/", expect: block }\n')).toEqual([
      'office.yaml:8:5: https://a.kr/: the outcome changes by itself, because the rule `r` holds at some times only',
    ]);
    expect(
      timeless(RULES, '  - { request: "https://one.kr/", client: 10.7.0.1, expect: forward }\n'),
    ).toEqual([expect.stringContaining('because the exception `lab` ends')]);
    expect(
      timeless(when, '  - { request: "https://a.kr/", at: 2026-11-23T00:00:00Z, expect: block }\n'),
    ).toEqual([]);
    expect(timeless(RULES, '  - { request: "https://one.kr/", expect: block }\n')).toEqual([]);
  });

  test('are offered a time of the minute', () => {
    const files = {
      'office.yaml': `${OFFICE}${RULES}tests:\n  - { request: "https://one.kr/", client: 10.7.0.1, expect: forward }\n`,
    };
    const [finding] = lintFiles(files, undefined, NOW + 12_345).filter(
      ({ code }) => code === 'test-without-time',
    );
    expect(finding?.hint).toBe('add at: 2026-11-23T06:00:00Z, or whatever time is meant');
  });

  test('of what sleeps now need a time when waking would turn them', () => {
    const later = (more: string) =>
      `rules:\n  - { id: r, ${more} }\n`.replace('}', '}, when: { from: 2027-01-01T00:00:00Z }');
    const forward = '  - { request: "https://a.kr/", expect: forward }\n';
    expect(timeless(later('block: { domains: [a.kr] }'), forward)).toHaveLength(1);
    expect(timeless(later('block: { domains: [a.kr] }, mode: observe'), forward)).toEqual([]);
    expect(timeless(later('allow: { domains: [a.kr] }'), forward)).toEqual([]);
  });
});

describe('departments', () => {
  test('to which nobody leads are reported, and those that only users and groups reach', () => {
    const department = (id: string, members: string) => `department: ${id}\ntitle: X\nmembers: ${members}\n`;
    const files = {
      'a.yaml': department('a', '{}'),
      'b.yaml': department('b', '{ users: [kim] }'),
      'c.yaml': department('c', '{ groups: [staff], ports: [3228] }'),
      'd.yaml': department('d', '{ networks: [10.0.0.0/8] }'),
    };
    expect(told(lintFiles(files), 'unreachable-department')).toEqual([
      'a.yaml:1:13: no client belongs to the department `a`',
      expect.stringMatching(/^b.yaml:1:13: the department `b` is reached by users and groups only/),
    ]);
  });

  test('that block what their own block page offers are reported', () => {
    const rules = `rules:
  - id: r
    block: { domains: [a.kr] }
    alternatives:
      - { title: One, url: "https://one.example/" }
      - { title: Two, url: "https://two.a.kr/" }
`;
    expect(toldOfOffice(rules, 'blocked-alternative')).toEqual([
      'office.yaml:10:28: the block page of `r` offers https://two.a.kr/, which `office` blocks by the rule `r`',
    ]);
  });
});

describe('files in lists/ that are no lists', () => {
  test('are reported, with the name that they are meant to have', () => {
    const ignored = ['Gambling.txt', 'Named.TXT', 'sub/ads.txt', 'vpn.list', '도박.txt'];
    const lists = { ...listsOf({ named: ['b.kr'] }), ignored };
    const found = lintFiles({ 'office.yaml': OFFICE }, lists).filter(
      ({ code }) => code === 'ignored-list-file',
    );
    expect(found.map(({ at, hint }) => [at.replace('policies/lists/', ''), hint])).toEqual([
      ['Gambling.txt:1:1', 'rename it to gambling.txt'],
      ['Named.TXT:1:1', 'there is named.txt already: keep one of them'],
      ['sub/ads.txt:1:1', 'move it to lists/ads.txt'],
      ['vpn.list:1:1', 'rename it to vpn.txt'],
      [
        '도박.txt:1:1',
        'name it in lower-case letters, digits and `-`, with .txt at the end, or move it elsewhere',
      ],
    ]);
  });
});

describe('what nothing uses', () => {
  test('is reported: bases that no department reaches, and lists that nothing names', () => {
    const files = {
      'office.yaml': `${OFFICE}extends: [one]\nrules:\n  - { id: r, block: { domains: [a.kr] }, unless: { categories: [named] } }\n`,
      'one.yaml': 'base: one\nextends: [two]\n',
      'two.yaml': 'base: two\n',
      'three.yaml': 'base: three\nextends: [four]\n',
      'four.yaml': 'base: four\n',
    };
    const lists = { ...listsOf({ named: ['b.kr'] }), available: ['named', 'stray'] };
    expect(told(lintFiles(files, lists), 'unused-base', 'unused-list')).toEqual([
      'four.yaml:1:7: no department extends the base `four`',
      'lists/stray.txt:1:1: nothing names the list `stray`',
      'three.yaml:1:7: no department extends the base `three`',
    ]);
  });
});

describe('users and groups', () => {
  const CODE = 'people-unseen';

  test('that a rule spares or an exception is for are reported: live traffic has none', () => {
    const rules = `rules:
  - { id: shut, block: { domains: [a.kr] }, unless: { users: [kim], networks: [10.7.0.0/16] } }
  - { id: open, allow: { domains: [b.kr] }, unless: { groups: [guests] } }
exceptions:
  - { id: lab, allow: { domains: [a.kr] }, for: { users: [kim], groups: [lab] }, until: 2030-01-01T00:00:00Z, approvedBy: cio }
`;
    expect(toldOfOffice(rules, CODE)).toEqual([
      `office.yaml:6:62: the rule \`shut\` spares none of them, its \`users\` have no effect: ${UNSEEN_PEOPLE}`,
      `office.yaml:7:63: the rule \`open\` stays open for them, its \`groups\` have no effect: ${UNSEEN_PEOPLE}`,
      `office.yaml:9:58: the exception \`lab\` opens nothing to them, its \`users\` have no effect: ${UNSEEN_PEOPLE}`,
      expect.stringContaining('office.yaml:9:'),
    ]);
  });

  test('that stand nowhere are no finding, and a comment on the rule silences one that is meant', () => {
    const spared = (unless: string) =>
      `rules:\n  # lint-ok: people-unseen\n  - { id: r, block: { domains: [a.kr] }, unless: { ${unless} } }\n`;
    expect(toldOfOffice(spared('users: [kim]'), CODE, 'useless-lint-ok')).toEqual([]);
    expect(toldOfOffice(spared('networks: [10.7.0.0/16]'), CODE)).toEqual([]);
  });
});
