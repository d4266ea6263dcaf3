import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/policy/compile.ts';
import { decide } from '../../../src/policy/decide.ts';
import { describeEvidence } from '../../../src/policy/explain.ts';
import { buildCatalog } from '../../../src/policy/language/catalog.ts';
import { createTargets } from '../../../src/policy/language/targets.ts';
import { parsePolicies } from '../../../src/policy/parse.ts';
import type { Problem } from '../../../src/policy/result.ts';
import {
  ask,
  describeProblem,
  errorOf,
  type Files,
  factsOf,
  listsOf,
  policiesOf,
  unwrap,
} from '../support.ts';

const LISTS = listsOf({
  gambling: [
    'casino.example.org',
    '=bet.example.net',
    '203.0.113.80',
    '198.51.100.0/24',
    '/^slots[0-9]+[.]/',
  ],
  vpn: ['ngrok.*'],
});

const office = (rules: readonly object[], more: object = {}): Files => ({
  'office.yaml': JSON.stringify({ department: 'office', title: 'Office', default: 'allow', rules, ...more }),
});

const CATALOG = {
  'catalog/ai.yaml': JSON.stringify({
    services: [
      {
        id: 'deepseek',
        title: 'D',
        operator: 'D',
        jurisdiction: 'CN',
        category: ['ai-chat'],
        domains: ['deepseek.com'],
      },
      {
        id: 'kimi',
        title: 'K',
        operator: 'M',
        jurisdiction: 'CN',
        category: ['ai-chat'],
        domains: ['kimi.com', '=kimi.ai'],
      },
    ],
  }),
};

describe('a rule on a category', () => {
  const policies = policiesOf(office([{ id: 'no-bets', block: { categories: ['gambling', 'vpn'] } }]), LISTS);

  test.each([
    ['https://casino.example.org/', 'block by rule no-bets'],
    ['https://www.casino.example.org/', 'block by rule no-bets'],
    ['https://bet.example.net/', 'block by rule no-bets'],
    ['https://www.bet.example.net/', 'forward by default'],
    ['http://203.0.113.80/', 'block by rule no-bets'],
    ['http://198.51.100.9/', 'block by rule no-bets'],
    ['https://slots9.example.com/', 'block by rule no-bets'],
    ['https://abcd.ngrok.co.kr/', 'block by rule no-bets'],
    ['https://www.korea.kr/', 'forward by default'],
  ])('covers what its lists name: %s → %s', (url, decision) => {
    expect(ask(policies, url)).toBe(decision);
  });

  test('says which list it was, and which of its entries', () => {
    const said = (url: string): string => {
      const facts = factsOf(url);
      const { reason } = decide(facts, policies);
      return reason.code === 'rule' ? describeEvidence(reason.by, facts, policies) : reason.code;
    };
    expect(said('https://www.casino.example.org/')).toBe('list gambling: casino.example.org');
    expect(said('https://bet.example.net/')).toBe('list gambling: =bet.example.net');
    expect(said('https://abcd.ngrok.co.kr/')).toBe('list vpn: ngrok.*');
    expect(said('http://198.51.100.9/')).toBe('list gambling: 198.51.100.0/24');
    expect(said('https://slots9.example.com/')).toBe('list gambling: /^slots[0-9]+[.]/');
  });

  test('on a list that there is not is an error, with the nearest name', () => {
    const parsed = unwrap(
      parsePolicies([
        {
          name: 'policies/office.yaml',
          text: office([{ id: 'a', block: { categories: ['gamblin', 'x'] } }])['office.yaml'] ?? '',
        },
      ]),
    );
    expect(errorOf(compile(parsed, LISTS)).map(describeProblem)).toEqual([
      expect.stringMatching(
        /^policies\/office\.yaml:1:\d+: there is no list `gamblin` in lists\/ \(did you mean `gambling`\?\)$/,
      ),
      expect.stringMatching(
        /: there is no list `x` in lists\/ \(put it there with `postern list import … --name x`\)$/,
      ),
    ]);
  });
});

