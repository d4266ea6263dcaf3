import { describe, expect, test } from 'vitest';
import type { DecisionLog, LogRecord, RefusalRecord } from '../../src/decision-log/record.ts';
import { countedLog } from '../../src/metrics/counted-log.ts';
import { added, type Counters, noCounters, sumOf } from '../../src/metrics/counters.ts';
import {
  BLOCKED,
  decisionRecord,
  INCIDENT,
  LISTED,
  malformedRecord,
  outcomeRecord,
  RULE,
  TIME,
} from '../decision-log/records.ts';

const written: LogRecord[] = [];
const LOG: DecisionLog = {
  write: (record) => void written.push(record),
  committed: async () => false,
};

const refusal = (refused: number): RefusalRecord => ({
  event: 'refusal',
  incident: INCIDENT,
  time: TIME,
  department: undefined,
  client: undefined,
  limit: 'connectionsPerClient',
  refused,
});

const FORWARDED = { action: 'forward', reason: { code: 'default' } } as const;
const OBSERVED = { ...FORWARDED, wouldBlock: { code: 'rule', rule: RULE, by: LISTED } } as const;

/** What the records add to nothing. */
function countsOf(...records: readonly LogRecord[]): Counters {
  const { log, counters } = countedLog(LOG);
  for (const record of records) log.write(record);
  return counters;
}

const none = noCounters();

describe('what is written is counted', () => {
  test('decisions by what was done and why, and what would have been done', () => {
    const counters = countsOf(
      decisionRecord({}, BLOCKED),
      decisionRecord({}, { action: 'block', reason: { code: 'sni-missing' } }),
      decisionRecord({}, FORWARDED),
      decisionRecord({}, OBSERVED),
    );
    expect(counters).toEqual({
      ...none,
      decisionsTotal: {
        forward: { ...none.decisionsTotal.forward, default: 2 },
        block: { ...none.decisionsTotal.block, rule: 1, 'sni-missing': 1 },
      },
      observedBlocksTotal: { ...none.observedBlocksTotal, rule: 1 },
      logLinesTotal: 4,
    });
  });

  test('outcomes by their kind, with the bytes of both ways where they are known', () => {
    const counters = countsOf(
      outcomeRecord({ kind: 'tunnel-closed', bytesUp: 2 ** 40, bytesDown: 7 }),
      outcomeRecord({ kind: 'response-relayed', status: 200, bytesUp: 1, bytesDown: 2 }),
      outcomeRecord({ kind: 'client-left' }),
      outcomeRecord({ kind: 'upstream-failed', cause: 'connection_refused', bytesUp: 3 }),
      outcomeRecord({ kind: 'block-page-served' }),
    );
    expect(counters).toEqual({
      ...none,
      outcomesTotal: {
        ...none.outcomesTotal,
        'tunnel-closed': 1,
        'response-relayed': 1,
        'client-left': 1,
        'upstream-failed': 1,
        'block-page-served': 1,
      },
      bytesTotal: { up: 2 ** 40 + 4, down: 9 },
      logLinesTotal: 5,
    });
  });

  test('refusals as many as a line tells of, and what was malformed', () => {
    expect(countsOf(refusal(1), refusal(40), malformedRecord())).toEqual({
      ...none,
      refusalsTotal: { ...none.refusalsTotal, connectionsPerClient: 41 },
      malformedTotal: 1,
      logLinesTotal: 3,
    });
  });

  test('and goes on to the log as it is, which answers for itself', async () => {
    const { log } = countedLog(LOG);
    const record = malformedRecord();
    log.write(record);
    expect(written.at(-1)).toBe(record);
    expect(await log.committed()).toBe(false);
  });
});

test('counts of several add up name by name, and both stay as they were', () => {
  const [one, other] = [countsOf(refusal(2), malformedRecord()), countsOf(refusal(3))];
  expect(added(one, other)).toEqual({ ...countsOf(refusal(5), malformedRecord()), logLinesTotal: 3 });
  expect([one.logLinesTotal, other.logLinesTotal]).toEqual([2, 1]);
  expect(sumOf(added(one, other).refusalsTotal)).toBe(5);
});
