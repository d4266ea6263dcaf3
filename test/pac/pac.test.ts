import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { pacFor } from '../../src/pac/pac.ts';
import { pacResolver } from '../support/pac.ts';
import { settingsIn } from './support.ts';

const FILE = `
listen: [{ host: 10.1.0.5, port: 3128 }]
egress:
  internalNetworks: [10.1.0.0/16, "fd00:1::/32"]
  internalNames: [intranet.example, "*.corp.example", "=wiki.example", "any.*"]
pac:
  direct: [<internal>, <loopback>, <link-local>, shop.example, 192.0.2.0/25, "=[2001:db8::7]"]
`;
const PROXY = 'PROXY 10.1.0.5:3128';

describe('by the PAC file', async () => {
  const find = await pacResolver(pacFor(settingsIn(FILE)));

  test.each([
    'intranet.example',
    'a.b.intranet.example',
    'INTRANET.Example',
    'intranet.example.',
    'a.corp.example',
    'wiki.example',
    'shop.example',
    'www.shop.example',
    '10.1.255.1',
    '192.0.2.127',
    '[fd00:1::1]',
    'fd00:1::1', // as Chromium passes it
    'FD00:0001:0:0:0:0:0:1',
    '::ffff:10.1.2.3',
    '[::ffff:a01:203]',
    '[2001:db8::7]',
    'localhost',
    'app.localhost',
    '127.8.8.8',
    '[::1]',
    '169.254.7.7',
    '[fe80::1]',
    '[febf:ffff::1]',
  ])('%s is fetched directly', async (host) => {
    expect(await find('http://client.example/', host)).toBe('DIRECT');
  });

  test.each([
    'www.example.org',
    'chat.deepseek.com',
    'example',
    'corp.example', // `*.` is what is below
    'www.wiki.example', // `=` is it alone
    'notintranet.example',
    'intranet.example.evil.example',
    'intranet.example..',
    'any.com', // of no form that a PAC file can know
    '10.2.0.1',
    '192.0.2.128',
    '8.8.8.8',
    '[fd00:2::1]',
    '[2001:db8::8]',
    '[fec0::1]',
    '[::2]',
    '::ffff:10.2.2.3',
    'localhost.example',
    'postern.internal',
    '__proto__',
    'constructor',
    'a.constructor',
  ])('%s goes by the proxy', async (host) => {
    expect(await find('http://client.example/', host)).toBe(PROXY);
  });

  test.each([
    ['an address in other numbers', '0x0a.1.2.3'],
    ['an address with leading zeros', '010.001.002.003'],
    ['an address in three parts', '10.1.515'],
    ['an address with a dot behind it', '10.1.2.3.'],
    ['an address with too much behind it', '10.1.2.3.4'],
    ['an address out of range', '10.1.2.256'],
    ['an IPv6 address with a zone', 'fe80::1%eth0'],
    ['an IPv6 address with two gaps', 'fd00:1::1::1'],
    ['an IPv6 address that is too short', 'fd00:1:1'],
    ['an IPv6 address that is too long', 'fd00:1:0:0:0:0:0:0:1'],
    ['an IPv6 address in half a bracket', '[fd00:1::1'],
    ['a gap that is none', 'fd00:1:0:0::0:0:0:1'],
    ['a letter of another script', 'intr\u0430net.example'],
    ['a letter that becomes one of ours in lower case', 'intranet.\u212Aorp.example'],
    ['an escape', 'intranet%2eexample'],
    ['a space', 'intranet.example '],
    ['a NUL', 'evil.example\u0000.intranet.example'],
    ['a path', 'evil.example/.intranet.example'],
    ['a user', 'evil.example@intranet.example'],
    ['an empty label', 'a..intranet.example'],
    ['more than a name may have', `${'a.'.repeat(200)}intranet.example`],
  ])('%s is no exception: %s', async (_what, host) => {
    expect(await find('http://client.example/', host)).toBe(PROXY);
  });

  test('the port, the scheme and the path make no difference', async () => {
    for (const scheme of ['http', 'https', 'ws', 'wss', 'ftp']) {
      expect(await find(`${scheme}://intranet.example:8443/x`)).toBe('DIRECT');
      expect(await find(`${scheme}://www.example.org:8443/intranet.example`)).toBe(PROXY);
    }
  });
});

describe('plain names', async () => {
  const listen = 'listen: [{ host: 10.1.0.5, port: 3128 }]';
  const kept = await pacResolver(pacFor(settingsIn(listen)));
  const opened = await pacResolver(pacFor(settingsIn(`${listen}\npac: { direct: [<plain>] }`)));

  test.each(['wiki', 'pc-7', '7zip', 'an_old_name'])('%s goes by the proxy, or directly', async (host) => {
    expect(await kept('http://client.example/', host)).toBe(PROXY);
    expect(await opened('http://client.example/', host)).toBe('DIRECT');
  });

  test.each(['134744072', '0x08080808', '0x', 'ai.', '\u3002', 'a\u3002com', 'a%2ecom', '::1', '[::1]'])(
    '%s is none',
    async (host) => {
      expect(await opened('http://client.example/', host)).toBe(PROXY);
    },
  );
});

