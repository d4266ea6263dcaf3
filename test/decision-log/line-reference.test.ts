import fc from 'fast-check';
import { expect, test } from 'vitest';
import { recordLine } from '../../src/decision-log/line.ts';
import type { LogRecord, Outcome } from '../../src/decision-log/record.ts';
import type { BlockReason, Decision, Evidence, ForwardReason } from '../../src/policy/decide.ts';
import type { Facts } from '../../src/policy/facts.ts';
import { LIMIT_ANSWERS, type ReachedLimit } from '../../src/policy/reached-limit.ts';
import { EXCEPTION, hostOf, RULE } from './records.ts';
import { referenceLine } from './reference.ts';

/** Any text at all, and often enough the kinds that decide how it is written; some are longer than a field may be. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom('', '"', '\\', '~', '\u007f', '\u0000', '\ud800', '\udc00', '한국어', '\u202e', 'a\tb\n'),
  fc.constantFrom('www.example.co.uk', 'chat.deepseek.com', '192.0.2.1', '[2001:db8::1]', 'com'),
  fc
    .tuple(fc.integer({ min: 2_040, max: 2_060 }), fc.constantFrom('x', '🙂', '"'))
    .map(([length, character]) => character.repeat(length).slice(0, length)),
);
const some = fc.option(text, { nil: undefined });
const count = fc.oneof(fc.nat(), fc.maxSafeInteger());
const time = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2026, 0) + 3_000 }), // of a few seconds, back and forth
  fc.integer({ min: -8.64e15, max: 8.64e15 }),
);
const incident = fc.record({ id: text, code: text });

const by: fc.Arbitrary<Evidence> = fc
  .oneof(
    fc.constant({ kind: 'rule' as const }),
    text.map((service) => ({ kind: 'service' as const, service })),
    text.map((category) => ({ kind: 'category' as const, category })),
  )
  .map((origin) => ({ set: 0, origin, specificity: 9 }));

const ruled = fc
  .record({ id: text, at: text, by })
  .map((one) => ({ code: 'rule' as const, rule: { ...RULE, id: one.id, at: one.at }, by: one.by }));

const blockReason: fc.Arbitrary<BlockReason> = fc.oneof(
  ruled,
  fc.constantFrom<BlockReason>(
    { code: 'default' },
    { code: 'not-tls' },
    { code: 'port-forbidden', port: 25 },
  ),
  text.map((problem): BlockReason => ({ code: 'client-hello-unreadable', problem })),
  text.map((address): BlockReason => ({ code: 'address-forbidden', address, range: 'own-listener' })),
  text.map((sni): BlockReason => ({ code: 'sni-mismatch', sni })),
);
const forwardReason: fc.Arbitrary<ForwardReason> = fc.oneof(
  ruled,
  fc.constant<ForwardReason>({ code: 'default' }),
  fc.record({ id: text, at: text, by }).map((one) => ({
    code: 'exception' as const,
    exception: { ...EXCEPTION, id: one.id, at: one.at },
    by: one.by,
  })),
);
const decision: fc.Arbitrary<Decision> = fc.oneof(
  blockReason.map((reason): Decision => ({ action: 'block', reason })),
  forwardReason.map((reason): Decision => ({ action: 'forward', reason })),
  fc
    .tuple(forwardReason, blockReason)
    .map(([reason, wouldBlock]): Decision => ({ action: 'forward', reason, wouldBlock })),
);

const facts: fc.Arbitrary<Facts> = fc.record(
  {
    time,
    department: some,
    client: text,
    via: fc.constantFrom<Facts['via']>('http', 'connect', 'websocket', 'tls'),
    method: text,
    host: text.map(hostOf),
    port: fc.nat(65_535),
    user: text,
    sni: text,
    path: text,
  },
  { requiredKeys: ['time', 'department', 'client', 'via', 'method', 'host', 'port'] },
);

/** Members of all kinds of outcomes in any order: a line keeps the order they came in. */
const outcome: fc.Arbitrary<Outcome> = fc
  .record({ kind: text, status: count, cause: text, bytesUp: count, bytesDown: count, upstream: some })
  .chain((all) => fc.shuffledSubarray(Object.entries(all)))
  .map((members) => Object.fromEntries(members) as unknown as Outcome);

const record: fc.Arbitrary<LogRecord> = fc.oneof(
  fc
    .record({
      incident,
      tunnel: fc.option(incident, { nil: undefined }),
      facts,
      decision,
      policy: text,
      mode: fc.constantFrom('enforce' as const, 'observe' as const),
    })
    .map(({ tunnel, ...rest }): LogRecord => {
      return { event: 'decision', ...rest, ...(tunnel === undefined ? {} : { tunnel }) };
    }),
  fc.record({
    event: fc.constant('malformed' as const),
    incident,
    time,
    department: some,
    client: text,
    via: fc.constantFrom(undefined, 'http' as const),
    method: some,
    target: some,
    status: fc.option(count, { nil: undefined }),
    problem: text,
  }),
  fc.record({
    event: fc.constant('refusal' as const),
    incident,
    time,
    department: some,
    client: some,
    limit: fc.constantFrom(...(Object.keys(LIMIT_ANSWERS) as ReachedLimit[])),
    refused: count,
  }),
  fc.record({ event: fc.constant('outcome' as const), incident, time, outcome, durationMs: count }),
);

/** FUZZ_RUNS=100000 for a long search. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 1_000);

test('the line of any record is to the byte what a logger makes of an object', () => {
  fc.assert(
    fc.property(record, (one) => {
      expect(recordLine(one)).toBe(referenceLine(one));
    }),
    { numRuns: RUNS },
  );
});
