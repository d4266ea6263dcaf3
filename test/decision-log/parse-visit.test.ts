import { describe, expect, test } from 'vitest';
import { parseVisit } from '../../src/decision-log/parse-visit.ts';
import type { Outcome, UnseenCause } from '../../src/decision-log/record.ts';
import { decisionRecord, INCIDENT, malformedRecord, outcomeRecord, TIME } from './records.ts';
import { lineFor } from './support.ts';

const said = async (record: Parameters<typeof lineFor>[0]): Promise<unknown> => {
  const parsed = parseVisit(await lineFor(record));
  return parsed.ok ? parsed.value : parsed.error;
};

const ending = (outcome: Outcome): Promise<unknown> => said(outcomeRecord(outcome));

describe('a line that the writer wrote', () => {
  test('of a blocked CONNECT says who asked, and when', async () => {
    const visit = { kind: 'blocked-connect', id: INCIDENT.id, time: TIME, client: '10.20.1.7' };
    const connect = { via: 'connect', method: 'CONNECT' } as const;
    expect(await said(decisionRecord(connect))).toEqual({ ...visit, department: 'trade-ministry' });
    expect(await said(decisionRecord({ ...connect, department: undefined }))).toEqual({
      ...visit,
      department: undefined,
    });
  });

  test('of anything else that was decided says nothing of pages over TLS', async () => {
    const forward = { action: 'forward', reason: { code: 'default' } } as const;
    expect(await said(decisionRecord({ via: 'http' }))).toEqual({ kind: 'other' });
    expect(await said(decisionRecord({ via: 'connect' }, forward))).toEqual({ kind: 'other' });
    expect(await said(malformedRecord({ via: 'connect' }))).toEqual({ kind: 'other' });
    expect(await ending({ kind: 'tunnel-closed', bytesUp: 1, bytesDown: 2 })).toEqual({ kind: 'other' });
  });

  test.each<[UnseenCause, string]>([
    ['ca-unknown', 'refused'],
    ['certificate-refused', 'refused'],
    ['left-at-certificate', 'unclear'],
    ['tls-refused', 'unclear'],
    ['client-left', 'unclear'],
    ['deadline', 'unclear'],
    ['sni-mismatch', 'unclear'],
    ['connect-refused', 'not-shown'],
    ['certificate-limit', 'not-shown'],
    ['mid-tunnel', 'not-shown'],
  ])('of a page that was not seen for %s says: %s', async (cause, told) => {
    expect(await ending({ kind: 'block-page-unseen', cause })).toEqual({
      kind: 'page-ending',
      id: INCIDENT.id,
      ending: told,
    });
  });

  test('of a page that was served says so', async () => {
    expect(await ending({ kind: 'block-page-served' })).toMatchObject({ ending: 'seen' });
  });
});

test('a line is understood however its members are spaced and ordered', () => {
  const fields = { event: 'outcome', kind: 'block-page-unseen', cause: 'ca-unknown', id: 'A', v: 1 };
  const parsed = parseVisit(JSON.stringify(fields, undefined, 1).replaceAll('\n', ' '));
  expect(parsed).toEqual({ ok: true, value: { kind: 'page-ending', id: 'A', ending: 'refused' } });
});

test('a cause of a later version is unclear, and an event of one is nothing', () => {
  const outcome = { v: 1, event: 'outcome', id: 'A', kind: 'block-page-unseen', cause: 'toString' };
  expect(parseVisit(JSON.stringify(outcome))).toMatchObject({ value: { ending: 'unclear' } });
  expect(parseVisit('{"v":1,"event":"tomorrow"}')).toEqual({ ok: true, value: { kind: 'other' } });
});

const BLOCKED_CONNECT = {
  v: 1,
  time: '2026-11-23T06:00:00.123Z',
  event: 'decision',
  id: 'A',
  department: 'a',
  client: '10.0.0.1',
  via: 'connect',
  action: 'block',
  reason: 'rule',
};

test.each<readonly [what: string, text: string]>([
  ['no JSON', 'x'],
  ['no object', '[]'],
  ['of another version', '{"v":2}'],
  ['a gap of nothing', '{"v":1,"event":"gap"}'],
  ...(['id', 'time', 'department', 'client'] as const).map(
    (field) => [`without ${field}`, JSON.stringify({ ...BLOCKED_CONNECT, [field]: undefined })] as const,
  ),
  ['of a client that is no address', JSON.stringify({ ...BLOCKED_CONNECT, client: '\u001b[2J' })],
])('a line is unreadable that is %s', (_what, text) => {
  expect(parseVisit(text).ok).toBe(false);
});
