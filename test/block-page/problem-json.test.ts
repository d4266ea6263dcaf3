import { expect, test } from 'vitest';
import { contentOf } from '../../src/block-page/content.ts';
import type { Notice } from '../../src/block-page/notice.ts';
import { renderProblemJson } from '../../src/block-page/problem-json.ts';
import type { Language } from '../../src/policy/policy.ts';
import { blockedByRule, DEEPSEEK, notice } from './notices.ts';

const problem = (given: Notice, language: Language = 'en') =>
  JSON.parse(renderProblemJson(contentOf(given, language)));

test('a block by a rule carries every fact of it', () => {
  expect(problem(blockedByRule())).toEqual({
    type: 'urn:postern:blocked',
    title: 'Access blocked',
    status: 403,
    detail: `Access to chat.deepseek.com is blocked by your department’s policy. ${DEEPSEEK.reason?.en}`,
    code: '7F3K-9Q2M',
    time: '2026-11-23T06:00:00.123Z',
    host: 'chat.deepseek.com',
    department: { id: 'trade-ministry', title: 'Ministry of Trade, Industry and Energy' },
    reason: 'rule',
    rule: 'deepseek',
    reference: 'PIPC, 2025-02',
    alternatives: [
      { title: 'Government AI assistant', url: 'https://ai.motie.example/' },
      { title: 'Papago translation', url: 'https://papago.naver.com/' },
    ],
    contact: { email: 'helpdesk@motie.example', phone: '+82-44-000-0000' },
  });
});

test('people’s words come in the wanted language, codes stay the same', () => {
  expect(problem(blockedByRule(), 'ko')).toMatchObject({
    type: 'urn:postern:blocked',
    title: '접속 차단',
    detail: expect.stringContaining('접속이 제한되어 있습니다. 개인정보보호위원회가'),
    department: { id: 'trade-ministry', title: '산업통상자원부' },
    reason: 'rule',
    alternatives: [{ title: '범정부 인공지능 도우미' }, { title: '파파고 번역' }],
  });
});

test('a limit has a type of its own, and its setting as the reason', () => {
  expect(problem(notice({ kind: 'limited', limit: 'tunnelsPerClient' }))).toMatchObject({
    type: 'urn:postern:limit-reached',
    status: 429,
    reason: 'tunnelsPerClient',
    detail: expect.stringContaining('10.20.1.7'),
  });
});

test('a failure and a bad request have types of their own, and the RFC 9209 error as their reason', () => {
  expect(problem(notice({ kind: 'failed', error: 'dns_error' }))).toMatchObject({
    type: 'urn:postern:upstream-failed',
    status: 502,
    reason: 'dns_error',
  });
  expect(
    problem(notice({ kind: 'refused', status: 431, problem: 'the headers exceed 64 KB' })),
  ).toMatchObject({
    type: 'urn:postern:bad-request',
    status: 431,
    reason: 'http_request_error',
    detail: expect.stringContaining('the headers exceed 64 KB'),
  });
});

test('what is not known is left out', () => {
  const given = problem(
    notice(
      { kind: 'blocked', reason: { code: 'department-unknown' } },
      { host: undefined, department: undefined },
    ),
  );
  expect(Object.keys(given)).toEqual(['type', 'title', 'status', 'detail', 'code', 'time', 'reason']);
});

test('an alternative that is no web address has no url that a client could follow', () => {
  const alternatives = [{ title: { en: 'Run' }, url: 'javascript:alert(1)' }];
  expect(problem(blockedByRule({ alternatives })).alternatives).toEqual([{ title: 'Run' }]);
});
