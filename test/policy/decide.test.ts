import { describe, expect, test } from 'vitest';
import { decide } from '../../src/policy/decide.ts';
import {
  allow,
  ask,
  block,
  describeDecision,
  exception,
  factsOf,
  LATER,
  office,
  policiesOf,
} from './support.ts';

const URL = 'https://chat.deepseek.com/';
const UNTIL = Date.parse(LATER);

describe('the proxy’s own site', () => {
  const policies = office({ default: 'block', rules: [block('no', ['internal'], { locked: true })] });

  test.each(['http://postern.internal/a', 'https://postern.internal/', 'http://POSTERN.internal.:80/'])(
    'is answered by the proxy, whatever policies say and whoever asks: %s',
    (url) => {
      expect(ask(policies, url)).toBe('forward by own-site');
      expect(ask(policies, url, { department: undefined })).toBe('forward by own-site');
    },
  );

  test.each([
    'http://postern.internal:8080/',
    'https://postern.internal:80/',
    'ws://postern.internal/',
    'wss://postern.internal:22/',
  ])('is not to be had otherwise: %s', (url) => {
    expect(ask(policies, url)).toBe('block by own-site');
  });

  test('is one name, and no other below it', () => {
    expect(ask(policies, 'http://www.postern.internal/')).toBe('block by rule no');
  });
});

