import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { answerTo } from '../../src/block-page/answer.ts';
import { languageFor, languages, wordsOf } from '../../src/block-page/look.ts';
import { negotiate } from '../../src/block-page/negotiate.ts';
import type { Notice } from '../../src/block-page/notice.ts';
import { renderNotice } from '../../src/block-page/response.ts';
import { ENGLISH } from '../../src/block-page/words-en.ts';
import { EVERYTHING, EXAMPLE, HEBREW, LOGO, template, wear } from './looks.ts';
import { blockedByRule, notice, SUBJECTS, TRADE_MINISTRY } from './notices.ts';

const HTML = { format: 'html', language: 'en' } as const;
const named = (name: string) => template(EXAMPLE.replace('<main>', `<main><p>the page ${name}</p>`));
const policyOf = (given: Notice): string =>
  renderNotice(given, HTML).headers.find(([name]) => name === 'Content-Security-Policy')?.[1] ?? '';

describe('the template', () => {
  const shown = (given: Notice): string | undefined =>
    /the page (\w+)/.exec(renderNotice(given, HTML).body)?.[1];

  test('is the rule’s, else the department’s, else the one for everybody, else what is built in', () => {
    wear({ templates: { default: named('default'), finance: named('finance'), plain: named('plain') } });
    const department = { ...TRADE_MINISTRY, page: 'finance' };
    expect(shown(blockedByRule({ page: 'plain' }, { department }))).toBe('plain');
    expect(shown(blockedByRule({}, { department }))).toBe('finance');
    expect(shown(notice({ kind: 'failed', error: 'dns_error' }, { department }))).toBe('finance');
    expect(shown(blockedByRule())).toBe('default');
    expect(shown(blockedByRule({}, { department: undefined }))).toBe('default');
    wear({ templates: { finance: named('finance') } });
    expect(shown(blockedByRule())).toBeUndefined();
  });

  test('that is not there is passed over', () => {
    wear({ templates: { default: named('default') } });
    for (const page of ['broken', 'constructor', '__proto__'])
      expect(shown(blockedByRule({ page }))).toBe('default');
  });
});

// Covers: EV-25
describe('the policy of a page', () => {
  test('names the hash of each of its styles, and has nothing unsafe in it', () => {
    const page = renderNoticeWith(EXAMPLE);
    const [, css = ''] = /<style>([\s\S]*?)<\/style>/.exec(page.body) ?? [];
    expect(css).not.toBe('');
    const hash = createHash('sha256').update(css).digest('base64');
    expect(page.policy).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
  });

  test('is of the text that a browser makes of the file: line breaks are LF', () => {
    expect(renderNoticeWith(EXAMPLE.replaceAll('\n', '\r\n')).policy).toBe(renderNoticeWith(EXAMPLE).policy);
  });

  test('lets images stand in the page, where it has any', () => {
    expect(policyOf(blockedByRule())).not.toContain('img-src');
    wear({ logo: LOGO });
    expect(policyOf(blockedByRule())).toContain('; img-src data:;');
    expect(renderNotice(blockedByRule(), HTML).body).toContain(`<img class="logo" src="${LOGO}" alt="">`);
  });

  test('of a page without a style allows none', () => {
    expect(renderNoticeWith(EXAMPLE.replace(/<style>[\s\S]*<\/style>/, '')).policy).toContain(
      "style-src 'none'",
    );
  });

  function renderNoticeWith(text: string): { readonly body: string; readonly policy: string } {
    wear({ templates: { default: template(text) } });
    return { body: renderNotice(blockedByRule(), HTML).body, policy: policyOf(blockedByRule()) };
  }
});

test('a prepared answer is what is rendered anew, with templates, a logo and a link, after each change of the look', () => {
  const looks = [
    { templates: { default: template(EVERYTHING) } },
    { templates: { default: template(EXAMPLE) }, logo: LOGO },
    { requestUrl: 'https://help.example/{host}/ask?code={code}&host={host}' },
    { languages: { he: HEBREW } },
  ];
  for (const look of looks) {
    wear(look);
    for (const [, subject] of SUBJECTS)
      for (const host of ['chat.deepseek.com', '"><b>', '..', '한국.example', undefined])
        for (const language of languages())
          for (const format of ['html', 'problem-json', 'text'] as const) {
            const given = notice(subject, { host, client: host ?? '::1' });
            const { status, headers, body } = renderNotice(given, { format, language });
            expect(answerTo(given, { format, language })).toEqual({
              status,
              headers: headers.flat(),
              body: Buffer.from(body).toString('latin1'),
            });
          }
  }
});

