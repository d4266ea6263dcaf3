import { describe, expect, test } from 'vitest';
import { jsonOf, postern } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';

const TRADE = `department: trade
title: Trade
members: { networks: [127.0.0.1, 10.20.0.0/16] }
default: allow
rules:
  - id: deepseek
    block: { domains: [deepseek.com] }
    unless: { groups: [auditors] }
  - id: uploads
    block: { domains: [files.example.org] }
    ports: [8443]
  - id: relays
    mode: observe
    block: { domains: [openrouter.ai] }
exceptions:
  - id: research
    allow: { domains: [deepseek.com] }
    for: { users: [kim] }
    until: 2030-12-31T18:00:00+09:00
    approvedBy: cio
`;
const ROOM = `department: situation-room
title: Situation room
members: { networks: [10.30.0.0/16] }
default: block
rules:
  - id: korea
    allow: { domains: [korea.kr] }
`;

const HOSTERS = `department: hosters
title: Hosters
members: { ports: [3228] }
default: allow
rules:
  - { id: hoster, block: { addresses: [203.0.113.0/24] } }
`;

const folder = (extra: Record<string, string> = {}) =>
  folderWith({
    'policies/trade.yaml': TRADE,
    'policies/room.yaml': ROOM,
    'policies/hosters.yaml': HOSTERS,
    ...extra,
  });
const run = (...args: readonly string[]) => postern(['explain', ...args], { cwd: folder() });
const explained = async (...args: readonly string[]) => {
  const result = await run(...args, '--json');
  expect(result.stderr).toBe('');
  return { status: result.status, ...jsonOf(result) } as Record<string, unknown>;
};

describe('the proxy’s own site', () => {
  test('is answered by the proxy, whoever asks and wherever others would be sent', async () => {
    const config = `egress:
  dns: { hosts: { postern.internal: [10.0.0.1] } }
  upstream: [{ proxies: [{ url: 'http://parent.example:3128' }] }]
`;
    const cwd = folder({ 'postern.yaml': config });
    for (const more of [[], ['--department', 'hosters'], ['--department', 'situation-room']]) {
      const { status, stdout } = await postern(['explain', 'http://postern.internal/', ...more], { cwd });
      expect(status).toBe(0);
      expect(stdout).toContain('forward by the rule that the proxy answers for this name itself');
      expect(stdout).not.toContain('parent.example');
      expect(stdout).not.toContain('looked up');
    }
    expect(await explained('https://postern.internal:22/')).toMatchObject({ status: 3, reason: 'own-site' });
  });
});

describe('the exit status tells the decision', () => {
  test.each<[number, string, string[]]>([
    [0, 'forward', ['https://www.korea.kr/']],
    [3, 'block', ['https://chat.deepseek.com/']],
    [0, 'forward: observed only', ['https://openrouter.ai/']],
    [2, 'an unknown department', ['https://a.example/', '--department', 'trad']],
  ])('%i: %s', async (status, _name, args) => {
    expect((await run(...args)).status).toBe(status);
  });

  test('1: broken policies are told as `check` tells them, and explain nothing', async () => {
    const cwd = folder({ 'policies/trade.yaml': TRADE.replace('default:', 'defautl:') });
    expect(await postern(['explain', 'https://a.example/'], { cwd })).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('policies/trade.yaml:4:1  unknown key `defautl`'),
    });
  });
});

