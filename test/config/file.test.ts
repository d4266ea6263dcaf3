import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { folderWith } from '../support/temp-dir.ts';
import { configOf, problemsOf } from './support.ts';

const named = (file: string, cwd: string) => loadConfig({ file, flags: [], environment: {}, cwd });

describe('a file that cannot be used', () => {
  test('that is named and missing is an error, not a reason for defaults', () => {
    const cwd = folderWith();
    expect(named('nowhere.yaml', cwd)).toEqual({
      ok: false,
      error: [
        {
          at: join(cwd, 'nowhere.yaml'),
          problem: expect.stringMatching(/^cannot be read: ENOENT/),
          hint: 'check the path and its permissions',
        },
      ],
    });
  });

  test('that is a folder says so', () => {
    const cwd = folderWith({ 'conf/postern.yaml': '' });
    expect(named('conf', cwd)).toMatchObject({
      error: [{ at: join(cwd, 'conf'), problem: expect.stringContaining('EISDIR') }],
    });
  });

  test.each([
    ['a list', '- listen'],
    ['a text', 'listen'],
    ['a number', '3128'],
  ])('that holds %s instead of a mapping says what it should hold', (_name, file) => {
    expect(problemsOf({ file })).toEqual([
      {
        at: 'postern.yaml:1:1',
        problem: 'the file is not a mapping of keys to values',
        hint: 'write a mapping of keys to values',
      },
    ]);
  });

  test('that is no YAML tells the line', () => {
    expect(problemsOf({ file: 'workers: 1\nlog: [never\n' })[0]?.at).toMatch(/^postern\.yaml:[23]:\d+$/);
  });

  test('whose problems are many tells them all, in the order of the file', () => {
    const places = problemsOf({
      file: 'worker: 1\nlog:\n  fsync: sometimes\negress:\n  connectPorts: [443, 70000]\n',
    }).map(({ at }) => at);
    expect(places).toEqual(['postern.yaml:1:1', 'postern.yaml:3:10', 'postern.yaml:5:23']);
  });

  test('and a variable that cannot be used are both reported', () => {
    const places = problemsOf({ file: 'worker: 1', environment: { POSTERN_WORKER: '1' } }).map(
      ({ at }) => at,
    );
    expect(places).toEqual(['postern.yaml:1:1', 'POSTERN_WORKER']);
  });
});

describe('an unknown key is an error, and the nearest known one is offered', () => {
  test.each([
    ['at the top', 'worker: 1', 'postern.yaml:1:1', 'worker', 'workers'],
    ['in a section', 'log:\n  fsnc: never', 'postern.yaml:2:3', 'fsnc', 'fsync'],
    ['two sections deep', 'egress: { dns: { sevrers: [] } }', 'postern.yaml:1:18', 'sevrers', 'servers'],
    ['in an entry of a list', 'listen: [{ prot: 3128 }]', 'postern.yaml:1:12', 'prot', 'port'],
    ['in the wrong case', 'blockpage: {}', 'postern.yaml:1:1', 'blockpage', 'blockPage'],
  ])('%s', (_name, file, at, written, meant) => {
    expect(problemsOf({ file })).toEqual([
      { at, problem: `unknown key \`${written}\``, hint: `did you mean \`${meant}\`?` },
    ]);
  });

  test('when none is near, all that may stand there are listed', () => {
    expect(problemsOf({ file: 'log: { compression: gzip }' })[0]?.hint).toBe(
      'known here: dir, fsync, onError',
    );
  });

  test('a key that stands twice is an error: which of the two would hold?', () => {
    expect(problemsOf({ file: 'workers: 1\nworkers: auto' })).toMatchObject([
      { at: 'postern.yaml:2:1', problem: 'the key stands twice in this mapping' },
    ]);
  });
});

describe('a value that a setting cannot have', () => {
  test.each([
    ['a port too high', 'listen: [{ port: 70000 }]', '1:18', '`port` cannot be `70000`', 'at most 65535'],
    [
      'a port as text',
      'listen: [{ port: "80" }]',
      '1:18',
      '`port` is not a number',
      'write 80 without quotes',
    ],
    [
      'a name to listen on',
      'listen: [{ host: localhost }]',
      '1:18',
      '`localhost` is not an IP address',
      'IPv4',
    ],
    ['nowhere to listen', 'listen: []', '1:9', '`listen` cannot be `[]`', 'name at least one address'],
    ['an unknown choice', 'log: { fsync: daily }', '1:15', 'unknown fsync `daily`', 'never or always'],
    ['no workers', 'workers: 0', '1:10', '`workers` cannot be `0`', 'must be at least 1'],
    ['no port', 'egress: { connectPorts: [] }', '1:25', '`connectPorts` cannot be `[]`', 'at least one port'],
    ['port zero', 'egress: { connectPorts: [0] }', '1:26', 'this entry cannot be `0`', 'at least 1'],
    ['half a port', 'egress: { connectPorts: [1.5] }', '1:26', 'not a whole number', 'whole number'],
    [
      'a network with host bits',
      'egress: { internalNetworks: [10.0.0.1/8] }',
      '1:30',
      '`10.0.0.1/8` has bits set beyond its prefix',
      'did you mean 10.0.0.0/8?',
    ],
    ['no network', 'egress: { internalNetworks: [ten] }', '1:30', '`ten` is not a network', 'CIDR'],
    ['a whole suffix', 'egress: { internalNames: [com] }', '1:27', '`com` is a public suffix', 'example.com'],
    [
      'a name server by name',
      'egress: { dns: { servers: [dns.example] } }',
      '1:28',
      '`dns.example` is not a name server',
      '192.0.2.53',
    ],
    ['an empty path', 'policies: ""', '1:11', '`policies` cannot be ``', 'must not be empty'],
    ['a number for a path', 'state: 3', '1:8', '`state` is not a text', 'put it in quotes: "3"'],
    ['a section left empty', 'log:', '1:5', '`log` is not a mapping', 'write a mapping'],
  ])('%s is told by place, problem and remedy', (_name, file, place, problem, hint) => {
    const problems = problemsOf({ file });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.at).toBe(`postern.yaml:${place}`);
    expect(problems[0]?.problem).toContain(problem);
    expect(problems[0]?.hint).toContain(hint);
  });
});

