import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Notice } from '../../src/block-page/notice.ts';
import { type NoticeResponse, renderNotice } from '../../src/block-page/response.ts';
import type { ParentError } from '../../src/block-page/words.ts';
import { ENGLISH } from '../../src/block-page/words-en.ts';
import { LANGUAGES } from '../../src/policy/policy.ts';
import { PROXY_ERROR_STATUS } from '../../src/policy/proxy-error.ts';
import { LIMIT_ANSWERS } from '../../src/policy/reached-limit.ts';
import { blockedByRule, notice, SUBJECTS, TRADE_MINISTRY } from './notices.ts';

/** Those that tell everything. */
const FORMATS = ['html', 'problem-json', 'text'] as const;
const ENGLISH_HTML = { format: 'html', language: 'en' } as const;

const header = ({ headers }: NoticeResponse, name: string): string | undefined =>
  headers.find(([given]) => given === name)?.[1];

const subjectNamed = (wanted: string): Notice['subject'] => {
  const found = SUBJECTS.find(([name]) => name === wanted);
  if (found === undefined) throw new Error(`no subject is named ${wanted}`);
  return found[1];
};

describe('status and Proxy-Status tell the reason', () => {
  test.each<readonly [name: string, status: number, error: string, details: string]>([
    ['blocked: rule', 403, 'http_request_denied', 'rule deepseek, incident 7F3K-9Q2M'],
    ['blocked: rule with status 451', 451, 'http_request_denied', 'rule deepseek, incident 7F3K-9Q2M'],
    ['blocked: default', 403, 'http_request_denied', 'default, incident 7F3K-9Q2M'],
    ['blocked: department-unknown', 403, 'http_request_denied', 'department-unknown, incident 7F3K-9Q2M'],
    ['blocked: port-forbidden', 403, 'http_request_denied', 'port-forbidden 8081, incident 7F3K-9Q2M'],
    [
      'blocked: address-forbidden',
      502,
      'destination_ip_prohibited',
      'address-forbidden link-local, incident 7F3K-9Q2M',
    ],
    ['blocked: own-site', 403, 'http_request_denied', 'own-site, incident 7F3K-9Q2M'],
    ['blocked: proxy-loop', 502, 'proxy_loop_detected', 'proxy-loop, incident 7F3K-9Q2M'],
    ...[
      'address-literal',
      'not-tls',
      'client-hello-unreadable',
      'sni-missing',
      'sni-mismatch',
      'ech-forbidden',
    ].map((code) => [`blocked: ${code}`, 403, 'http_request_denied', `${code}, incident 7F3K-9Q2M`] as const),
    ...Object.entries(PROXY_ERROR_STATUS).map(
      ([error, status]) => [`failed: ${error}`, status, error, 'incident 7F3K-9Q2M'] as const,
    ),
    ...(Object.keys(ENGLISH.failedByParent) as ParentError[]).map(
      (error) =>
        [
          `failed by a parent proxy: ${error}`,
          PROXY_ERROR_STATUS[error],
          error,
          'by a parent proxy, incident 7F3K-9Q2M',
        ] as const,
    ),
    ...Object.entries(LIMIT_ANSWERS).map(
      ([limit, { status }]) =>
        [`limited: ${limit}`, status, 'http_request_denied', `limit ${limit}, incident 7F3K-9Q2M`] as const,
    ),
    ...[400, 408, 421, 431, 501].map(
      (status) =>
        [
          `refused: ${status}`,
          status,
          'http_request_error',
          'two Host header fields (RFC 9112 section 3.2), incident 7F3K-9Q2M',
        ] as const,
    ),
  ])('%s → %i %s', (name, status, error, details) => {
    const response = renderNotice(notice(subjectNamed(name)), ENGLISH_HTML);
    expect(response.status).toBe(status);
    expect(header(response, 'Proxy-Status')).toBe(`postern; error=${error}; details="${details}"`);
  });

  test('every subject stands in the table above', () => {
    const counted =
      Object.keys({ ...PROXY_ERROR_STATUS, ...LIMIT_ANSWERS }).length +
      Object.keys(ENGLISH.failedByParent).length;
    expect(SUBJECTS).toHaveLength(14 + counted + 5);
  });

  test('details escape quotes and backslashes, replace what is not ASCII, and stay short', () => {
    const problem = `a "b" \\ 한글\r\nSet-Cookie: x=y ${'z'.repeat(5000)}`;
    const response = renderNotice(notice({ kind: 'refused', status: 400, problem }), ENGLISH_HTML);
    const value = header(response, 'Proxy-Status');
    expect(value).toContain('details="a \\"b\\" \\\\ ?Set-Cookie: x=y zzz');
    expect(value?.length).toBeLessThan(300);
  });
});

describe('what passes by itself says when to try again', () => {
  const retryAfter = (name: string) =>
    header(renderNotice(notice(subjectNamed(name)), ENGLISH_HTML), 'Retry-After');

  // Covers: RFC 6585 section 4; RFC 9110 section 10.2.3
  test.each(Object.entries(LIMIT_ANSWERS))('the answer at the limit %s', (limit, { retryAfterS }) => {
    expect(retryAfter(`limited: ${limit}`)).toBe(`${retryAfterS}`);
  });

  test('and so does a proxy that is out of connections, but no other failure and no block', () => {
    const names = SUBJECTS.map(([name]) => name).filter((name) => !name.startsWith('limited'));
    expect(names.filter((name) => retryAfter(name) !== undefined)).toEqual([
      'failed: connection_limit_reached',
    ]);
  });
});

