import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configOf, load, problemsOf } from './support.ts';

describe('what stands before HTTP on a listener', () => {
  test('is nothing unless it is said', () => {
    const [listener] = configOf({ file: 'listen: [{ port: 3129 }]' }).listen;
    expect(listener).toEqual({ host: '127.0.0.1', port: 3129 });
  });

  test('may be TLS, a PROXY header, or both; paths count from the file', () => {
    const { folder, loaded } = load({
      file: `listen:
  - { port: 1, tls: { cert: tls/a.crt, key: /etc/a.key } }
  - { port: 2, proxyProtocol: { from: [10.0.0.0/8, "2001:db8::5"] } }
  - { port: 3, tls: { cert: b.crt, key: b.key, clientCa: c.crt }, proxyProtocol: { from: [192.0.2.1] } }
`,
    });
    expect(loaded).toMatchObject({
      value: {
        listen: [
          { tls: { cert: join(folder, 'tls/a.crt'), key: '/etc/a.key' } },
          { proxyProtocol: { from: [{ text: '10.0.0.0/8' }, { text: '2001:db8::5/128' }] } },
          {
            tls: { cert: join(folder, 'b.crt'), key: join(folder, 'b.key'), clientCa: join(folder, 'c.crt') },
            proxyProtocol: { from: [{ text: '192.0.2.1/32' }] },
          },
        ],
      },
    });
  });

  test.each<[string, string, string, string]>([
    ['tls: { cert: a }', 'postern.yaml:1:17', '`key` is missing', 'add `key`'],
    ['tls: { key: a }', 'postern.yaml:1:17', '`cert` is missing', 'add `cert`'],
    ['tls: { cert: "", key: b }', 'postern.yaml:1:25', '`cert` cannot be ``', 'must not be empty'],
    [
      'tls: { cert: a, key: b, ca: c }',
      'postern.yaml:1:36',
      'unknown key `ca`',
      'known here: cert, key, clientCa',
    ],
    [
      'tls: true',
      'postern.yaml:1:17',
      '`tls` is not a mapping of keys to values',
      'write `tls: { cert: proxy.crt, key: proxy.key }`',
    ],
    [
      'proxyProtocol: true',
      'postern.yaml:1:27',
      '`proxyProtocol` is not a mapping of keys to values',
      'write `proxyProtocol: { from: [10.1.0.8/31] }`',
    ],
    ['proxyProtocol: {}', 'postern.yaml:1:27', '`from` is missing', 'add `from`'],
    [
      'proxyProtocol: { from: [] }',
      'postern.yaml:1:35',
      '`from` cannot be `[]`',
      'name at least one network',
    ],
    [
      'proxyProtocol: { from: [10.0.0.1/8] }',
      'postern.yaml:1:36',
      '`10.0.0.1/8` has bits set beyond its prefix',
      'did you mean 10.0.0.0/8?',
    ],
    [
      'proxyProtocol: { from: [balancer] }',
      'postern.yaml:1:36',
      '`balancer` is not a network',
      'write an address or CIDR, such as 10.20.0.0/16',
    ],
    ...['0.0.0.0/0', '"::/0"'].map((network): [string, string, string, string] => [
      `proxyProtocol: { from: [${network}] }`,
      'postern.yaml:1:36',
      'everybody could say that they are somebody else',
      'list the addresses of your load balancers',
    ]),
  ])('%s is refused, with its place', (setting, at, problem, hint) => {
    expect(problemsOf({ file: `listen: [{ ${setting} }]` })).toEqual([{ at, problem, hint }]);
  });
});

describe('two entries that the kernel could not both have', () => {
  test.each([
    ['the same address', '127.0.0.1', '127.0.0.1', '127.0.0.1'],
    ['the same address in two spellings', '"::1"', '"0:0:0:0:0:0:0:1"', '[0:0:0:0:0:0:0:1]'],
    ['all of IPv4 and an address of it', '0.0.0.0', '10.0.0.1', '10.0.0.1'],
    ['an address of IPv4 and all of it', '10.0.0.1', '0.0.0.0', '0.0.0.0'],
    ['all of IPv6, which has IPv4 in it', '"::"', '0.0.0.0', '0.0.0.0'],
  ])('%s at one port are refused, with the place of the second', (_name, one, other, shown) => {
    const file = `listen:\n  - { host: ${one}, port: 3128 }\n  - { host: ${other}, port: 3128 }\n`;
    expect(problemsOf({ file })).toEqual([
      {
        at: 'postern.yaml:3:5',
        problem: `${shown}:3128 is listened on already, by an entry before this one`,
        hint: 'give it a port of its own, or remove one of the two',
      },
    ]);
  });

  test.each([
    ['addresses of their own', '{ host: 127.0.0.1 }, { host: 127.0.0.2 }'],
    ['ports of their own', '{ port: 1 }, { port: 2 }'],
    ['any free port each', '{ port: 0 }, { port: 0 }'],
    ['all of IPv4, and an address of IPv6', '{ host: 0.0.0.0 }, { host: "::1" }'],
    ['zones of their own', '{ host: "fe80::1%a" }, { host: "fe80::1%b" }'],
  ])('%s are no such thing', (_name, entries) => {
    expect(configOf({ file: `listen: [${entries}]` }).listen).toHaveLength(2);
  });

  test('are told by the flag where they come from there', () => {
    const one = { host: '127.0.0.1', port: 3128 };
    expect(problemsOf({ flags: [{ path: ['listen'], value: [one, one] }] })).toMatchObject([
      { at: '--listen', problem: expect.stringContaining('127.0.0.1:3128 is listened on already') },
    ]);
  });
});

test('where a setting was made is told: the flag, the variable, the line, or its nearest parent', () => {
  const { at } = configOf({
    file: 'policies: a\negress:\n  connectPorts: [443]\n',
    environment: { POSTERN_EGRESS_DNS_SERVERS: '192.0.2.1' },
    flags: [{ path: ['policies'], value: 'b' }],
  });
  expect(at(['policies'])).toBe('--policies');
  expect(at(['egress', 'dns', 'servers', 0])).toBe('POSTERN_EGRESS_DNS_SERVERS');
  expect(at(['egress', 'connectPorts', 0])).toMatch(/postern\.yaml:3:18$/);
  expect(at(['egress', 'upstream', 0])).toMatch(/postern\.yaml:3:3$/);
  expect(configOf({}).at(['egress', 'upstream', 0])).toBe('egress.upstream.0');
});