describe('a link to ask for access', () => {
  const requestUrl = 'https://help.example/ask?code={code}&host={host}';
  const problem = (given: Notice) =>
    JSON.parse(renderNotice(given, { ...HTML, format: 'problem-json' }).body);
  const open = { locked: false } as const;

  test('has the code and the host in it, percent-encoded, in every format', () => {
    wear({ requestUrl });
    const given = blockedByRule(open, { host: '"><script>&host=b' });
    const url = 'https://help.example/ask?code=7F3K-9Q2M&host=%22%3E%3Cscript%3E%26host%3Db';
    expect(problem(given).request).toBe(url);
    expect(renderNotice(given, HTML).body).toContain(
      `<a href="${url.replace('&', '&amp;')}" rel="noreferrer">`,
    );
    expect(renderNotice(given, { ...HTML, format: 'text' }).body).toContain(`Ask for access:\n  ${url}\n`);
  });

  test('stands on blocks that can be opened, and nowhere else', () => {
    wear({ requestUrl });
    expect(problem(blockedByRule(open)).request).toBeDefined();
    expect(problem(notice({ kind: 'blocked', reason: { code: 'default' } })).request).toBeDefined();
    expect(problem(blockedByRule({ locked: true })).request).toBeUndefined();
    expect(problem(notice({ kind: 'failed', error: 'dns_error' })).request).toBeUndefined();
    expect(problem(notice({ kind: 'refused', status: 400, problem: 'a' })).request).toBeUndefined();
  });

  test('is not there unless it is set', () => {
    expect(problem(blockedByRule(open)).request).toBeUndefined();
    expect(renderNotice(blockedByRule(open), HTML).body).not.toContain('Ask for access');
  });
});

test('the details that people copy are all in one field that needs no script', () => {
  const { body } = renderNotice(blockedByRule(), HTML);
  const [, text = ''] = /<textarea readonly=""[^>]*>\n([\s\S]*?)<\/textarea>/.exec(body) ?? [];
  expect(text.split('\n')).toEqual([
    'Incident code: 7F3K-9Q2M',
    'Time: 2026-11-23T06:00:00.123Z',
    'Department: Ministry of Trade, Industry and Energy',
    'Site: chat.deepseek.com',
    'Rule: deepseek',
    'Your address: 10.20.1.7',
    'Answer: 403 http_request_denied',
  ]);
});

describe('languages that are added', () => {
  test('are chosen by their tags, shortened until one fits, and no longer when they are gone', () => {
    const header = 'ja-JP, ko;q=0.5';
    expect(negotiate({ 'accept-language': header }).language).toBe('ko');
    wear({ languages: { ja: ENGLISH, 'pt-BR': ENGLISH } });
    expect(negotiate({ 'accept-language': header }).language).toBe('ja');
    expect(languageFor('PT-br')).toBe('pt-BR');
    expect(languageFor('pt')).toBeUndefined();
    expect(languages()).toEqual(['en', 'ko', 'ja', 'pt-BR']);
    wear({});
    expect(negotiate({ 'accept-language': header }).language).toBe('ko');
  });

  test('may be written from right to left', () => {
    wear({ languages: { he: HEBREW } });
    expect(renderNotice(blockedByRule(), { ...HTML, language: 'he' }).body).toContain(
      '<html lang="he" dir="rtl">',
    );
  });

  test('may take the place of those that ship', () => {
    wear({ languages: { en: { ...ENGLISH, gateway: 'The Office Gateway' } } });
    expect(wordsOf('en').gateway).toBe('The Office Gateway');
    expect(renderNotice(blockedByRule(), HTML).body).toContain('The Office Gateway');
  });
});
