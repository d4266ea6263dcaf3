import type { DecisionLog, LogRecord, Outcome } from '../decision-log/record.ts';
import { type Counters, noCounters } from './counters.ts';

/** The data path's one output, counted: whatever is told of anywhere passes here, so the paths need not count. */
export type CountedLog = { readonly log: DecisionLog; readonly counters: Counters };

export function countedLog(log: DecisionLog): CountedLog {
  const counters = noCounters();
  return {
    counters,
    log: {
      write(record) {
        count(record, counters);
        log.write(record);
      },
      committed: log.committed,
    },
  };
}

function count(record: LogRecord, counters: Counters): void {
  counters.logLinesTotal += 1;
  switch (record.event) {
    case 'decision': {
      const { decision } = record;
      if (decision.action === 'block') counters.decisionsTotal.block[decision.reason.code] += 1;
      else {
        counters.decisionsTotal.forward[decision.reason.code] += 1;
        if (decision.wouldBlock !== undefined) counters.observedBlocksTotal[decision.wouldBlock.code] += 1;
      }
      return;
    }
    case 'outcome':
      counters.outcomesTotal[record.outcome.kind] += 1;
      countBytes(record.outcome, counters);
      return;
    case 'refusal':
      counters.refusalsTotal[record.limit] += record.refused;
      return;
    case 'malformed':
      counters.malformedTotal += 1;
  }
}

function countBytes(outcome: Outcome, { bytesTotal }: Counters): void {
  if ('bytesUp' in outcome) bytesTotal.up += outcome.bytesUp ?? 0;
  if ('bytesDown' in outcome) bytesTotal.down += outcome.bytesDown ?? 0;
}
