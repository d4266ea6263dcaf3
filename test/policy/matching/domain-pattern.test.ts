import { describe, expect, test } from 'vitest';
import { parseDomainPattern, patternCovers } from '../../../src/policy/matching/domain-pattern.ts';
import { describeProblem, errorOf, host, pattern } from '../support.ts';

describe('the four forms', () => {
  test.each([
    ['deepseek.com', 'deepseek.com', true],
    ['deepseek.com', 'chat.deepseek.com', true],
    ['deepseek.com', 'a.b.c.deepseek.com', true],
    ['deepseek.com', 'notdeepseek.com', false],
    ['deepseek.com', 'deepseek.com.example.org', false],
    ['deepseek.com', 'com', false],
    ['deepseek.com', 'deepseek.co', false],
    ['=deepseek.com', 'deepseek.com', true],
    ['=deepseek.com', 'chat.deepseek.com', false],
    ['*.deepseek.com', 'chat.deepseek.com', true],
    ['*.deepseek.com', 'a.b.deepseek.com', true],
    ['*.deepseek.com', 'deepseek.com', false],
    ['*.deepseek.com', 'notdeepseek.com', false],
    ['deepseek.*', 'deepseek.com', true],
    ['deepseek.*', 'chat.deepseek.com', true],
    ['deepseek.*', 'deepseek.co.kr', true],
    ['deepseek.*', 'www.deepseek.한국', true],
    ['deepseek.*', 'deepseek.example.com', false],
    ['deepseek.*', 'notdeepseek.com', false],
    ['deepseek.*', 'deepseek', false],
    ['deepseek.*', 'com', false],
    ['github.*', 'somebody.github.io', true], // github.io is a private suffix: to us it is a name
  ])('`%s` covers %s: %s', (text, name, covered) => {
    expect(patternCovers(pattern(text), host(name))).toBe(covered);
  });

  test.each([
    ['DeepSeek.COM.', { kind: 'domain', host: 'deepseek.com' }],
    ['=Chat.DeepSeek.COM', { kind: 'exact', host: 'chat.deepseek.com' }],
    ['*.한국.kr', { kind: 'subdomains', host: 'xn--3e0b707e.kr' }],
    ['한국.*', { kind: 'any-suffix', name: 'xn--3e0b707e' }],
  ])('`%s` is canonical, as a host is, and keeps its text for people', (text, canonical) => {
    expect(pattern(text)).toEqual({ ...canonical, text });
  });
});