describe('the truth table', () => {
  test('1: a locked block wins over an exception', () => {
    const policies = office({
      rules: [block('ban', ['deepseek.com'], { locked: true }), block('narrow', ['=chat.deepseek.com'])],
      exceptions: [exception('research', ['deepseek.com'])],
    });
    expect(ask(policies, URL, { user: 'kim' })).toBe('block by rule ban');
  });

  test('1: of several locked blocks the most specific is the reason', () => {
    const policies = office({
      rules: [
        block('a-wide', ['deepseek.com'], { locked: true }),
        block('b-narrow', ['=chat.deepseek.com'], { locked: true }),
        block('c-narrowest-but-open', ['=chat.deepseek.com']),
      ],
    });
    expect(ask(policies, URL)).toBe('block by rule b-narrow');
  });

  test('1: a lock that does not match locks nothing', () => {
    const policies = office({
      rules: [
        block('other-host', ['chatgpt.com'], { locked: true }),
        block('other-port', ['deepseek.com'], { locked: true, ports: [8443] }),
        block('spared', ['deepseek.com'], { locked: true, unless: { users: ['kim'] } }),
        block('open', ['deepseek.com']),
      ],
      exceptions: [exception('research', ['deepseek.com'])],
    });
    expect(ask(policies, URL, { user: 'kim' })).toBe('forward by exception research');
  });

  test('2: an exception wins over any block that is not locked, however narrow', () => {
    const policies = office({
      rules: [block('narrow', ['=chat.deepseek.com'])],
      exceptions: [exception('research', ['deepseek.*'])],
    });
    expect(ask(policies, URL, { user: 'kim' })).toBe('forward by exception research');
    expect(ask(policies, URL, { user: 'lee' })).toBe('block by rule narrow');
    expect(ask(policies, URL)).toBe('block by rule narrow');
  });

  test('2: an exception opens what the default blocks', () => {
    const policies = office({ default: 'block', exceptions: [exception('research', ['deepseek.com'])] });
    expect(ask(policies, URL, { user: 'kim' })).toBe('forward by exception research');
    expect(ask(policies, 'https://chatgpt.com/', { user: 'kim' })).toBe('block by default');
  });

  test('2: of several exceptions the most specific is the reason', () => {
    const policies = office({
      exceptions: [exception('a-wide', ['deepseek.com']), exception('b-narrow', ['*.deepseek.com'])],
    });
    expect(ask(policies, URL, { user: 'kim' })).toBe('forward by exception b-narrow');
  });

  test('3: a block wins over an allow, however narrow the allow', () => {
    const policies = office({
      rules: [allow('narrow', ['=chat.deepseek.com']), block('wide', ['deepseek.*'])],
    });
    expect(ask(policies, URL)).toBe('block by rule wide');
  });

  test.each([
    ['=chat.deepseek.com', '*.chat.deepseek.com', 'https://chat.deepseek.com/'],
    ['chat.deepseek.com', 'deepseek.com', 'https://chat.deepseek.com/'],
    ['=chat.deepseek.com', 'chat.deepseek.com', 'https://chat.deepseek.com/'],
    ['*.deepseek.com', 'deepseek.com', 'https://chat.deepseek.com/'],
    ['deepseek.com', 'deepseek.*', 'https://chat.deepseek.com/'],
  ])('3: of several blocks the most specific is the reason: %s over %s', (narrow, wide, url) => {
    const rules = [block('a', [wide]), block('b', [narrow])];
    expect(ask(office({ rules }), url)).toBe('block by rule b');
    expect(ask(office({ rules: rules.toReversed() }), url)).toBe('block by rule b');
  });

  test('3: a rule is as specific as the narrowest of its domains that matches', () => {
    const policies = office({
      rules: [
        block('a', ['*.deepseek.com']),
        block('b', ['deepseek.com', '=chat.deepseek.com', '=chat.deepseek.net']),
        block('c', ['=api.deepseek.com', 'deepseek.com']),
      ],
    });
    expect(ask(policies, URL)).toBe('block by rule b');
    expect(ask(policies, 'https://www.deepseek.com/')).toBe('block by rule a');
    expect(ask(policies, 'https://api.deepseek.com/')).toBe('block by rule c');
  });

  test('3: among equals the id that comes first is the reason, by code point and not by locale', () => {
    const ids = ['b', 'a10', 'a2', 'a-b', 'ab'];
    const rules = ids.map((id) => block(id, ['deepseek.com']));
    expect(ask(office({ rules }), URL)).toBe('block by rule a-b');
    expect(ask(office({ rules: rules.filter(({ id }) => id !== 'a-b') }), URL)).toBe('block by rule a10');
  });

  test('4: an allow wins over the default', () => {
    const policies = office({ default: 'block', rules: [allow('deepseek', ['deepseek.com'])] });
    expect(ask(policies, URL)).toBe('forward by rule deepseek');
    expect(ask(policies, 'https://chatgpt.com/')).toBe('block by default');
  });

  test('4: of several allows the most specific is the reason, then the first id', () => {
    const policies = office({
      rules: [
        allow('a', ['deepseek.com']),
        allow('c', ['=chat.deepseek.com']),
        allow('b', ['=chat.deepseek.com']),
      ],
    });
    expect(ask(policies, URL)).toBe('forward by rule b');
  });

  test('5: when nothing matches, the default decides', () => {
    expect(ask(office({ default: 'allow' }), URL)).toBe('forward by default');
    expect(ask(office({ default: 'block' }), URL)).toBe('block by default');
  });

  // Covers: EV-13
  test('5: a department that states no default blocks', () => {
    expect(ask(office({ default: undefined }), URL)).toBe('block by default');
  });

  // Covers: EV-13
  test.each([undefined, '', 'Office', 'another', '__proto__', 'constructor'])(
    'the department %s, which nobody wrote, is blocked whatever the others allow',
    (department) => {
      const decision = decide({ ...factsOf(URL), department }, office({ default: 'allow' }));
      expect(describeDecision(decision)).toBe('block by department-unknown');
    },
  );

  // Covers: EV-44
  test('departments do not see each other’s rules and exceptions', () => {
    const policies = policiesOf({
      'a.yaml': JSON.stringify({
        department: 'a',
        title: 'A',
        default: 'allow',
        rules: [block('ban', ['deepseek.com'])],
      }),
      'b.yaml': JSON.stringify({
        department: 'b',
        title: 'B',
        default: 'block',
        exceptions: [exception('e', ['a.com'])],
      }),
    });
    expect(ask(policies, URL, { department: 'a', user: 'kim' })).toBe('block by rule ban');
    expect(ask(policies, 'https://a.com/', { department: 'a', user: 'kim' })).toBe('forward by default');
    expect(ask(policies, URL, { department: 'b', user: 'kim' })).toBe('block by default');
  });
});