describe('the proxies', () => {
  const answerOf = async (file: string, asked?: string): Promise<string> =>
    (await pacResolver(pacFor(settingsIn(file), asked)))('https://www.example.org/');
  const three = 'pac: { proxies: ["a.example:3128", "https://b.example:3129", "[2001:db8::5]:3128"] }';

  test('are tried in their order, and nothing comes after them', async () => {
    expect(await answerOf(three)).toBe(
      'PROXY a.example:3128; HTTPS b.example:3129; PROXY [2001:db8::5]:3128',
    );
  });

  test('let clients go around them when it is said so', async () => {
    const file = 'pac: { proxies: ["a.example:3128"], fallback: direct }';
    expect(await answerOf(file)).toBe('PROXY a.example:3128; DIRECT');
  });

  test('begin with the one by whose name the file was asked for', async () => {
    expect(await answerOf(three, 'b.example')).toMatch(
      /^HTTPS b\.example:3129; PROXY a\.example:3128; PROXY /,
    );
  });

  test('are the same whoever asks by any other name, and the name is nowhere in the file', () => {
    const settings = settingsIn(three);
    for (const asked of ['evil.example', 'b.example:3129', '"; alert(1); "', '__proto__', ''])
      expect(pacFor(settings, asked)).toBe(pacFor(settings));
  });

  test.each([
    ['the default', '', 'PROXY 127.0.0.1:3128'],
    [
      'plain and TLS',
      '{ host: 10.1.0.5, port: 80 }, { host: "2001:db8::5", port: 443, tls: { cert: c, key: k } }',
      'PROXY 10.1.0.5:80; HTTPS [2001:db8::5]:443',
    ],
    ['loopback beside others', '{ port: 3128 }, { host: 10.1.0.5, port: 3129 }', 'PROXY 10.1.0.5:3129'],
    [
      'load balancers beside clients',
      '{ host: 10.1.0.5, port: 3128 }, { host: 10.1.0.5, port: 3130, proxyProtocol: { from: [10.1.0.8] } }',
      'PROXY 10.1.0.5:3128',
    ],
  ])('come from the listeners: %s', async (_what, listen, expected) => {
    expect(await answerOf(listen === '' ? '' : `listen: [${listen}]`)).toBe(expected);
  });

  test.each([
    ['every address', '{ host: 0.0.0.0 }'],
    ['every address of IPv6', '{ host: "::" }'],
    ['every address beside loopback', '{ host: 0.0.0.0, port: 3129 }, { port: 3128 }'],
    ['a port that is not known yet', '{ host: 10.1.0.5, port: 0 }'],
    ['a load balancer', '{ host: 10.1.0.5, proxyProtocol: { from: [10.1.0.8] } }'],
    ['an address that only one link knows', '{ host: "fe80::1%eth0" }'],
  ])('cannot come from a listener for %s', (_what, listen) => {
    expect(() => settingsIn(`listen: [${listen}]`)).toThrow('no listener says');
  });
});

describe('the file', () => {
  const text = pacFor(settingsIn(FILE));

  test('is printable ASCII, and the same each time', () => {
    expect(text).toMatch(/^[\n -~]+$/);
    expect(pacFor(settingsIn(FILE))).toBe(text);
  });

  test('is of the language of the oldest browsers: what compiles it for ES5 changes nothing', () => {
    const compiledFor = (target: ts.ScriptTarget): string =>
      ts.transpileModule(text, { compilerOptions: { target } }).outputText;
    expect(compiledFor(ts.ScriptTarget.ES5)).toBe(compiledFor(ts.ScriptTarget.ESNext));
    expect(
      ts.transpileModule('let a = () => 1', { compilerOptions: { target: ts.ScriptTarget.ES5 } }).outputText,
    ).not.toContain('=>');
    expect(text).not.toMatch(/,\s*[}\]]/); // JScript counts what is not there
  });

  test('calls nothing that ES3 did not have', () => {
    const called = [...text.matchAll(/\.([a-zA-Z]+)\(/g)].map(([, name]) => name);
    const known =
      'call concat join max min push replace slice split substring test toLowerCase indexOf'.split(' ');
    expect([...new Set(called)].filter((name) => !known.includes(name ?? ''))).toEqual([]);
    expect(text.match(/\w+\.indexOf/g)).toEqual(expect.arrayContaining(['name.indexOf', 'host.indexOf']));
  });

  test('says each name once, however often it is configured', () => {
    const twice = 'pac: { direct: [a.example, a.example, "=a.example", "*.a.example"] }';
    expect(pacFor(settingsIn(twice)).match(/a\.example/g)).toHaveLength(2);
  });

  test('of as many and as long names as may be configured is one that Chromium takes', async () => {
    const label = 'x'.repeat(60);
    const names = Array.from(
      { length: 1_000 },
      (_, index) => `n${index}.${label}.${label}.${label}.${label}`,
    );
    const long = pacFor(settingsIn(`pac: { direct: [${names.join(', ')}] }`));
    expect(long.length).toBeLessThan(1_048_576);
    const find = await pacResolver(long);
    expect(await find(`http://a.${names[999]}/`)).toBe('DIRECT');
    expect(await find(`http://${names[999]}x/`)).not.toBe('DIRECT');
  });
});
