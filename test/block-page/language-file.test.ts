import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { languageOfFile, parseLanguage } from '../../src/block-page/language-file.ts';
import { ENGLISH } from '../../src/block-page/words-en.ts';
import { KOREAN } from '../../src/block-page/words-ko.ts';
import { unwrap } from '../policy/support.ts';

const told = (words: unknown): readonly string[] => {
  const parsed = parseLanguage('languages/ja.yaml', stringify(words));
  return parsed.ok ? [] : parsed.error.map(({ problem }) => problem);
};

test.each([
  ['English', ENGLISH],
  ['Korean', KOREAN],
])('%s, written as a file, is read as the same words', (_name, words) => {
  expect(unwrap(parseLanguage('languages/ja.yaml', stringify(words)))).toEqual(words);
});

test('a language is written from left to right unless its file says otherwise', () => {
  const { direction: _direction, ...words } = ENGLISH;
  expect(unwrap(parseLanguage('a.yaml', stringify(words))).direction).toBe('ltr');
  expect(unwrap(parseLanguage('a.yaml', stringify({ ...words, direction: 'rtl' }))).direction).toBe('rtl');
});

describe('what is wrong with a file is told with its place', () => {
  test('a key that is missing, wherever it would stand', () => {
    const { gateway: _gateway, ...words } = ENGLISH;
    expect(told(words)).toEqual(['`gateway` is missing']);
    const { rule: _rule, ...blocked } = ENGLISH.blocked;
    expect(told({ ...ENGLISH, blocked })).toEqual(['`rule` is missing']);
  });

  test('a key that nothing knows', () => {
    const parsed = parseLanguage('ja.yaml', `gatway: a\n${stringify(ENGLISH)}`);
    expect(parsed.ok ? [] : parsed.error).toEqual([
      { at: 'ja.yaml:1:1', problem: 'unknown key `gatway`', hint: 'did you mean `gateway`?' },
    ]);
  });

  test('a text that says nothing', () => {
    expect(told({ ...ENGLISH, noBlock: ' ' })).toHaveLength(1);
  });

  test.each([
    [{ noBlock: 'a {host}' }, '`{host}` stands for nothing here'],
    [{ origin: 'a {client}' }, '`{client}` stands for nothing here'],
    [{ site: { named: 'a', unnamed: 'b' } }, 'the host is not named'],
    [{ site: { named: '{host}', unnamed: '{host}' } }, '`{host}` stands for nothing here'],
    [
      { blockedByLaw: { heading: 'a', summary: '{sites}', advice: 'c' } },
      '`{sites}` stands for nothing here',
    ],
  ])('what stands in braces: %j', (changes, problem) => {
    expect(told({ ...ENGLISH, ...changes })).toEqual([problem]);
  });
});

test.each([
  ['ja.yaml', 'ja'],
  ['pt-br.yaml', 'pt-BR'],
  ['zh-hant.yaml', 'zh-Hant'],
  ['japanese.yaml', undefined],
  ['ja.yml', undefined],
  ['.yaml', undefined],
])('%s is of the language %s', (file, language) => {
  expect(languageOfFile(file)).toBe(language);
});