// EV-37, with smokescreen's invalid globs
// Covers: EV-37
describe('what would cover too much, or cannot be told, is refused', () => {
  const FORMS =
    'use `a.b` (it and its subdomains), `=a.b` (it alone), `*.a.b` (its subdomains) or `a.*` (any suffix)';

  test.each([
    '*',
    '**',
    '*a.example',
    'a*.example',
    'a.*.example',
    'login.*.example',
    '*.*.example',
    '**.example',
    '=*.example',
    'example.*.',
  ])('`%s` has a wildcard where none can stand', (text) => {
    expect(errorOf(parseDomainPattern(text))).toEqual({
      problem: `\`${text}\` has a wildcard where none can stand`,
      hint: FORMS,
    });
  });

  test.each(['.*', '*.*', 'a.b.*', '*.a.*', '=a.*', '127.*', '0x7f.*', '[::1].*', 'a b.*', 'a@b.*'])(
    '`%s`: before `.*` stands one name without dots',
    (text) => {
      expect(errorOf(parseDomainPattern(text))).toEqual({
        problem: `\`${text}\`: before \`.*\` stands one name without dots`,
        hint: FORMS,
      });
    },
  );

  test.each(['https://deepseek.com', 'http://deepseek.com/chat', 'HTTPS://x', 'ftp://a.example'])(
    '`%s` is a URL',
    (text) => {
      expect(errorOf(parseDomainPattern(text))).toEqual({
        problem: `\`${text}\` is a URL`,
        hint: `${FORMS}, without a scheme or path`,
      });
    },
  );

  test.each([
    ['com', 'com'],
    ['kr', 'kr'],
    ['co.kr', 'co.kr'],
    ['go.kr', 'go.kr'],
    ['Co.KR.', 'co.kr'],
    ['*.com', 'com'],
    ['*.co.kr', 'co.kr'],
    ['한국', 'xn--3e0b707e'],
    ['公司.cn', 'xn--55qx5d.cn'],
    ['test.ck', 'test.ck'], // `*.ck` in the list
    ['kawasaki.jp', 'kawasaki.jp'],
  ])('`%s` is a public suffix, and would cover everybody’s names', (text, suffix) => {
    expect(errorOf(parseDomainPattern(text))).toEqual({
      problem: `\`${text}\` is a public suffix: it would cover everybody's names under it`,
      hint: `name a registrable domain, such as example.${suffix}`,
    });
  });

  test.each([
    ['', '`` names no host: the host is empty'],
    ['=', '`=` names no host: the host is empty'],
    ['*.', '`*.` names no host: the host is empty'],
    ['.deepseek.com', '`.deepseek.com` names no host: the host has an empty label'],
    ['*.=deepseek.com', '`*.=deepseek.com` names no host: the host holds a character no host name has'],
    ['*..deepseek.com', '`*..deepseek.com` names no host: the host has an empty label'],
    ['deepseek.com/chat', '`deepseek.com/chat` names no host: the host holds a URL delimiter'],
    ['deepseek.com:443', '`deepseek.com:443` names no host: the host holds a colon'],
    ['user@deepseek.com', '`user@deepseek.com` names no host: the host carries user information'],
    ['deep seek.com', '`deep seek.com` names no host: the host holds a control character or a space'],
    ['deepseek.com\0', '`deepseek.com\0` names no host: the host holds a control character or a space'],
    ['||deepseek.com^', '`||deepseek.com^` names no host: the host is not a valid name or address'],
    ['!deepseek.com', '`!deepseek.com` names no host: the host holds a character no host name has'],
    [
      'deepseek.com,chatgpt.com',
      '`deepseek.com,chatgpt.com` names no host: the host holds a character no host name has',
    ],
  ])('`%s` names no host', (text, problem) => {
    expect(errorOf(parseDomainPattern(text)).problem).toBe(problem);
  });

  test('every refusal has a hint', () => {
    for (const text of ['', '*', 'com', 'a.b.*', 'https://a.example', '*.127.0.0.1', 'a..b'])
      expect(describeProblem({ at: 'here', ...errorOf(parseDomainPattern(text)) })).toMatch(
        /^here: .+ \(.+\)$/,
      );
  });
});

describe('what looks like a suffix and is somebody’s may be named', () => {
  test.each(['github.io', '*.github.io', 'vercel.app', 's3.amazonaws.com', 'pages.dev'])(
    '`%s`, a private suffix: a service that a policy may want to block whole',
    (text) => {
      expect(patternCovers(pattern(text), host('x.github.io'))).toBe(text.endsWith('github.io'));
    },
  );

  test('`=co.kr` names that host alone', () => {
    expect(patternCovers(pattern('=co.kr'), host('co.kr'))).toBe(true);
    expect(patternCovers(pattern('=co.kr'), host('a.co.kr'))).toBe(false);
  });

  test.each(['internal', '*.internal', 'localhost', 'corp'])(
    '`%s`, which the public list does not know',
    (text) => {
      expect(parseDomainPattern(text).ok).toBe(true);
    },
  );
});

describe('an address', () => {
  test.each(['127.0.0.1', '=127.0.0.1', '127.1', '0x7f.0.0.1', '2130706433'])(
    '`%s` is that host alone',
    (text) => {
      expect(pattern(text)).toEqual({ kind: 'exact', host: '127.0.0.1', text });
      expect(patternCovers(pattern(text), host('0177.0.0.1'))).toBe(true);
    },
  );

  test('IPv6 stands in brackets', () => {
    expect(pattern('[2001:DB8::1]')).toEqual({ kind: 'exact', host: '[2001:db8::1]', text: '[2001:DB8::1]' });
    expect(errorOf(parseDomainPattern('2001:db8::1')).hint).toContain('in brackets');
  });

  test('has no subdomains', () => {
    expect(errorOf(parseDomainPattern('*.127.0.0.1'))).toEqual({
      problem: '`*.127.0.0.1`: an address has no subdomains',
      hint: 'drop the `*.`',
    });
  });
});
