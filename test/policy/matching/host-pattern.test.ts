import { describe, expect, test } from 'vitest';
import { buildPatternIndex, parseHostPattern } from '../../../src/policy/matching/host-pattern.ts';
import { errorOf, host, unwrap } from '../support.ts';

/** The patterns of these that find the host. */
const found = (name: string, ...texts: readonly string[]): readonly string[] =>
  buildPatternIndex(texts.map((text) => [unwrap(parseHostPattern(text)), text] as const)).find(host(name));

describe('a pattern', () => {
  test.each([
    ['^ai[0-9]+[.]', 'ai17.example.com', true],
    ['^ai[0-9]+[.]', 'www.ai17.example.com', false],
    ['seek', 'chat.deepseek.com', true],
    ['[.]com$', 'deepseek.com.example.org', false],
    ['^DEEP', 'deepseek.com', true],
    ['^203[.]0[.]113[.]', '203.0.113.9', true],
    ['^xn--', '도메인.한국', true],
  ])('`%s` on %s: %s', (text, name, finds) => {
    expect(found(name, text)).toEqual(finds ? [text] : []);
  });

  test('is asked together with all others, and each answers for itself', () => {
    const texts = ['^chat', 'seek', '[.]org$', 'com$'];
    expect(found('chat.deepseek.com', ...texts)).toEqual(['^chat', 'seek', 'com$']);
    expect(found('korea.kr', ...texts)).toEqual([]);
    expect(found('korea.kr')).toEqual([]);
  });

  test.each([
    ['(', /is not a pattern: .*missing closing \)/],
    ['(?=a)', /is not a pattern/],
    ['(a)\\1', /is not a pattern/],
    ['', /finds every host/],
    ['.*', /finds every host/],
    ['[.:]|^[a-z]', /finds every host/],
  ])('`%s` is refused', (text, problem) => {
    expect(errorOf(parseHostPattern(text))).toMatchObject({ problem: expect.stringMatching(problem) });
  });

  // What makes a backtracking engine take years.
  // Covers: EV-39
  test('takes time in proportion to the host, whatever it is', () => {
    const evil = host(`${'a'.repeat(60)}.${'a'.repeat(60)}.${'a'.repeat(60)}.example.com`);
    expect(found(evil, '^(a+)+\\.(a+)+\\.(a|aa)+\\.x$')).toEqual([]);
  });
});

describe('a pattern that waits for what is in no host is refused: its rule would never block', () => {
  test.each([
    ['/^bet[0-9]+[.]/', 'leave the slashes around it away'],
    ['^https://', 'a pattern sees the host alone, without scheme, path or user'],
    ['evil[.]com/x', 'a pattern sees the host alone, without scheme, path or user'],
    ['evil[.]com:443', 'a pattern sees the host without its port: use `ports:`'],
    ['[가-힣]', 'names in other scripts are compared in their xn-- form, and no host has a space'],
    ['a b', 'names in other scripts are compared in their xn-- form, and no host has a space'],
    ['what\\?', 'a pattern sees the host alone, without scheme, path or user'],
    ['zz\\Qfoo', 'quote by single characters, [.] or \\., in place of \\Q…\\E'],
  ])('`%s`', (text, hint) => {
    expect(errorOf(parseHostPattern(text)).hint).toBe(hint);
  });

  test.each([
    '^[^/]+[.]example$',
    '[^가]seek',
    'foo-?bar',
    '^a.?b',
    '[.]?ads',
    '^\\[2001:db8:',
    '(?:a|b)c',
    'colou?r',
    '^a{2,3}x',
    '(?i)chat[.]',
    '[[:digit:]]x',
  ])('but not `%s`', (text) => {
    expect(parseHostPattern(text).ok).toBe(true);
  });

  test('one that counts far is refused by what it would cost', () => {
    expect(errorOf(parseHostPattern('[a-z0-9.]{0,200}q$')).problem).toMatch(
      /is too large: \d+ instructions, of 200$/,
    );
  });
});
