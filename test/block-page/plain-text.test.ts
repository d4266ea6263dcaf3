import { expect, test } from 'vitest';
import { contentOf } from '../../src/block-page/content.ts';
import type { Notice } from '../../src/block-page/notice.ts';
import { renderPlainText } from '../../src/block-page/plain-text.ts';
import { LANGUAGES, type Language } from '../../src/policy/policy.ts';
import { blockedByRule, notice, SUBJECTS } from './notices.ts';

const text = (given: Notice, language: Language = 'en'): string =>
  renderPlainText(contentOf(given, language));

test('a block by a rule reads as short labelled lines', () => {
  expect(text(blockedByRule()).split('\n')).toEqual(
    expect.arrayContaining([
      'Access blocked: This site is blocked',
      "Access to chat.deepseek.com is blocked by your department's policy.",
      'Reference: PIPC, 2025-02',
      '- Government AI assistant',
      '  https://ai.motie.example/',
      'Incident code: 7F3K-9Q2M',
      'Email: helpdesk@motie.example',
      'Phone: +82-44-000-0000',
      'Department: Ministry of Trade, Industry and Energy',
      'Time: 2026-11-23T06:00:00.123Z',
      'Rule: deepseek',
      'Your address: 10.20.1.7',
    ]),
  );
});

test('lines fit 78 columns, where a Korean syllable takes two, and none ends in a space', () => {
  const columns = (line: string) =>
    [...line].reduce((sum, c) => sum + (c > '\u1100' && c < '\uffe7' ? 2 : 1), 0);
  for (const [, subject] of SUBJECTS)
    for (const language of LANGUAGES)
      for (const line of text(notice(subject), language).split('\n')) {
        expect(columns(line)).toBeLessThanOrEqual(78);
        expect(line).not.toMatch(/\s$/);
      }
});

test('English in our own words is plain ASCII, for consoles in any code page', () => {
  for (const [, subject] of SUBJECTS) expect(text(notice(subject))).toMatch(/^[\n\x20-\x7e]+$/);
});

test('a word that is longer than a line stays whole, so that it can be copied', () => {
  const url = `https://ai.example/${'a'.repeat(200)}`;
  expect(text(blockedByRule({ alternatives: [{ title: { en: 'Long' }, url }] }))).toContain(`\n  ${url}\n`);
});
