import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { BUILT_IN, type Look, useLook } from '../../src/block-page/look.ts';
import type { Notice } from '../../src/block-page/notice.ts';
import { type NoticeResponse, renderNotice } from '../../src/block-page/response.ts';
import { LANGUAGES } from '../../src/policy/policy.ts';
import { EVERYTHING, HEBREW, LOGO, template } from './looks.ts';
import { blockedByRule, notice } from './notices.ts';

const BLNS = fileURLToPath(new URL('../../../shared/data/strings/blns.json', import.meta.url));
const absent = !existsSync(BLNS);
if (absent) console.warn(`skipped: the naughty strings are not at ${BLNS}`);
const naughty: readonly string[] = absent ? [] : JSON.parse(readFileSync(BLNS, 'utf8'));

const OURS = [
  '</style><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '\r\nSet-Cookie: a=b\r\n\r\n<html>',
  '\u001b[31mred\u001b[0m',
  'moc.elpmaxe\u202e.evil',
  '\u2066a\u2069\u200e\u061c',
  '\ud800 lone \udfff',
  '{host}{site}{client}',
  '$& $1 $`',
  'javascript:alert(1)',
  'https://a.example/"><script>alert(1)</script>',
  'a"><script>@b.example',
  '--><!--',
  '&lt;b&gt;',
];

/** The string everywhere that a request or a policy can put one. */
function everywhere(text: string): readonly Notice[] {
  const department = {
    id: text,
    title: { en: text, ko: text },
    contact: { email: text, phone: text, url: text },
  };
  const given = { host: text, client: text, department };
  return [
    blockedByRule(
      {
        id: text,
        status: 451,
        reason: { en: text },
        reference: text,
        alternatives: [{ title: { ko: text }, url: text }],
      },
      given,
    ),
    notice(
      { kind: 'blocked', reason: { code: 'address-forbidden', address: text, range: 'private' } },
      given,
    ),
    notice({ kind: 'failed', error: 'dns_error' }, given),
    notice({ kind: 'refused', status: 400, problem: text }, given),
  ];
}

const TAG =
  /<(?:!doctype html|\/?(?:html|head|title|style|body|header|main|footer|section|div|p|b|h1|h2|dl|dt|dd|ul|li|a|span|svg|bdi|time|meta|circle|path|details|summary|textarea|img)(?: (?:id|lang|charset|name|content|class|viewBox|aria-hidden|cx|cy|r|d|href|rel|role|datetime|dir|title|src|alt|readonly|rows|aria-label|aria-describedby)="[^"<>]*")*\/?)>/y;

function expectSafeHtml(body: string): void {
  const markup = body.replace(/<style>.*?<\/style>/s, '');
  for (const { index } of markup.matchAll(/</g)) {
    TAG.lastIndex = index;
    if (!TAG.test(markup)) expect(markup.slice(index, index + 600)).toBe('one of our tags');
  }
  for (const [, href] of markup.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^(?:https?|mailto|tel):/);
  expectVisible(body);
}

/** Nothing that acts without being seen: controls, bidirectional controls, lone surrogates. */
function expectVisible(body: string): void {
  expect(body).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}|\p{Cs}|[\u2028\u2029]/u);
}

function expectSafeHeaders({ headers }: NoticeResponse): void {
  for (const [name, value] of headers) {
    expect(name).toMatch(/^[A-Za-z-]+$/);
    expect(value).toMatch(/^[\x20-\x7e]+$/);
    if (name === 'Proxy-Status')
      expect(value).toMatch(/^postern; error=[a-z_]+; details="(?:[^"\\]|\\["\\])*"$/);
    if (name === 'Link') expect(value).toMatch(/^<[^<>\s"]+>; rel="blocked-by"$/);
  }
}

/** As it ships; with all that an agency may add to it; and with a template that has every slot everywhere. */
const LOOKS: readonly Look[] = [
  BUILT_IN,
  {
    templates: {},
    languages: { en: HEBREW },
    logo: LOGO,
    requestUrl: 'https://help.example/{host}?code={code}&host={host}',
  },
  { ...BUILT_IN, templates: { default: template(EVERYTHING) } },
];

function expectSafe(text: string): void {
  for (const look of LOOKS) {
    useLook(look);
    expectSafeAsItLooks(text);
  }
}

function expectSafeAsItLooks(text: string): void {
  for (const given of everywhere(text))
    for (const language of LANGUAGES) {
      const page = renderNotice(given, { format: 'html', language });
      expectSafeHtml(page.body);
      expectSafeHeaders(page);
      const problem = renderNotice(given, { format: 'problem-json', language });
      expect(JSON.parse(problem.body)).toMatchObject({ code: '7F3K-9Q2M' });
      expectVisible(problem.body);
      expectVisible(renderNotice(given, { format: 'text', language }).body);
    }
}

// Covers: EV-25
describe('whatever stands in a request or a policy', () => {
  afterEach(() => useLook(BUILT_IN));

  test.each(OURS)('is shown, never acted on: %j', expectSafe);

  test.skipIf(absent)('of the big list of naughty strings, too', () => {
    expect(naughty.length).toBeGreaterThan(400);
    for (const text of naughty) expectSafe(text);
  });

  test('of any characters at all, too', () => {
    const nasty = fc.constantFrom(
      ...'<>&"\'`=/\\\r\n\t{}:@%#?; ',
      'https://',
      'a@b',
      '\u202e',
      '\ud800',
      '한',
    );
    fc.assert(
      fc.property(
        fc.string({ unit: fc.oneof(nasty, fc.string({ unit: 'binary', maxLength: 2 })) }),
        fc.constantFrom(...LOOKS),
        (text, look) => {
          useLook(look);
          expectSafeAsItLooks(text);
        },
      ),
      {
        numRuns: 300,
      },
    );
  });

  test('is still readable: letters of every script, emoji and their joiners stay', () => {
    const text = '👩‍👩‍👧 café 한국어 العربية';
    const { body } = renderNotice(blockedByRule({ reason: { en: text } }), {
      format: 'text',
      language: 'en',
    });
    expect(body).toContain(text);
  });

  test('shows markup as the reader wrote it', () => {
    const { body } = renderNotice(blockedByRule({ reason: { en: `<b> & "c" 'd'` } }), {
      format: 'html',
      language: 'en',
    });
    expect(body).toContain('&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;');
  });
});
