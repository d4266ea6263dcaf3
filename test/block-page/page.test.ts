import { describe, expect, test } from 'vitest';
import { contentOf } from '../../src/block-page/content.ts';
import type { Notice } from '../../src/block-page/notice.ts';
import { renderPage } from '../../src/block-page/page.ts';
import { ENGLISH } from '../../src/block-page/words-en.ts';
import { LANGUAGES, type Language } from '../../src/policy/policy.ts';
import { blockedByRule, DEEPSEEK, notice, SUBJECTS, TRADE_MINISTRY } from './notices.ts';

const page = (given: Notice, language: Language = 'en'): string => renderPage(contentOf(given, language));
const every = SUBJECTS.flatMap(([, subject]) => LANGUAGES.map((language) => ({ subject, language })));
const occurrences = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;
/** What a reader sees: no tags, no style. */
const visible = (markup: string): string =>
  markup
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, '')
    .replaceAll('&#39;', "'");

describe('a page for someone blocked by a rule', () => {
  test('says in one sentence what happened, naming the host', () => {
    expect(visible(page(blockedByRule()))).toContain(
      'Access to chat.deepseek.com is blocked by your department’s policy.',
    );
    expect(visible(page(blockedByRule(), 'ko'))).toContain(
      'chat.deepseek.com 사이트는 소속 기관의 보안 정책에 따라 접속이 제한되어 있습니다.',
    );
  });

  test('gives the department, the reason and the reference, in the reader’s language', () => {
    const english = visible(page(blockedByRule()));
    for (const fact of [TRADE_MINISTRY.title.en, DEEPSEEK.reason?.en, 'PIPC, 2025-02'])
      expect(english).toContain(fact);
    const korean = visible(page(blockedByRule(), 'ko'));
    for (const fact of [TRADE_MINISTRY.title.ko, DEEPSEEK.reason?.ko, 'PIPC, 2025-02'])
      expect(korean).toContain(fact);
  });

  test('falls back on the other language, and marks it for screen readers', () => {
    const text = page(
      blockedByRule(
        {
          reason: { ko: '조사 중입니다.' },
          alternatives: [{ title: { ko: '도우미' }, url: 'https://ai.example/' }],
        },
        { department: { ...TRADE_MINISTRY, title: { ko: '산업통상자원부' } } },
      ),
    );
    expect(text).toContain('<p lang="ko">조사 중입니다.</p>');
    expect(text).toContain('<b lang="ko">도우미</b>');
    expect(text).toContain('<b lang="ko">산업통상자원부</b>');
    expect(page(blockedByRule({ reason: { en: 'Under inquiry.' } }), 'ko')).toContain(
      '<p lang="en">Under inquiry.</p>',
    );
  });

  test('links the alternatives without a referrer', () => {
    expect(page(blockedByRule())).toContain('<a href="https://ai.motie.example/" rel="noreferrer">');
  });

  test('links the contact, the e-mail with the incident code and the host as its subject', () => {
    const department = {
      ...TRADE_MINISTRY,
      contact: { ...TRADE_MINISTRY.contact, url: 'https://help.motie.example/' },
    };
    const text = page(blockedByRule({}, { department }));
    expect(text).toContain(
      'href="mailto:helpdesk@motie.example?subject=Internet%20access%3A%20chat.deepseek.com%20%5B7F3K-9Q2M%5D"',
    );
    expect(text).toContain('href="tel:+82440000000"');
    expect(text).toContain('href="https://help.motie.example/"');
  });

  test('shows the code with words that say to quote it, and the technical details', () => {
    const text = visible(page(blockedByRule()));
    expect(text).toContain('Quote this code');
    for (const detail of ['deepseek', '10.20.1.7', '403 http_request_denied']) expect(text).toContain(detail);
    expect(visible(page(blockedByRule(), 'ko'))).toContain('이 번호를 알려 주시면');
  });

  test('tells the time to machines and to people, in UTC', () => {
    expect(page(blockedByRule())).toContain(
      '<time datetime="2026-11-23T06:00:00.123Z">23 November 2026 at 06:00:00 UTC</time>',
    );
    expect(page(blockedByRule(), 'ko')).toContain('>2026년 11월 23일 오전 6시 0분 0초 UTC</time>');
  });

  test('stays whole when the rule and the department tell nothing more', () => {
    const department = { id: 'defence', title: {}, contact: {} };
    const text = page(
      blockedByRule({ reason: undefined, reference: undefined, alternatives: [] }, { department }),
    );
    expect(text).toContain('<b>defence</b>');
    expect(text).not.toContain('Why it is blocked');
    expect(text).not.toContain('<ul');
    expect(text).not.toContain('class="contact"');
  });
});