describe('an exception ends', () => {
  const policies = office({
    rules: [block('ban', ['deepseek.com'])],
    exceptions: [exception('research', ['deepseek.com'])],
  });

  test('at its `until`, to the millisecond', () => {
    expect(ask(policies, URL, { user: 'kim', time: UNTIL - 1 })).toBe('forward by exception research');
    expect(ask(policies, URL, { user: 'kim', time: UNTIL })).toBe('block by rule ban');
    expect(ask(policies, URL, { user: 'kim', time: UNTIL + 1 })).toBe('block by rule ban');
  });

  test('and then another that still holds takes its place', () => {
    const both = office({
      rules: [block('ban', ['deepseek.com'])],
      exceptions: [
        exception('narrow', ['=chat.deepseek.com']),
        exception('wide', ['deepseek.com'], { until: '2027-01-01T00:00:00Z' }),
      ],
    });
    expect(ask(both, URL, { user: 'kim', time: UNTIL - 1 })).toBe('forward by exception narrow');
    expect(ask(both, URL, { user: 'kim', time: UNTIL })).toBe('forward by exception wide');
  });

  test.each([
    '2026-12-31T18:00:00+09:00',
    '2026-12-31T09:00:00Z',
    '2026-12-31T04:00:00-05:00',
    '2026-12-31T09:00:00.000Z',
  ])('at one instant, in whatever offset it is written: %s', (until) => {
    const same = office({ exceptions: [exception('e', ['a.com'], { until })] });
    expect(same.departments.get('office')?.exceptions[0]?.until).toBe(UNTIL);
  });
});

describe('whom an exception is for', () => {
  const policies = office({
    rules: [block('ban', ['deepseek.com'])],
    exceptions: [
      exception('research', ['deepseek.com'], {
        for: { users: ['kim'], groups: ['research'], networks: ['10.20.40.0/24', '2001:db8:20:40::/64'] },
      }),
    ],
  });

  test.each([
    ['a user', { user: 'kim' }],
    ['a group', { groups: ['staff', 'research'] }],
    ['a network', { client: '10.20.40.7' }],
    ['an IPv6 network', { client: '2001:db8:20:40::7' }],
    ['a network, by an IPv4-mapped client', { client: '::ffff:10.20.40.7' }],
  ])('%s suffices', (_name, who) => {
    expect(ask(policies, URL, who)).toBe('forward by exception research');
  });

  test.each([
    ['another user', { user: 'lee' }],
    ['the same user in another case', { user: 'Kim' }],
    ['a user named as the group', { user: 'research' }],
    ['a group named as the user', { groups: ['kim'] }],
    ['another network', { client: '10.20.41.7' }],
    ['nobody known', {}],
  ])('%s does not', (_name, who) => {
    expect(ask(policies, URL, who)).toBe('block by rule ban');
  });
});

describe('`unless` spares', () => {
  const rule = (unless: object) =>
    office({ rules: [block('ban', ['deepseek.com'], { locked: true, unless })] });

  test.each([
    ['a user', { users: ['kim'] }, { user: 'kim' }],
    ['a group', { groups: ['research'] }, { groups: ['research'] }],
    ['a network', { networks: ['10.20.40.0/24'] }, { client: '10.20.40.7' }],
    ['a host', { domains: ['=chat.deepseek.com'] }, {}],
    ['the hosts below', { domains: ['*.deepseek.com'] }, {}],
    ['a name under every suffix', { domains: ['deepseek.*'] }, {}],
    [
      'any one of several',
      { users: ['lee'], groups: ['x'], networks: ['10.20.40.7'], domains: ['a.com'] },
      { client: '10.20.40.7' },
    ],
  ])('%s', (_name, unless, who) => {
    expect(ask(rule(unless), URL, who)).toBe('forward by default');
  });

  test.each([
    ['another user', { users: ['kim'] }, { user: 'lee' }],
    ['no user', { users: ['kim'] }, {}],
    ['another group', { groups: ['research'] }, { groups: ['staff'] }],
    ['another network', { networks: ['10.20.40.0/24'] }, { client: '10.20.41.7' }],
    ['another host', { domains: ['=api.deepseek.com'] }, {}],
    ['nobody, when it is empty', {}, { user: 'kim' }],
  ])('and not %s', (_name, unless, who) => {
    expect(ask(rule(unless), URL, who)).toBe('block by rule ban');
  });

  test('an allow too: what it spares falls to the default', () => {
    const policies = office({
      default: 'block',
      rules: [allow('portal', ['example.com'], { unless: { domains: ['=chat.example.com'] } })],
    });
    expect(ask(policies, 'https://www.example.com/')).toBe('forward by rule portal');
    expect(ask(policies, 'https://chat.example.com/')).toBe('block by default');
  });
});