describe('a 451 names who implements the block (RFC 7725 section 4)', () => {
  const link = (contact: typeof TRADE_MINISTRY.contact, status: 403 | 451 = 451) =>
    header(
      renderNotice(blockedByRule({ status }, { department: { ...TRADE_MINISTRY, contact } }), ENGLISH_HTML),
      'Link',
    );

  test('by the contact’s URL, if there is one', () => {
    expect(link({ url: 'https://help.motie.example/예', email: 'helpdesk@motie.example' })).toBe(
      '<https://help.motie.example/%EC%98%88>; rel="blocked-by"',
    );
  });

  test('else by its e-mail address', () => {
    expect(link({ email: 'helpdesk@motie.example' })).toBe(
      '<mailto:helpdesk@motie.example>; rel="blocked-by"',
    );
  });

  test('not at all without either, or when neither can be linked to', () => {
    expect(link({ phone: '+82-44-000-0000' })).toBeUndefined();
    expect(link({ url: 'javascript:alert(1)', email: 'no address' })).toBeUndefined();
  });

  test('a 403 has no such link', () => {
    expect(link({ email: 'helpdesk@motie.example' }, 403)).toBeUndefined();
  });
});

describe.each(FORMATS)('every answer as %s', (format) => {
  const responses = SUBJECTS.flatMap(([, subject]) =>
    LANGUAGES.map((language) => ({
      language,
      response: renderNotice(notice(subject), { format, language }),
    })),
  );

  test('has its length in bytes', () => {
    for (const { response } of responses)
      expect(header(response, 'Content-Length')).toBe(`${new TextEncoder().encode(response.body).length}`);
  });

  test('names its type, charset and language', () => {
    const types = {
      html: 'text/html; charset=utf-8',
      'problem-json': 'application/problem+json; charset=utf-8',
      text: 'text/plain; charset=utf-8',
    };
    for (const { response, language } of responses) {
      expect(header(response, 'Content-Type')).toBe(types[format]);
      expect(header(response, 'Content-Language')).toBe(language);
    }
  });

  // Covers: EV-26
  test('is kept by no cache, and leaves nothing behind in the site’s name', () => {
    for (const { response } of responses) {
      expect(header(response, 'Cache-Control')).toBe('no-store');
      expect(header(response, 'Vary')).toBe(
        'Accept, Accept-Language, Origin, Sec-Fetch-Dest, Sec-Fetch-Mode, X-Requested-With',
      );
      expect(header(response, 'Postern-Incident')).toBe('7F3K-9Q2M');
      expect(header(response, 'X-Content-Type-Options')).toBe('nosniff');
      expect(header(response, 'Referrer-Policy')).toBe('no-referrer');
      const names = response.headers.map(([name]) => name.toLowerCase());
      expect(names).not.toContain('set-cookie');
      expect(names).not.toContain('strict-transport-security');
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('carries the incident code, the host and the client’s facts', () => {
    for (const { response } of responses) {
      expect(response.body).toContain('7F3K-9Q2M');
      expect(response.body).toContain('chat.deepseek.com');
      expect(response.body).toContain('helpdesk@motie.example');
    }
  });

  test('has no place left unfilled, with or without a host', () => {
    for (const [, subject] of SUBJECTS)
      for (const language of LANGUAGES)
        for (const host of ['chat.deepseek.com', undefined]) {
          const { body } = renderNotice(notice(subject, { host }), { format, language });
          expect(body).not.toMatch(/\{(?:site|host|client|port)\}|undefined|NaN|\[object/);
        }
  });

  test('says something else for every reason and in every language', () => {
    const bodies = responses.map(({ response }) => response.body);
    expect(new Set(bodies).size).toBe(bodies.length);
  });
});

// Covers: EV-25
test('the Content Security Policy allows this page’s own style and nothing else', () => {
  const response = renderNotice(blockedByRule(), ENGLISH_HTML);
  const style = /<style>(.*?)<\/style>/s.exec(response.body)?.[1];
  const hash = createHash('sha256')
    .update(style ?? '')
    .digest('base64');
  expect(header(response, 'Content-Security-Policy')).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
});

test('in a frame it may be shown as well, and its policy allows nothing more', () => {
  const response = renderNotice(blockedByRule(), { format: 'framed-html', language: 'en' });
  const alone = renderNotice(blockedByRule(), ENGLISH_HTML);
  expect(response.body).toBe(alone.body);
  expect(`${header(response, 'Content-Security-Policy')}; frame-ancestors 'none'`).toBe(
    header(alone, 'Content-Security-Policy'),
  );
});

test('the same notice gives the same answer', () => {
  expect(renderNotice(blockedByRule(), ENGLISH_HTML)).toEqual(renderNotice(blockedByRule(), ENGLISH_HTML));
});