describe('hosts with fixed addresses', () => {
  const hosts = (yaml: string) => `egress: { dns: { hosts: ${yaml} } }`;

  test('their names come out as the proxy knows hosts', () => {
    const file = hosts('{ WWW.Example.ORG.: [192.0.2.1, "2001:db8::1"], 예시.example: [192.0.2.2] }');
    expect(configOf({ file }).egress.dns.hosts).toEqual({
      'www.example.org': ['192.0.2.1', '2001:db8::1'],
      'xn--vv4b11d.example': ['192.0.2.2'],
    });
  });

  test.each([
    ['a name that is none', '{ "a b": [192.0.2.1] }', 'remove it'],
    ['many names in one', '{ "*.example.org": [192.0.2.1] }', 'names are exact here: write each of them'],
    ['a list', '[{ a.example: 192.0.2.1 }]', 'write `hosts: { wiki.intranet.example: [10.1.2.3] }`'],
    ['an address that is none', '{ a.example: [192.0.2.256] }', 'IPv4 or IPv6 address'],
    ['a name without an address', '{ a.example: [] }', 'at least one address'],
  ])('%s is told with what to write instead', (_name, yaml, hint) => {
    const problems = problemsOf({ file: hosts(yaml) });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.at).toMatch(/^postern\.yaml:1:\d+$/);
    expect(problems[0]?.hint).toContain(hint);
  });
});

describe('a section that is written in another form is answered with an example of the right one', () => {
  const EXAMPLE = '{ proxies: [{ url: "http://parent.example:3128" }] }';
  test.each([
    ['listen: 3128', '`listen` is not a list', 'write `listen: [{ port: 3128 }]`'],
    ['listen: [3128]', 'this entry is not a mapping of keys to values', 'write `{ port: 3128 }`'],
    [
      'egress: { upstream: "http://parent:3128" }',
      '`upstream` is not a list',
      `write \`upstream: [${EXAMPLE}]\``,
    ],
    ['egress: { upstream: ["http://parent:3128"] }', 'this entry is not a mapping', `write \`${EXAMPLE}\``],
    [
      'egress: { upstream: [{ proxies: "http://parent:3128" }] }',
      '`proxies` is not a list',
      'write `proxies: [{ url: "http://parent.example:3128" }]`',
    ],
    ['egress: { forbiddenHttpPorts: none }', 'is not a list', 'write `forbiddenHttpPorts: []` for none'],
    ['egress: { connectPorts: none }', '`connectPorts` is not a list', 'write `connectPorts: [443, 8443]`'],
    ['egress: { connectPorts: 443 }', '`connectPorts` is not a list', 'write `connectPorts: [443]`'],
  ])('%s', (file, problem, hint) => {
    const problems = problemsOf({ file });
    expect(problems).toHaveLength(1);
    expect(problems[0]?.problem).toContain(problem);
    expect(problems[0]?.hint).toBe(hint);
  });

  test.each([
    ['POSTERN_LISTEN', 'listen', 'listen: [{ port: 3128 }]'],
    ['POSTERN_EGRESS_UPSTREAM', 'egress.upstream', `upstream: [${EXAMPLE}]`],
    ['POSTERN_EGRESS_DNS_HOSTS', 'egress.dns.hosts', 'hosts: { wiki.intranet.example: [10.1.2.3] }'],
  ])('%s, which no variable can say', (name, setting, example) => {
    expect(problemsOf({ environment: { [name]: 'http://parent:3128' } })).toEqual([
      {
        at: name,
        problem: 'no setting has this variable',
        hint: `\`${setting}\` holds more than plain values: write it in the configuration file, such as \`${example}\``,
      },
    ]);
  });

  test('the examples are such as the configuration takes', () => {
    const file = `listen: [{ port: 3128 }]\negress:\n  upstream: [${EXAMPLE}]\n  dns: { hosts: { wiki.intranet.example: [10.1.2.3] } }\n`;
    expect(configOf({ file }).egress.upstream).toHaveLength(1);
  });
});
