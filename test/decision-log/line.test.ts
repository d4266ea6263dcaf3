import { describe, expect, test } from 'vitest';
import { parseLine } from '../../src/decision-log/parse-line.ts';
import type { Outcome, RefusalRecord } from '../../src/decision-log/record.ts';
import type { Decision, Evidence } from '../../src/policy/decide.ts';
import type { Origin } from '../../src/policy/matching/host-index.ts';
import {
  BLOCKED,
  decisionRecord,
  EXCEPTION,
  hostOf,
  INCIDENT,
  LISTED,
  malformedRecord,
  outcomeRecord,
  RULE,
  TIME,
} from './records.ts';
import { lineFor, linesFor } from './support.ts';

const parsed = async (record: Parameters<typeof lineFor>[0]): Promise<Record<string, unknown>> =>
  JSON.parse(await lineFor(record)) as Record<string, unknown>;

const by = (origin: Origin): Evidence => ({ set: 0, origin, specificity: 9 });

describe('the line of a decision', () => {
  test('has these fields in this order, and nothing that the logger adds', async () => {
    expect(await lineFor(decisionRecord())).toBe(
      '{"v":1,"time":"2026-11-23T06:00:00.123Z","event":"decision","id":"01KAQWERTY0123456789ABCDEF","code":"89AB-CDEF",' +
        '"department":"trade-ministry","client":"10.20.1.7","via":"http","method":"GET","host":"chat.deepseek.com",' +
        '"domain":"deepseek.com","port":80,"path":"/a/b","action":"block","reason":"rule","rule":"deepseek",' +
        '"source":"policies/trade-ministry.yaml:14","policy":"sha256:0123","mode":"enforce"}',
    );
  });

  test('of a tunnel has no path, and names the user where one is known', async () => {
    const line = await parsed(
      decisionRecord({ via: 'connect', method: 'CONNECT', port: 443, path: '', user: 'hong' }),
    );
    expect(Object.keys(line).slice(5, 13)).toEqual([
      'department',
      'client',
      'user',
      'via',
      'method',
      'host',
      'domain',
      'port',
    ]);
    expect(line).toMatchObject({ user: 'hong', via: 'connect', port: 443 });
  });

  test('says null for a department that nobody knows', async () => {
    const unknown: Decision = { action: 'block', reason: { code: 'department-unknown' } };
    const line = await parsed(decisionRecord({ department: undefined } as never, unknown));
    expect(line).toMatchObject({ department: null, action: 'block', reason: 'department-unknown' });
  });

  test.each<[string, Decision, Record<string, unknown>]>([
    ['a rule', BLOCKED, { reason: 'rule', rule: 'deepseek', source: 'policies/trade-ministry.yaml:14' }],
    [
      'an exception',
      { action: 'forward', reason: { code: 'exception', exception: EXCEPTION, by: LISTED } },
      { reason: 'exception', exception: 'ai-safety-research', source: 'policies/trade-ministry.yaml:40' },
    ],
    [
      'a rule by a service of the catalog',
      {
        action: 'block',
        reason: { code: 'rule', rule: RULE, by: by({ kind: 'service', service: 'deepseek' }) },
      },
      {
        reason: 'rule',
        rule: 'deepseek',
        service: 'deepseek',
        source: 'policies/trade-ministry.yaml:14',
      },
    ],
    [
      'a rule by a list',
      {
        action: 'block',
        reason: { code: 'rule', rule: RULE, by: by({ kind: 'category', category: 'vpn' }) },
      },
      { reason: 'rule', rule: 'deepseek', category: 'vpn', source: 'policies/trade-ministry.yaml:14' },
    ],
    ['the default', { action: 'forward', reason: { code: 'default' } }, { reason: 'default' }],
    [
      'a forbidden address',
      {
        action: 'block',
        reason: { code: 'address-forbidden', address: '169.254.169.254', range: 'link-local' },
      },
      { reason: 'address-forbidden', address: '169.254.169.254', range: 'link-local' },
    ],
    [
      'a forbidden port',
      { action: 'block', reason: { code: 'port-forbidden', port: 25 } },
      { reason: 'port-forbidden' },
    ],
    ['a loop', { action: 'block', reason: { code: 'proxy-loop' } }, { reason: 'proxy-loop' }],
    ['a visit', { action: 'forward', reason: { code: 'own-site' } }, { reason: 'own-site' }],
    [
      'an address in place of a name',
      { action: 'block', reason: { code: 'address-literal' } },
      { reason: 'address-literal' },
    ],
    ['no TLS', { action: 'block', reason: { code: 'not-tls' } }, { reason: 'not-tls' }],
    [
      'a ClientHello that cannot be read',
      {
        action: 'block',
        reason: { code: 'client-hello-unreadable', problem: 'one of its records is empty' },
      },
      { reason: 'client-hello-unreadable', problem: 'one of its records is empty' },
    ],
    ['no server name', { action: 'block', reason: { code: 'sni-missing' } }, { reason: 'sni-missing' }],
    ['an ECH', { action: 'block', reason: { code: 'ech-forbidden' } }, { reason: 'ech-forbidden' }],
  ])('says why: %s', async (_name, decision, fields) => {
    const line = await parsed(decisionRecord({}, decision));
    const keys = Object.keys(line);
    const why = keys.slice(keys.indexOf('action') + 1, keys.indexOf('policy'));
    expect(line.action).toBe(decision.action);
    expect(why).toEqual(Object.keys(fields));
    expect(line).toMatchObject(fields);
  });

  test('of what a tunnel opened with names that tunnel, and the server name', async () => {
    const tunnel = { id: '01KAQWERTY0123456789ZZZZZZ', code: '89ZZ-ZZZZ' };
    const decision: Decision = { action: 'block', reason: { code: 'sni-mismatch', sni: 'other.example' } };
    const facts = { via: 'tls', method: 'CONNECT', port: 443, sni: 'other.example' } as const;
    const line = await parsed(decisionRecord(facts, decision, { tunnel }));
    const keys = Object.keys(line);
    expect(keys[keys.indexOf('code') + 1]).toBe('tunnel');
    expect(keys[keys.indexOf('port') + 1]).toBe('sni');
    expect(line).toMatchObject({ tunnel: tunnel.id, sni: 'other.example', reason: 'sni-mismatch' });
  });

  test('in observe mode tells the block that was not carried out', async () => {
    const decision: Decision = {
      action: 'forward',
      reason: { code: 'default' },
      wouldBlock: { code: 'rule', rule: RULE, by: LISTED },
    };
    expect(await parsed(decisionRecord({}, decision, { mode: 'observe' }))).toMatchObject({
      action: 'forward',
      reason: 'default',
      wouldBlock: { reason: 'rule', rule: 'deepseek', source: 'policies/trade-ministry.yaml:14' },
      mode: 'observe',
    });
  });

  test('has no domain for an address or a bare suffix', async () => {
    const hosts = ['192.0.2.1', '[2001:db8::1]', 'com'].map(hostOf);
    const lines = await linesFor(...hosts.map((host) => decisionRecord({ host })));
    for (const line of lines) expect(JSON.parse(line)).not.toHaveProperty('domain');
  });

  // Covers: EV-44
  test('tells the policy’s own words to nobody: reasons and references stay on the page', async () => {
    const line = await lineFor(decisionRecord());
    expect(line).not.toContain('not for the log');
    expect(line).not.toContain('PIPC');
  });
});

