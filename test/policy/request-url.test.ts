import { describe, expect, test } from 'vitest';
import { parseHost } from '../../src/policy/host.ts';
import { parseAuthority, parseRequestUrl } from '../../src/policy/request-url.ts';
import { errorOf, unwrap } from './support.ts';

describe('an authority', () => {
  test.each([
    ['www.example.org', { host: 'www.example.org', port: undefined }],
    ['WWW.example.org.:443', { host: 'www.example.org', port: 443 }],
    ['www.example.org:', { host: 'www.example.org', port: undefined }],
    ['0x7f.1:1', { host: '127.0.0.1', port: 1 }],
    ['[::1]', { host: '[::1]', port: undefined }],
    ['[::1]:65535', { host: '[::1]', port: 65_535 }],
    ['www.example.org:00443', { host: 'www.example.org', port: 443 }],
  ])('%s', (text, authority) => {
    expect(unwrap(parseAuthority(text))).toEqual(authority);
  });

  // EV-16: 65979 is 443 modulo 65536.
  // Covers: EV-16
  test.each([
    '0',
    '00000',
    '65536',
    '65979',
    '000443',
    '-1',
    '+443',
    ' 443',
    '443 ',
    '1e2',
    '0x1bb',
    'https',
    '443:443',
    '４４３',
  ])('the port `%s` is refused, not repaired', (port) => {
    expect(errorOf(parseAuthority(`www.example.org:${port}`)).problem).toBe('the port is not valid');
  });

  test.each([
    ['user information', 'user:secret@www.example.org:443', 'the authority carries user information'],
    ['empty user information', '@www.example.org', 'the authority carries user information'],
    ['a bare IPv6 address, whose port would be a guess', '2001:db8::1', 'the port is not valid'],
    ['a port without a host', ':443', 'the host is empty'],
    ['nothing', '', 'the host is empty'],
    ['something after the bracket', '[::1]x:443', 'the host is not a valid IPv6 address'],
    ['doubled brackets', '[[::1]]:443', 'the host is not a valid IPv6 address'],
    ['a line feed', 'www.example.org\n:443', 'the host holds a control character or a space'],
  ])('%s is refused', (_name, text, problem) => {
    expect(errorOf(parseAuthority(text)).problem).toBe(problem);
  });
});

test('an authority is divided at the first colon that is not within its brackets, whatever it consists of', () => {
  const divided = /^(?<host>\[[^\]]*\]|[^:]*)(?::(?<port>.*))?$/s;
  const characters = ['[', ']', ':', '1', 'a', '\n'];
  let texts = [''];
  for (let length = 0; length <= 5; length++) {
    for (const text of texts) {
      const { host = '', port = '' } = divided.exec(text)?.groups ?? {};
      const expected = parseHost(host);
      const parsed = parseAuthority(text);
      if (!expected.ok) expect(parsed, text).toEqual(expected);
      else if (port === '' || /^1{1,5}$/.test(port))
        expect(parsed, text).toEqual({
          ok: true,
          value: { host: expected.value, port: port === '' ? undefined : Number(port) },
        });
      else expect(errorOf(parsed).problem, text).toBe('the port is not valid');
    }
    texts = texts.flatMap((text) => characters.map((character) => text + character));
  }
});

describe('a URL', () => {
  test.each([
    ['http', 80],
    ['ws', 80],
    ['https', 443],
    ['wss', 443],
  ])('%s has the port %i when it states none', (scheme, port) => {
    expect(unwrap(parseRequestUrl(`${scheme}://www.example.org/`))).toMatchObject({ scheme, port });
    expect(unwrap(parseRequestUrl(`${scheme.toUpperCase()}://www.example.org:8080`))).toMatchObject({
      scheme,
      port: 8080,
    });
  });

  test.each([
    ['', '/'],
    ['/', '/'],
    ['/a/../b', '/a/../b'], // not `new URL`'s /b: what is matched and logged is what was asked for
    ['/a%2Fb', '/a%2Fb'],
    ['/a?secret=1#part', '/a'],
    ['?q', '/'],
    ['#part', '/'],
  ])('`http://www.example.org%s` has the path %s, without query and fragment', (rest, path) => {
    expect(unwrap(parseRequestUrl(`http://www.example.org${rest}`)).path).toBe(path);
  });

  test('it keeps the text that was written', () => {
    expect(unwrap(parseRequestUrl('HTTPS://Chat.DeepSeek.com./a?b')).text).toBe(
      'HTTPS://Chat.DeepSeek.com./a?b',
    );
  });

  test.each([
    'www.example.org',
    'www.example.org:443',
    '//www.example.org/',
    'http:/www.example.org',
    'ftp://a.example/',
    ' http://a.example/',
    'javascript:alert(1)',
    '',
  ])('`%s` is no URL', (text) => {
    expect(errorOf(parseRequestUrl(text))).toEqual({
      problem: `\`${text}\` is not a URL`,
      hint: 'write it whole, with http, https, ws or wss: https://chat.deepseek.com/',
    });
  });

  test('what is wrong with its host is said of the URL', () => {
    expect(errorOf(parseRequestUrl('https://a..b/'))).toEqual({
      problem: '`https://a..b/`: the host has an empty label',
      hint: 'remove the extra dot',
    });
    expect(errorOf(parseRequestUrl('https://ok.example\\@chat.deepseek.com/')).problem).toContain(
      'user information',
    );
  });
});