describe('the text', () => {
  test('tells who, what, why, and what each rule has to say, with its file and line', async () => {
    expect((await run('https://chat.deepseek.com/')).stdout).toBe(
      `https://chat.deepseek.com/  (trade, 127.0.0.1)
block by the rule deepseek  policies/trade.yaml:6

  block rule  deepseek  decides              deepseek.com  policies/trade.yaml:6
  block rule  uploads   names other hosts                  policies/trade.yaml:9
  block rule  relays    names other hosts                  policies/trade.yaml:12
  exception   research  is for other people  deepseek.com  policies/trade.yaml:16
`,
    );
  });

  test('names the exception that lifts a block, and who approved it', async () => {
    expect((await run('https://chat.deepseek.com/', '--user', 'kim')).stdout).toContain(
      'forward by the exception research, approved by cio  policies/trade.yaml:16\n',
    );
  });

  test('knows where a name leads when it is told, and says so when it matters and is not', async () => {
    const { status, stdout } = await run('https://shop.example/', '--department', 'hosters');
    expect(status).toBe(0);
    expect(stdout).toContain('its addresses are not looked up here');
    expect(stdout).toMatch(/ {2}block rule {2}hoster {2}depends on its addresses/);
    const told = await run('https://shop.example/', '--department', 'hosters', '--address', '203.0.113.9');
    expect(told.status).toBe(3);
    expect(told.stdout).toMatch(/ {2}block rule {2}hoster {2}decides {2}203\.0\.113\.0\/24/);
  });

  test('finds a department by its listener', async () => {
    expect((await run('https://shop.example/', '--listener', '3228')).stdout).toContain(
      '(hosters, 127.0.0.1)',
    );
  });

  test('tells what would be blocked if it were not only observed', async () => {
    expect((await run('https://openrouter.ai/')).stdout).toContain(
      "forward by the department's default: no rule matches\n  observed only: would block by the rule relays  policies/trade.yaml:12\n",
    );
  });

  test('tells that nobody claims an address', async () => {
    const { status, stdout } = await run('https://www.korea.kr/', '--client', '192.0.2.1');
    expect(status).toBe(3);
    expect(stdout).toContain(
      '(192.0.2.1, in no department)\nblock by the rule that unknown clients are blocked',
    );
  });

  test('offers the nearest department for a misspelt one', async () => {
    const result = await run('https://a.example/', '--department', 'situationroom');
    expect(result.stderr).toContain('--department  unknown department `situationroom`');
    expect(result.stderr).toContain('did you mean situation-room?');
  });

  test('takes a host without a scheme for https', async () => {
    expect((await run('chat.deepseek.com')).stdout).toMatch(/^https:\/\/chat\.deepseek\.com {2}\(/);
  });
});

describe('--json', () => {
  test('tells the same in one object', async () => {
    expect(await explained('https://chat.deepseek.com/')).toEqual({
      status: 3,
      url: 'https://chat.deepseek.com/',
      host: 'chat.deepseek.com',
      port: 443,
      department: 'trade',
      action: 'block',
      reason: 'rule',
      rule: 'deepseek',
      source: 'policies/trade.yaml:6',
      rules: [
        {
          id: 'deepseek',
          action: 'block',
          verdict: 'applies',
          decides: true,
          by: 'deepseek.com',
          source: 'policies/trade.yaml:6',
        },
        { id: 'uploads', action: 'block', verdict: 'other-host', source: 'policies/trade.yaml:9' },
        { id: 'relays', action: 'block', verdict: 'other-host', source: 'policies/trade.yaml:12' },
      ],
      exceptions: [
        { id: 'research', verdict: 'other-people', by: 'deepseek.com', source: 'policies/trade.yaml:16' },
      ],
    });
  });

  test('has the would-be block of observe mode', async () => {
    expect(await explained('https://openrouter.ai/')).toMatchObject({
      status: 0,
      action: 'forward',
      wouldBlock: { reason: 'rule', rule: 'relays', source: 'policies/trade.yaml:12' },
    });
  });

  test('tells problems as an object too', async () => {
    const result = await run('https://a.example/', '--department', 'trad', '--json');
    expect(result).toMatchObject({ status: 2, stderr: '' });
    expect(jsonOf(result)).toEqual({
      ok: false,
      problems: [{ at: '--department', problem: 'unknown department `trad`', hint: 'did you mean trade?' }],
    });
  });
});

describe('each option about the asker changes the outcome', () => {
  const URL = 'https://chat.deepseek.com/';

  test.each<[string, string[], object, string[], object]>([
    [
      '--department',
      ['https://www.korea.kr/'],
      { action: 'forward', reason: 'default', department: 'trade' },
      ['--department', 'situation-room'],
      { action: 'forward', reason: 'rule', rule: 'korea', department: 'situation-room' },
    ],
    [
      '--client',
      ['https://a.example/'],
      { action: 'forward', department: 'trade' },
      ['--client', '10.30.0.9'],
      { action: 'block', reason: 'default', department: 'situation-room' },
    ],
    [
      '--user',
      [URL],
      { action: 'block', rule: 'deepseek' },
      ['--user', 'kim'],
      { action: 'forward', exception: 'research', source: 'policies/trade.yaml:16' },
    ],
    [
      '--group',
      [URL],
      { action: 'block', rule: 'deepseek' },
      ['--group', 'staff', '--group', 'auditors'],
      { action: 'forward', reason: 'default' },
    ],
    [
      '--at',
      [URL, '--user', 'kim', '--at', '2030-12-31T17:59:59+09:00'],
      { action: 'forward', exception: 'research' },
      ['--at', '2030-12-31T09:00:00Z'],
      { action: 'block', rule: 'deepseek' },
    ],
  ])('%s', async (_option, args, before, more, after) => {
    expect(await explained(...args)).toMatchObject(before);
    expect(await explained(...args, ...more)).toMatchObject(after);
  });

  test('a department that is named holds whatever the client’s address says', async () => {
    expect(
      await explained('https://a.example/', '--client', '10.30.0.9', '--department', 'trade'),
    ).toMatchObject({
      action: 'forward',
      department: 'trade',
    });
  });
});

describe('what the proxy never does, whatever the policies say', () => {
  test('a port that CONNECT may not ask for', async () => {
    const result = await run('https://a.example:25/');
    expect(result).toMatchObject({ status: 3, stderr: '' });
    expect(result.stdout).toContain('block by egress.connectPorts: it does not list 25\n');
    expect(await explained('https://a.example:25/')).toMatchObject({
      action: 'block',
      reason: 'port-forbidden',
    });
    expect(await explained('http://a.example:4443/')).toMatchObject({ action: 'forward' });
  });

  test('a port where plain HTTP is not spoken', async () => {
    const result = await run('http://a.example:25/');
    expect(result).toMatchObject({ status: 3, stderr: '' });
    expect(result.stdout).toContain('block by egress.forbiddenHttpPorts: it lists 25\n');
  });

  test('a port that the configuration opens is open', async () => {
    const cwd = folder({ 'postern.yaml': 'egress: { connectPorts: [25] }' });
    expect((await postern(['explain', 'https://a.example:25/'], { cwd })).status).toBe(0);
    expect((await postern(['explain', 'https://a.example/'], { cwd })).status).toBe(3);
  });

  test.each([
    ['http://127.0.0.1/', '127.0.0.1', 'loopback'],
    ['http://2130706433/', '127.0.0.1', 'loopback'],
    ['http://169.254.169.254/latest/meta-data/', '169.254.169.254', 'cloud-metadata'],
    ['http://[::1]/', '::1', 'loopback'],
    ['https://10.0.0.1/', '10.0.0.1', 'private'],
  ])('a special address written out: %s', async (url, address, range) => {
    expect(await explained(url)).toMatchObject({ status: 3, reason: 'address-forbidden', address, range });
    expect((await run(url)).stdout).toContain(
      `${address} is special (${range}), see egress.internalNetworks`,
    );
  });

  test('a network that the configuration opens is open', async () => {
    const env = { POSTERN_EGRESS_INTERNAL_NETWORKS: '10.0.0.0/8' };
    expect((await postern(['explain', 'http://10.0.0.1/'], { cwd: folder(), env })).status).toBe(0);
    expect((await postern(['explain', 'http://192.168.0.1/'], { cwd: folder(), env })).status).toBe(3);
  });

  // Covers: EV-06
  test('a tunnel to an address that nobody named', async () => {
    expect(await explained('https://1.2.3.4/')).toMatchObject({ status: 3, reason: 'address-literal' });
    expect((await run('https://1.2.3.4/')).stdout).toContain('block by egress.tunnels.addressLiterals: ');
    expect(await explained('http://1.2.3.4/')).toMatchObject({ status: 0, reason: 'default' });
    const env = { POSTERN_EGRESS_TUNNELS_ADDRESS_LITERALS: 'allow' };
    expect((await postern(['explain', 'https://1.2.3.4/'], { cwd: folder(), env })).status).toBe(0);
  });

  test('a tunnel to an address that a rule or an internal network names is open', async () => {
    const policy = TRADE.replace('block: { domains: [deepseek.com] }', 'allow: { addresses: [1.2.3.0/24] }');
    const cwd = folder({ 'policies/trade.yaml': policy });
    expect((await postern(['explain', 'https://1.2.3.4/'], { cwd })).status).toBe(0);
    expect((await postern(['explain', 'https://1.2.4.4/'], { cwd })).status).toBe(3);
    const env = { POSTERN_EGRESS_INTERNAL_NETWORKS: '10.0.0.0/8' };
    expect((await postern(['explain', 'https://10.0.0.1/'], { cwd: folder(), env })).status).toBe(0);
  });

  test('the rule that blocks an address anyway is named before the address', async () => {
    const policy = TRADE.replace('[deepseek.com]', '[10.0.0.1]');
    const cwd = folder({ 'policies/trade.yaml': policy });
    expect(jsonOf(await postern(['explain', 'http://10.0.0.1/', '--json'], { cwd }))).toMatchObject({
      reason: 'rule',
      rule: 'deepseek',
    });
  });
});

describe('by what way a request would leave', () => {
  const CONFIG = `egress:
  dns: { hosts: { pinned.korea.kr: [10.0.0.1] } }
  upstream:
    - domains: [korea.kr]
      proxies:
        - { url: "https://parent.example:3129", username: postern, passwordFile: not-readable-here }
        - direct
    - domains: [example.kr]
      departments: [situation-room]
      proxies: [{ url: "http://other.example:3128" }]
    - { domains: [pinned.example], proxies: [{ url: "http://other.example:3128" }] }
`;
  const ask = (...args: readonly string[]) =>
    postern(['explain', ...args], { cwd: folder({ 'postern.yaml': CONFIG }) });

  test('is told where a parent proxy may carry it, without the files of that parent', async () => {
    const { status, stdout } = await ask('https://www.korea.kr/');
    expect(status).toBe(0);
    expect(stdout).toContain('\n  by way of parent.example:3129, else direct\n');
    expect(jsonOf(await ask('https://www.korea.kr/', '--json'))).toMatchObject({
      upstream: ['parent.example:3129', 'direct'],
    });
  });

  test('is not told of a block, nor of what goes direct', async () => {
    for (const url of ['https://deepseek.com/', 'https://www.example.kr/'])
      expect((await ask(url)).stdout).not.toContain('by way of');
  });

  test('an address that only the parent would look at decides nothing here', async () => {
    const withDirect = jsonOf(await ask('https://pinned.korea.kr/', '--json'));
    expect(withDirect).toMatchObject({ action: 'block', reason: 'address-forbidden' });
    const parentOnly = await ask('https://pinned.example/', '--address', '10.0.0.1', '--json');
    expect(jsonOf(parentOnly)).toMatchObject({ action: 'forward', upstream: ['other.example:3128'] });
  });
});