describe('a name in `categories:` that is no list’s', () => {
  const hintFor = (name: string, ignored: readonly string[] = []): string => {
    const parsed = unwrap(
      parsePolicies(
        Object.entries({ ...CATALOG, ...office([{ id: 'a', block: { categories: [name] } }]) }).map(
          ([file, text]) => ({ name: `policies/${file}`, text }),
        ),
      ),
    );
    const problems: Problem[] = [];
    const catalog = buildCatalog(parsed.catalogs, problems);
    createTargets(catalog, { available: ['gambling'], read: [], ignored }).build(
      { categories: [name] },
      () => 'here',
      problems,
    );
    return problems.map(({ hint }) => hint).join();
  };

  test.each([
    [
      'a category of the catalog',
      'ai-chat',
      'the catalog has this category: write services: { category: [ai-chat] }',
    ],
    ['a service', 'kimi', 'the catalog has this service: write services: [kimi]'],
    ['near a list’s', 'gamblin', 'did you mean `gambling`?'],
    ['like none', 'zzzz', 'put it there with `postern list import … --name zzzz`'],
  ])('and is %s is answered by what to write', (_name, name, hint) => {
    expect(hintFor(name)).toBe(hint);
  });

  test.each([
    ['vpn', 'vpn.list', 'rename lists/vpn.list to lists/vpn.txt'],
    ['ads', 'sub/ads.txt', 'rename lists/sub/ads.txt to lists/ads.txt'],
    ['casino', 'Casino.TXT', 'rename lists/Casino.TXT to lists/casino.txt'],
  ])('and is meant for the file of another name: `%s`, %s', (name, file, hint) => {
    expect(hintFor(name, [file])).toBe(hint);
  });
});

describe('a rule on addresses', () => {
  const policies = policiesOf(
    office(
      [
        {
          id: 'bad-hosters',
          block: { addresses: ['203.0.113.0/24', '2001:db8:bad::/48'] },
          unless: { addresses: ['203.0.113.8'] },
        },
        { id: 'partner', allow: { addresses: ['198.51.100.0/24'] } },
      ],
      {
        exceptions: [
          {
            id: 'lab',
            allow: { addresses: ['203.0.113.0/25'] },
            for: { users: ['kim'] },
            until: '2030-01-01T00:00:00Z',
            approvedBy: 'cio',
          },
        ],
      },
    ),
  );
  const led =
    (...addresses: readonly string[]) =>
    (who: object = {}) => {
      const { action, reason } = decide(
        { ...factsOf('https://shop.example.org/', who), addresses },
        policies,
      );
      return `${action} by ${reason.code}`;
    };

  test('covers requests that ask for the address itself', () => {
    expect(ask(policies, 'http://203.0.113.9/')).toBe('block by rule bad-hosters');
    expect(ask(policies, 'http://[2001:db8:bad::1]/')).toBe('block by rule bad-hosters');
    expect(ask(policies, 'http://203.0.113.8/')).toBe('forward by default');
    expect(ask(policies, 'http://198.51.100.1/')).toBe('forward by rule partner');
    expect(ask(policies, 'http://[::ffff:203.0.113.9]/')).toBe('block by rule bad-hosters');
  });

  test('covers names that lead there, and says nothing of names that were not looked up', () => {
    expect(led('203.0.113.9')()).toBe('block by rule');
    expect(led('2001:0DB8:bad:0::1')()).toBe('block by rule');
    expect(led('192.0.2.1')()).toBe('forward by default');
    expect(led()()).toBe('forward by default');
    expect(ask(policies, 'https://shop.example.org/')).toBe('forward by default');
  });

  test('one blocked address is enough to block; to be allowed, spared or exempt, all of them must be', () => {
    expect(led('192.0.2.1', '203.0.113.9')()).toBe('block by rule');
    expect(led('203.0.113.8', '203.0.113.9')()).toBe('block by rule');
    expect(led('203.0.113.8')()).toBe('forward by default');
    expect(led('198.51.100.1', '192.0.2.1')()).toBe('forward by default');
    expect(led('198.51.100.1', '198.51.100.2')()).toBe('forward by rule');
    expect(led('203.0.113.9', '203.0.113.200')({ user: 'kim' })).toBe('block by rule');
    expect(led('203.0.113.9', '203.0.113.10')({ user: 'kim' })).toBe('forward by exception');
  });
});

test('an allowance ends with one address that its `unless` names, and a name behind NAT64 leads where IPv4 does', () => {
  const policies = policiesOf(
    office([
      { id: 'partner', allow: { domains: ['partner.example'] }, unless: { addresses: ['127.0.0.2'] } },
      { id: 'bad', block: { addresses: ['203.0.113.0/24'] } },
    ]),
  );
  const led = (name: string, ...addresses: readonly string[]): string => {
    const { action, reason } = decide({ ...factsOf(`https://${name}/`), addresses }, policies);
    return `${action} by ${reason.code}`;
  };
  expect(led('partner.example', '127.0.0.3')).toBe('forward by rule');
  expect(led('partner.example', '127.0.0.2')).toBe('forward by default');
  expect(led('partner.example', '127.0.0.2', '127.0.0.3')).toBe('forward by default');
  expect(led('shop.example', '64:ff9b::203.0.113.7')).toBe('block by rule');
  expect(led('shop.example', '64:ff9b::cb00:7107')).toBe('block by rule');
  expect(ask(policies, 'http://[64:ff9b::cb00:7107]/')).toBe('block by rule bad');
});