describe('each reason gets the help that fits it', () => {
  const said = (name: string, changes: Partial<Notice> = {}, language: Language = 'en'): string => {
    const subject = SUBJECTS.find(([given]) => given === name)?.[1];
    if (subject === undefined) throw new Error(`no subject is named ${name}`);
    return visible(page(notice(subject, changes), language));
  };

  test('off the list: how to have it added', () => {
    expect(said('blocked: default')).toContain('not on your department’s list of allowed sites');
    expect(said('blocked: default')).toContain('ask your help desk to add it');
  });

  test('an unknown department: the address to tell the help desk', () => {
    const text = said('blocked: department-unknown', { department: undefined });
    expect(text).toContain('your address, 10.20.1.7, is not assigned to any department');
  });

  test('a forbidden port: which', () => {
    expect(said('blocked: port-forbidden')).toContain('on port 8081');
    expect(said('blocked: port-forbidden', {}, 'ko')).toContain('8081번 포트');
  });

  // Covers: EV-44
  test('a forbidden address: its kind, never the address, which would map the internal network', () => {
    expect(said('blocked: address-forbidden')).toContain('link-local');
    expect(said('blocked: address-forbidden')).not.toContain('169.254.169.254');
  });

  test('legal reasons: that it is they', () => {
    expect(said('blocked: rule with status 451')).toContain('because of a legal demand');
  });

  // A site behind a parent may be fine: none of these is a word about it.
  test.each(Object.keys(ENGLISH.failedByParent))(
    'a parent proxy that fails with %s: that it was the next gateway, in both languages',
    (error) => {
      const name = `failed by a parent proxy: ${error}`;
      expect(said(name)).toContain('next gateway');
      expect(said(name)).not.toMatch(/server of|site refused|site took/);
      expect(said(name, {}, 'ko')).toContain('다음 접속 관리 시스템');
      expect(said(name, {}, 'ko')).not.toContain('의 서버');
      expect(said(`failed: ${error}`)).not.toContain('next gateway');
    },
  );

  test('a malformed request: what is wrong with it', () => {
    expect(said('refused: 400')).toContain('two Host header fields');
    expect(said('refused: 400', { host: undefined })).toContain('The request for this site');
  });

  test('a failure and a limit say that they are no block; a block does not', () => {
    for (const [name] of SUBJECTS) {
      const noBlock = { en: 'not a block by your department’s policy', ko: '정책에 따른 차단이 아닙니다' };
      for (const language of LANGUAGES)
        expect(said(name, {}, language).includes(noBlock[language])).toBe(/^(?:failed|limited)/.test(name));
    }
  });
});

describe('every page', () => {
  test.each(every)(
    'has one main, one h1, a title, a language and a viewport ($language)',
    ({ subject, language }) => {
      const text = page(notice(subject), language);
      expect(text.startsWith(`<!doctype html>\n<html lang="${language}">`)).toBe(true);
      expect(occurrences(text, /<main>/g)).toBe(1);
      expect(occurrences(text, /<h1>[^<]+<\/h1>/g)).toBe(1);
      expect(occurrences(text, /<title>[^<]+ – chat\.deepseek\.com<\/title>/g)).toBe(1);
      expect(text).toContain('<meta name="viewport" content="width=device-width, initial-scale=1">');
      expect(text).toContain(language === 'en' ? 'Internet gateway' : '인터넷 접속 관리 시스템');
    },
  );

  // Covers: EV-25
  test('fetches, runs and submits nothing, and is small', () => {
    for (const { subject, language } of every) {
      const text = page(notice(subject), language);
      expect(text).not.toMatch(
        /<(?:script|img|link|iframe|form|object|base|input)\b|\ssrc=|\son\w+=|\sstyle=|@import|url\(/,
      );
      expect(Buffer.byteLength(text)).toBeLessThan(10_000);
    }
  });

  test('closes what it opens', () => {
    for (const { subject, language } of every) {
      const open: string[] = [];
      const text = page(notice(subject), language).replace(/<style>.*?<\/style>/s, '');
      for (const [, slash, name = '', end] of text.matchAll(/<(\/?)([a-z0-9]+)[^>]*?(\/?)>/g)) {
        if (name === 'meta' || end === '/') continue;
        if (slash === '') open.push(name);
        else expect(open.pop()).toBe(name);
      }
      expect(open).toEqual([]);
    }
  });
});