describe('the line of an outcome', () => {
  test.each<[Outcome, string]>([
    [
      { kind: 'tunnel-closed', bytesUp: 1, bytesDown: 2 },
      '"kind":"tunnel-closed","bytesUp":1,"bytesDown":2,',
    ],
    [
      { kind: 'response-relayed', status: 200, bytesUp: 0, bytesDown: 9 },
      '"kind":"response-relayed","status":200,"bytesUp":0,"bytesDown":9,',
    ],
    [{ kind: 'block-page-served' }, '"kind":"block-page-served",'],
    [
      { kind: 'block-page-unseen', cause: 'tls-refused' },
      '"kind":"block-page-unseen","cause":"tls-refused",',
    ],
    [{ kind: 'client-left' }, '"kind":"client-left",'],
    [
      { kind: 'client-too-slow', bytesUp: 9, bytesDown: 0 },
      '"kind":"client-too-slow","bytesUp":9,"bytesDown":0,',
    ],
    [{ kind: 'upstream-failed', cause: 'dns_error' }, '"kind":"upstream-failed","cause":"dns_error",'],
  ])('%o', async (outcome, fields) => {
    expect(await lineFor(outcomeRecord(outcome))).toBe(
      `{"v":1,"time":"2026-11-23T06:00:00.123Z","event":"outcome","id":"01KAQWERTY0123456789ABCDEF",${fields}"durationMs":12}`,
    );
  });

  test('is joined to its decision by the id', async () => {
    const lines = await linesFor(decisionRecord(), outcomeRecord({ kind: 'block-page-served' }));
    const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
    expect(ids[0]).toBe(ids[1]);
  });
});

describe('the line of a request that could not be understood', () => {
  test('is a decision to block, with what came and what was wrong', async () => {
    expect(await lineFor(malformedRecord())).toBe(
      '{"v":1,"time":"2026-11-23T06:00:00.123Z","event":"decision","id":"01KAQWERTY0123456789ABCDEF","code":"89AB-CDEF",' +
        '"department":"trade-ministry","client":"10.20.1.7","via":"http","method":"GET","target":"example.org",' +
        '"action":"block","reason":"malformed","problem":"the request target is not an absolute URL","status":400}',
    );
  });

  test('leaves out what could not even be read', async () => {
    const line = await parsed(
      malformedRecord({ department: undefined, via: undefined, method: undefined, target: undefined }),
    );
    expect(Object.keys(line)).toEqual([
      'v',
      'time',
      'event',
      'id',
      'code',
      'department',
      'client',
      'action',
      'reason',
      'problem',
      'status',
    ]);
    expect(line.department).toBeNull();
  });
});

describe('the line of a refusal', () => {
  const refusal: RefusalRecord = {
    event: 'refusal',
    incident: INCIDENT,
    time: TIME,
    department: 'trade-ministry',
    client: '10.20.1.7',
    limit: 'tunnelsPerClient',
    refused: 17,
  };

  test('names the client, the limit, the answer and how many there were', async () => {
    expect(await lineFor(refusal)).toBe(
      '{"v":1,"time":"2026-11-23T06:00:00.123Z","event":"refusal","id":"01KAQWERTY0123456789ABCDEF","code":"89AB-CDEF",' +
        '"department":"trade-ministry","client":"10.20.1.7","limit":"tunnelsPerClient","status":429,"refused":17}',
    );
  });

  test('of clients that are not told apart says null', async () => {
    const line = await parsed({ ...refusal, client: undefined, department: undefined, limit: 'memoryMb' });
    expect(line).toMatchObject({ client: null, department: null, status: 503 });
  });

  test('is no decision to those who read the log again', async () => {
    expect(parseLine(await lineFor(refusal))).toEqual({ ok: true, value: { kind: 'other' } });
  });
});
