import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Answer, answerTo, headOf } from '../../src/block-page/answer.ts';
import { FORMATS, type Format, isRaster } from '../../src/block-page/format.ts';
import type { Negotiated } from '../../src/block-page/negotiate.ts';
import type { Notice } from '../../src/block-page/notice.ts';
import { renderNotice } from '../../src/block-page/response.ts';
import { MARKS } from '../../src/block-page/template.ts';
import { LANGUAGES } from '../../src/policy/policy.ts';
import { blockedByRule, notice, SUBJECTS, TRADE_MINISTRY } from './notices.ts';

const ALL = Object.keys(FORMATS) as Format[];
const NEGOTIATED: readonly Negotiated[] = ALL.flatMap((format) =>
  LANGUAGES.map((language) => ({ format, language })),
);
const ENGLISH_HTML = { format: 'html', language: 'en' } as const;

/** What `renderNotice` says, as it would be sent. */
function renderedAnew(given: Notice, negotiated: Negotiated): Answer {
  const { status, headers, body } = renderNotice(given, negotiated);
  const sent = isRaster(negotiated.format) ? body : Buffer.from(body, 'utf8').toString('latin1');
  return { status, headers: headers.flat(), body: sent };
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'<>&"\'`=/\\\r\n\t{}:@%#?; .$', '한', '\ud800', '\u202e', '👩‍👩‍👧') }),
  fc.constantFrom('', '{host}', '$&', '{host.00000000-0000-4000-8000-000000000000}'),
);

/** What a request may bring: everything that differs between two answers to the same block. */
const brought = fc.record({
  host: fc.option(fc.oneof(text, fc.constantFrom(...Object.values(MARKS))), { nil: undefined }),
  client: fc.oneof(text, fc.constantFrom(...Object.values(MARKS))),
  code: fc.stringMatching(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/),
  time: fc.date({ min: new Date(0), noInvalidDate: true }).map((date) => date.getTime()),
});

// Covers: EV-25
describe('a prepared answer is, byte for byte, what is rendered anew', () => {
  test.each(SUBJECTS)('%s', (_name, subject) => {
    fc.assert(
      fc.property(brought, (values) => {
        for (const negotiated of NEGOTIATED) {
          const given = notice(subject, values);
          expect(answerTo(given, negotiated)).toEqual(renderedAnew(given, negotiated));
        }
      }),
      { numRuns: 15 },
    );
  });

  test('whatever a policy says', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(403, 451), brought, (said, status, values) => {
        const department = {
          id: said,
          title: { ko: said },
          contact: { email: `${said}@a.example`, phone: said, url: `https://a.example/${said}` },
        };
        const rule = { id: said, status, reason: { en: said }, reference: said } as const;
        const alternatives = [{ title: { en: said }, url: `https://b.example/${said}` }];
        const given = blockedByRule({ ...rule, alternatives }, { ...values, department });
        for (const negotiated of NEGOTIATED)
          expect(answerTo(given, negotiated)).toEqual(renderedAnew(given, negotiated));
      }),
      { numRuns: 200 },
    );
  });

  test('nor does it keep what differs in reasons of one kind', () => {
    const reasons = [
      { code: 'sni-mismatch', sni: 'a.example' },
      { code: 'sni-mismatch', sni: 'b.example' },
      { code: 'port-forbidden', port: 25 },
      { code: 'port-forbidden', port: 22 },
      { code: 'address-forbidden', address: '10.0.0.1', range: 'private' },
      { code: 'address-forbidden', address: '127.0.0.1', range: 'loopback' },
    ] as const;
    for (const reason of reasons) {
      const given = notice({ kind: 'blocked', reason });
      expect(answerTo(given, ENGLISH_HTML)).toEqual(renderedAnew(given, ENGLISH_HTML));
    }
  });
});

test('policies that change keep no answer of those before, though names and rules are the same', () => {
  const before = blockedByRule({ reason: { en: 'Until Monday.' } });
  const after = blockedByRule({ reason: { en: 'Until Friday.' } });
  expect(answerTo(before, ENGLISH_HTML).body).toContain('Until Monday.');
  expect(answerTo(after, ENGLISH_HTML).body).toContain('Until Friday.');
  const department = { ...TRADE_MINISTRY, title: { en: 'Ministry of Trade' } };
  const renamed = { ...before, department };
  expect(answerTo(before, ENGLISH_HTML).body).toContain('Ministry of Trade, Industry and Energy');
  expect(answerTo(renamed, ENGLISH_HTML)).toEqual(renderedAnew(renamed, ENGLISH_HTML));
});

test('the length that an answer says is that of its bytes', () => {
  const answer = answerTo(blockedByRule(), { format: 'html', language: 'ko' });
  const sent = Buffer.from(answer.body, 'latin1');
  expect(answer.headers[answer.headers.indexOf('Content-Length') + 1]).toBe(`${sent.length}`);
  expect(sent.toString('utf8')).toContain('산업통상자원부');
});

test('the head of a last response has a status line, a date and all fields, and says that it closes', () => {
  const answer = answerTo(blockedByRule(), ENGLISH_HTML);
  const [statusLine, date, ...rest] = headOf(answer).split('\r\n');
  expect(statusLine).toBe('HTTP/1.1 403 Forbidden');
  expect(date).toMatch(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
  expect(rest.slice(-3)).toEqual(['Connection: close', '', '']);
  const fields = rest.slice(0, -3).map((line) => line.split(/: (.*)/, 2));
  expect(fields.flat()).toEqual(answer.headers);
});
