import { describe, expect, test } from 'vitest';
import { configWarnings } from '../../src/config/warnings.ts';
import { configOf, problemsOf } from './support.ts';

const pacOf = (text: string, environment = {}) => configOf({ file: `pac: { ${text} }`, environment }).pac;
const warningsIn = (file: string) =>
  configWarnings(configOf({ file })).map(({ code, at }) => ({ code, at: at.replace(/^.*\//, '') }));

test('without settings, clients go directly to themselves alone, and to nothing else when no proxy answers', () => {
  expect(configOf({}).pac).toEqual({
    proxies: [],
    direct: [{ kind: 'group', group: '<loopback>' }],
    fallback: 'none',
  });
});

test('a proxy is a host and a port, with https:// where TLS is spoken', () => {
  const { proxies } = pacOf(
    'proxies: ["Proxy.Example:3128", "http://a.example:1/", "HTTPS://b.example:2", "10.1.0.5:3", "[2001:DB8::5]:4"]',
  );
  expect(proxies.map(({ scheme, host, port }) => `${scheme} ${host} ${port}`)).toEqual([
    'http proxy.example 3128',
    'http a.example 1',
    'https b.example 2',
    'http 10.1.0.5 3',
    'http [2001:db8::5] 4',
  ]);
});

function told(entry: ReturnType<typeof pacOf>['direct'][number]): string {
  switch (entry.kind) {
    case 'group':
      return entry.group;
    case 'network':
      return entry.network.text;
    case 'names':
      return `${entry.pattern.kind} ${entry.pattern.text}`;
  }
}

test('what goes directly is a group, a network, an address or names', () => {
  const { direct } = pacOf(
    'direct: [<internal>, <plain>, <link-local>, 10.1.0.0/16, "fd00::/8", 10.2.0.1, "2001:db8::1", "[::1]", a.example, "=b.example", "*.c.example", face]',
  );
  expect(direct.map(told)).toEqual([
    '<internal>',
    '<plain>',
    '<link-local>',
    '10.1.0.0/16',
    'fd00::/8',
    '10.2.0.1/32',
    '2001:db8::1/128',
    'exact [::1]',
    'domain a.example',
    'exact =b.example',
    'subdomains *.c.example',
    'domain face',
  ]);
});

test('lists may come from variables', () => {
  const environment = {
    POSTERN_PAC_PROXIES: 'a.example:1, b.example:2',
    POSTERN_PAC_DIRECT: '<plain>,10.0.0.0/8',
  };
  const { proxies, direct } = pacOf('', environment);
  expect(proxies.map(({ host }) => host)).toEqual(['a.example', 'b.example']);
  expect(direct.map(({ kind }) => kind)).toEqual(['group', 'network']);
});

describe('refused, with its place and what to write:', () => {
  test.each<[string, string, string]>([
    ['proxies: [a.example]', '`a.example` names no port', 'such as proxy.example:3128'],
    [
      'proxies: ["socks://a.example:1"]',
      '`socks://a.example:1` is not a proxy',
      'such as proxy.example:3128',
    ],
    ['proxies: ["a.example:1/x"]', '`a.example:1/x` is not a proxy', 'such as proxy.example:3128'],
    ['proxies: ["u:p@a.example:1"]', 'carries user information', 'without `user@`'],
    ['proxies: ["a.example:1; DIRECT"]', 'the port is not valid', 'from 1 to 65535'],
    ['proxies: ["a.example:70000"]', 'the port is not valid', 'from 1 to 65535'],
    ['direct: [<local>]', '`<local>` is no word that stands here', '<internal>, <plain>'],
    ['direct: ["https://a.example/"]', '`https://a.example/` is a URL', 'without a scheme'],
    ['direct: [10.1.0.1/16]', 'bits set beyond its prefix', '10.1.0.0/16'],
    ['direct: [0.0.0.0/0]', 'go around the proxy to every address', 'your internal servers'],
    ['direct: ["::/0"]', 'go around the proxy to every address', 'your internal servers'],
    ['direct: [com]', 'is a public suffix', 'registrable domain'],
    ['direct: ["*"]', 'wildcard', 'a.b'],
    ['direct: ["a.*"]', 'a PAC file knows no public suffixes', 'write each domain'],
    ['fallback: proxy', 'fallback', 'none or direct'],
  ])('%s', (text, problem, hint) => {
    const [found, ...others] = problemsOf({ file: `pac: { ${text} }` });
    expect(others).toEqual([]);
    expect(found?.at).toMatch(/^postern\.yaml:1:\d+$/);
    expect(found?.problem).toContain(problem);
    expect(found?.hint).toContain(hint);
  });

  test('more proxies than clients should wait for', () => {
    const nine = Array.from({ length: 9 }, (_, index) => `"a.example:${index + 1}"`);
    expect(problemsOf({ file: `pac: { proxies: [${nine}] }` })).toMatchObject([
      { hint: 'at most 8 are tried' },
    ]);
  });

  test('more entries than a browser should go through at each request, those behind <internal> among them', () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `n${index}.example`);
    const file = (internal: number, own: number): string =>
      `egress: { internalNames: [${names(internal)}] }\npac: { direct: [<internal>, ${names(own)}] }`;
    expect(configOf({ file: file(500, 499) }).pac.direct).toHaveLength(500);
    expect(problemsOf({ file: file(500, 500) })).toMatchObject([
      { at: 'postern.yaml:2:16', problem: expect.stringMatching(/^1001 entries/) },
    ]);
  });

  test('<internal> where every address is internal', () => {
    const file = 'egress: { internalNetworks: [0.0.0.0/0] }\npac: { direct: [<internal>] }';
    expect(problemsOf({ file })).toMatchObject([
      { at: 'postern.yaml:2:16', problem: expect.stringContaining('`0.0.0.0/0`') },
    ]);
  });
});

describe('`check` warns', () => {
  test('of a way around a proxy that does not answer', () => {
    expect(warningsIn('pac: { fallback: direct }')).toEqual([
      { code: 'pac-fallback', at: 'postern.yaml:1:18' },
    ]);
    expect(warningsIn('pac: { fallback: none }')).toEqual([]);
  });

  test('of a network that is not private, or reaches beyond one', () => {
    const file = 'pac: { direct: [10.1.0.0/16, 8.0.0.0/8, 10.0.0.0/7, "fd00::/8", "2001:db8::/32"] }';
    const code = 'pac-public-network';
    expect(warningsIn(file)).toEqual([
      { code, at: 'postern.yaml:1:30' },
      { code, at: 'postern.yaml:1:41' },
      { code, at: 'postern.yaml:1:65' },
    ]);
  });

  test('of an internal name that a PAC file cannot know, when it is to go directly', () => {
    const egress = 'egress: { internalNames: [a.example, "any.*"] }';
    expect(warningsIn(`${egress}\npac: { direct: [<internal>] }`)).toEqual([
      { code: 'pac-any-suffix', at: 'postern.yaml:1:38' },
    ]);
    expect(warningsIn(egress)).toEqual([]);
  });
});