test('what a department names in patterns has a limit that all its lists share', () => {
  const many = (from: number) =>
    Array.from({ length: 90 }, (_, at) => `/^[a-z]+${from + at}[.]mirror-of-something[.]example$/`);
  const lists = listsOf({ one: many(0), two: many(100), three: many(200) });
  const rule = { id: 'all', block: { categories: ['one', 'two', 'three'] } };
  const parsed = unwrap(
    parsePolicies([{ name: 'policies/office.yaml', text: office([rule])['office.yaml'] ?? '' }]),
  );
  expect(errorOf(compile(parsed, lists)).map(describeProblem)).toEqual([
    expect.stringMatching(
      /^policies\/office\.yaml:1:\d+: `office` names too many patterns, those of its lists among them/,
    ),
  ]);
});

describe('what a rule spares by `unless`', () => {
  const spared = (unless: object): string =>
    ask(
      policiesOf(
        {
          ...CATALOG,
          ...office([
            {
              id: 'ban',
              block: { services: { jurisdiction: ['CN'] }, patterns: ['^ai'], categories: ['gambling'] },
              unless,
            },
          ]),
        },
        LISTS,
      ),
      'https://www.kimi.com/',
    );

  test.each([
    ['a service', { services: ['kimi'] }],
    ['a selector', { services: { operator: ['M'] } }],
    ['a domain', { domains: ['*.kimi.com'] }],
    ['a pattern', { patterns: ['kimi'] }],
    ['a network of clients', { networks: ['10.0.0.0/8'] }],
  ])('%s', (_name, unless) => {
    expect(spared(unless)).toBe('forward by default');
  });

  test.each([
    ['another service', { services: ['deepseek'] }],
    ['another domain', { domains: ['=kimi.com'] }],
    ['another pattern', { patterns: ['^kimi'] }],
    ['other clients', { networks: ['192.0.2.0/24'] }],
    ['a list that has it not', { categories: ['vpn'] }],
  ])('but not by %s', (_name, unless) => {
    expect(spared(unless)).toBe('block by rule ban');
  });

  test('a category: what is in the other list too', () => {
    const lists = listsOf({ wide: ['example.org', 'example.net'], ours: ['ours.example.org'] });
    const policies = policiesOf(
      office([{ id: 'wide', block: { categories: ['wide'] }, unless: { categories: ['ours'] } }]),
      lists,
    );
    expect(ask(policies, 'https://www.ours.example.org/')).toBe('forward by default');
    expect(ask(policies, 'https://www.example.org/')).toBe('block by rule wide');
  });
});

test.each([1, 0x811c_9dc5, 2 ** 32 - 1])(
  'lists whose hashes begin at %d say the same beside domains',
  (seed) => {
    const lists = listsOf({ ours: ['a.example.org', '203.0.113.80'], wide: ['example.org'] }, seed);
    const policies = policiesOf(
      office([
        { id: 'own', block: { domains: ['b.example.net', '=c.example.net'] } },
        { id: 'listed', block: { categories: ['wide'] }, unless: { categories: ['ours'] } },
      ]),
      lists,
    );
    expect(ask(policies, 'https://x.example.org/')).toBe('block by rule listed');
    expect(ask(policies, 'https://x.a.example.org/')).toBe('forward by default');
    expect(ask(policies, 'https://x.b.example.net/')).toBe('block by rule own');
    expect(ask(policies, 'https://c.example.net/')).toBe('block by rule own');
    expect(ask(policies, 'https://x.c.example.net/')).toBe('forward by default');
  },
);

test('what many departments take over from a base is one set of hosts, as is a service that many rules name', () => {
  const departments = Array.from({ length: 50 }, (_, index) => [
    `d${index}.yaml`,
    JSON.stringify({
      department: `d${index}`,
      title: 'D',
      extends: ['shared'],
      rules: [{ id: 'own', block: { services: ['kimi'] } }],
    }),
  ]);
  const policies = policiesOf({
    ...CATALOG,
    'shared.yaml': JSON.stringify({
      base: 'shared',
      rules: [{ id: 'ban', block: { services: ['deepseek'], domains: ['a.example.org'] } }],
    }),
    ...Object.fromEntries(departments),
  });
  const sets = [...policies.departments.values()].flatMap(({ rules }) =>
    rules.flatMap(({ target }) => target.sets),
  );
  expect(new Set(sets).size).toBe(3);
});
