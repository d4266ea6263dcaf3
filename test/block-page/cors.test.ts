import { describe, expect, test } from 'vitest';
import { type Answer, answerTo } from '../../src/block-page/answer.ts';
import { FORMATS, type Format } from '../../src/block-page/format.ts';
import { negotiate } from '../../src/block-page/negotiate.ts';
import type { Notice } from '../../src/block-page/notice.ts';
import type { Wishes } from '../../src/block-page/wishes.ts';
import { blockedByRule, notice, SUBJECTS } from './notices.ts';

const ORIGIN = 'https://app.example';
const FETCH = { method: 'GET', origin: ORIGIN, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
const PREFLIGHT = { ...FETCH, method: 'OPTIONS', 'access-control-request-method': 'PUT' };

const answer = (wishes: Wishes, given: Notice = blockedByRule()): Answer =>
  answerTo(given, negotiate(wishes));

const field = ({ headers }: Answer, name: string): string | undefined => {
  const index = headers.indexOf(name);
  return index === -1 ? undefined : headers[index + 1];
};

const leaves = ({ headers }: Answer): string[] =>
  headers.filter((text, index) => index % 2 === 0 && text.startsWith('Access-Control-'));

describe('a script of another website', () => {
  test('may read that it was blocked, and the incident code, with cookies sent or not', () => {
    const told = answer(FETCH);
    expect(told.status).toBe(403);
    expect(field(told, 'Access-Control-Allow-Origin')).toBe(ORIGIN);
    expect(field(told, 'Access-Control-Allow-Credentials')).toBe('true');
    expect(field(told, 'Access-Control-Expose-Headers')).toBe('Postern-Incident');
    expect(field(told, 'Postern-Incident')).toBe('7F3K-9Q2M');
    expect(field(told, 'Vary')).toContain('Origin');
    expect(JSON.parse(told.body)).toEqual({
      type: 'urn:postern:blocked',
      title: 'Access blocked',
      status: 403,
      detail: 'Quote this code when you write or call: it leads straight to this request.',
      code: '7F3K-9Q2M',
    });
  });

  test('is told nothing of the reader, in whatever language and for whatever reason', () => {
    const told = SUBJECTS.flatMap(([, subject]) =>
      ['en', 'ko'].map((language) => answer({ ...FETCH, 'accept-language': language }, notice(subject))),
    );
    for (const { body } of told)
      expect(body).not.toMatch(/motie|trade|Ministry|10\.20\.1\.7|deepseek|rule|default|PIPC/i);
  });

  test('reads nothing of what fails or leads inside: it could find out what is behind the gateway', () => {
    const readable = SUBJECTS.filter(([, subject]) => leaves(answer(FETCH, notice(subject))).length > 0);
    expect(readable.map(([name]) => name)).toEqual([
      'blocked: rule',
      'blocked: default',
      'blocked: department-unknown',
      'blocked: port-forbidden',
      'blocked: address-literal',
      'blocked: rule with status 451',
    ]);
    const granted = SUBJECTS.filter(([, subject]) => answer(PREFLIGHT, notice(subject)).status === 204);
    expect(granted).toEqual(readable);
  });

  test.each(Object.keys(FORMATS) as Format[])('reads no answer as %s that tells of the reader', (format) => {
    const given = blockedByRule();
    const told = answerTo(given, {
      format,
      language: 'en',
      asker: { origin: ORIGIN, preflight: undefined },
    });
    const tells = /Ministry of Trade/.test(told.body);
    expect(leaves(told).length > 0).toBe(!tells);
  });

  test.each([
    ['without an origin', { method: 'GET' }],
    ['by a form', { ...FETCH, method: 'POST', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }],
    ['of two origins', { ...FETCH, origin: `${ORIGIN}, https://b.example` }],
    ['of any origin', { ...FETCH, origin: '*' }],
    ['of an origin that is none', { ...FETCH, origin: 'https://a.example/path' }],
    ['of an endless origin', { ...FETCH, origin: `https://${'a'.repeat(1_000_000)}` }],
  ])('no request %s is given a leave', (_name, wishes) => {
    expect(leaves(answer(wishes))).toEqual([]);
  });

  test.each(['null', 'http://192.0.2.1:8080', 'http://[2001:db8::1]:81', 'moz-extension://0a1b-2c'])(
    'may have the origin %s',
    (origin) => {
      expect(field(answer({ ...FETCH, origin }), 'Access-Control-Allow-Origin')).toBe(origin);
    },
  );
});

describe('a preflight', () => {
  test('is given leave to send what it asks for, so that the browser goes on to the answer', () => {
    const fields = 'content-type,x-csrf-token';
    const told = answer({ ...PREFLIGHT, 'access-control-request-headers': fields });
    expect(told).toMatchObject({ status: 204, body: '' });
    expect(field(told, 'Access-Control-Allow-Origin')).toBe(ORIGIN);
    expect(field(told, 'Access-Control-Allow-Methods')).toBe('PUT');
    expect(field(told, 'Access-Control-Allow-Headers')).toBe(fields);
    expect(field(told, 'Proxy-Status')).toContain('incident 7F3K-9Q2M');
    expect(field(told, 'Cache-Control')).toBe('no-store');
    expect(told.headers).not.toContain('Content-Length'); // RFC 9110 section 8.6
  });

  test('is given none to keep it, to send cookies or to reach a private network', () => {
    const told = answer({ ...PREFLIGHT, 'access-control-request-headers': 'x-a' });
    expect(field(told, 'Access-Control-Max-Age')).toBe('0');
    expect(leaves(told)).toEqual([
      'Access-Control-Allow-Origin',
      'Access-Control-Allow-Methods',
      'Access-Control-Allow-Headers',
      'Access-Control-Max-Age',
    ]);
  });

  test('for fields that are none is given leave for none', () => {
    const told = answer({ ...PREFLIGHT, 'access-control-request-headers': 'x-a\u0000; <b>' });
    expect(told.status).toBe(204);
    expect(leaves(told)).not.toContain('Access-Control-Allow-Headers');
  });

  test.each([
    ['of another method', { ...PREFLIGHT, method: 'GET' }],
    ['that asks for nothing', { ...FETCH, method: 'OPTIONS' }],
    ['that asks for a method that is none', { ...PREFLIGHT, 'access-control-request-method': 'P"T' }],
  ])('is no request %s', (_name, wishes) => {
    expect(answer(wishes).status).toBe(403);
  });
});