describe('ports', () => {
  test('a rule with ports holds on those alone', () => {
    const policies = office({ rules: [block('ban', ['deepseek.com'], { ports: [443, 8443] })] });
    expect(ask(policies, 'https://deepseek.com/')).toBe('block by rule ban');
    expect(ask(policies, 'https://deepseek.com:8443/')).toBe('block by rule ban');
    expect(ask(policies, 'https://deepseek.com:8444/')).toBe('forward by default');
    expect(ask(policies, 'http://deepseek.com/')).toBe('forward by default');
    expect(ask(policies, 'http://deepseek.com:443/')).toBe('block by rule ban');
  });

  test('a rule without ports holds on every port and scheme', () => {
    const policies = office({ rules: [block('ban', ['deepseek.com'])] });
    for (const url of [
      'http://deepseek.com/',
      'https://deepseek.com:1/',
      'ws://deepseek.com/',
      'wss://deepseek.com:65535/',
    ])
      expect(ask(policies, url)).toBe('block by rule ban');
  });
});

describe('observe', () => {
  test('a rule that observes forwards, and says that it would block', () => {
    const policies = office({ rules: [block('watch', ['deepseek.com'], { mode: 'observe' })] });
    expect(ask(policies, URL)).toBe('forward by default, would block by rule watch');
    expect(ask(policies, 'https://chatgpt.com/')).toBe('forward by default');
  });

  test('beside it a rule that enforces blocks, and is the reason even when it is the wider one', () => {
    const policies = office({
      rules: [block('watch', ['=chat.deepseek.com'], { mode: 'observe' }), block('wide', ['deepseek.com'])],
    });
    expect(ask(policies, URL)).toBe('block by rule wide');
  });

  test('an allow beside it is the reason to forward', () => {
    const policies = office({
      default: 'block',
      rules: [block('watch', ['deepseek.com'], { mode: 'observe' }), allow('portal', ['deepseek.com'])],
    });
    expect(ask(policies, URL)).toBe('forward by rule portal, would block by rule watch');
  });

  test('it opens nothing: a default that blocks still does', () => {
    const policies = office({
      default: 'block',
      rules: [block('watch', ['deepseek.com'], { mode: 'observe' })],
    });
    expect(ask(policies, URL)).toBe('block by default');
  });

  test('an exception is the reason to forward, and nothing would block unless it is locked', () => {
    const policies = (locked: boolean) =>
      office({
        rules: [block('watch', ['deepseek.com'], { mode: 'observe', locked })],
        exceptions: [exception('research', ['deepseek.com'])],
      });
    expect(ask(policies(false), URL, { user: 'kim' })).toBe('forward by exception research');
    expect(ask(policies(true), URL, { user: 'kim' })).toBe(
      'forward by exception research, would block by rule watch',
    );
  });

  test('a department that observes forwards all, and says what would block', () => {
    const policies = office({
      mode: 'observe',
      default: 'block',
      rules: [block('ban', ['deepseek.com'], { locked: true })],
    });
    expect(ask(policies, URL)).toBe('forward by default, would block by rule ban');
    expect(ask(policies, 'https://chatgpt.com/')).toBe('forward by default, would block by default');
  });

  test('a rule’s own mode wins over its department’s', () => {
    const policies = office({
      mode: 'observe',
      rules: [block('ban', ['deepseek.com'], { mode: 'enforce' })],
    });
    expect(ask(policies, URL)).toBe('block by rule ban');
  });

  // Covers: EV-13
  test('an unknown department is blocked even where all observe', () => {
    expect(ask(office({ mode: 'observe' }), URL, { department: 'another' })).toBe(
      'block by department-unknown',
    );
  });
});

// EV-04, EV-11: what is matched is the canonical host, so that no spelling slips past a rule.
// Covers: EV-04
test.each([
  'https://CHAT.DeepSeek.com./',
  'https://%63hat.deepseek.com/',
  'https://ｃｈａｔ。deepseek.com/',
  'wss://chat.deep\u00adseek.com:444/',
])('%s is blocked like chat.deepseek.com', (url) => {
  expect(ask(office({ rules: [block('ban', ['=chat.deepseek.com'])] }), url)).toBe('block by rule ban');
});

// Covers: EV-04; EV-11
test.each([
  'http://127.0.0.1/',
  'http://127.1/',
  'http://0x7f.1/',
  'http://2130706433/',
  'http://①②⑦.⓪.⓪.①/',
])('%s is blocked by a rule on 127.0.0.1', (url) => {
  expect(ask(office({ rules: [block('local', ['127.0.0.1'])] }), url)).toBe('block by rule local');
});
