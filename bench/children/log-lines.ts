/**
 * Writes decisions and outcomes by Postern's own writer into the folder that it is given, and prints a `LogLines` as
 * JSON. Nothing else happens in the process, and nothing waits for the disk (`fsync: never`).
 */
import { newIncident } from '../../src/decision-log/incident.ts';
import type { DecisionRecord, OutcomeRecord } from '../../src/decision-log/record.ts';
import { openDecisionLog } from '../../src/decision-log/writer.ts';
import { domainAt } from '../support/domains.ts';
import { hostOf } from '../support/hosts.ts';

/** Processor time for each line, by how many requests are decided in one turn of the event loop. */
export type LogLines = readonly { readonly requestsATurn: number; readonly cpuMicros: number }[];

const REQUESTS_A_TURN = [1, 16, 64];
const REQUESTS = 200_000;
const RECORDS = 10_000;
const LINES_OF_A_REQUEST = 2;
const NOW = Date.parse('2026-11-23T12:00:00+09:00');

const [folder = ''] = process.argv.slice(2);
const log = openDecisionLog({ dir: folder, fsync: 'never', onError: 'block' }, (error) => {
  if (error !== undefined) throw error;
});
const records = Array.from({ length: RECORDS }, (_, number) => recordsOf(number));
await write(64); // warms up
const results: { requestsATurn: number; cpuMicros: number }[] = [];
for (const requestsATurn of REQUESTS_A_TURN) {
  const before = process.cpuUsage();
  await write(requestsATurn);
  const { user, system } = process.cpuUsage(before);
  results.push({ requestsATurn, cpuMicros: (user + system) / (REQUESTS * LINES_OF_A_REQUEST) });
}
await log.close();
process.stdout.write(JSON.stringify(results satisfies LogLines));

async function write(requestsATurn: number): Promise<void> {
  for (let written = 0; written < REQUESTS; written += requestsATurn) {
    for (let at = 0; at < requestsATurn; at++) {
      const pair = records[(written + at) % RECORDS];
      if (pair === undefined) continue;
      log.write(pair.decision);
      log.write(pair.outcome);
    }
    if (!(await log.committed())) throw new Error('the log was not written');
  }
}

function recordsOf(number: number): { readonly decision: DecisionRecord; readonly outcome: OutcomeRecord } {
  const incident = newIncident(NOW + number);
  const decision: DecisionRecord = {
    event: 'decision',
    incident,
    facts: {
      time: NOW + number,
      department: 'bench',
      client: `10.1.${number % 250}.7`,
      via: 'connect',
      method: 'CONNECT',
      host: hostOf(`www.${domainAt(number)}`),
      port: 443,
      addresses: ['192.0.2.7'],
    },
    decision: { action: 'forward', reason: { code: 'default' } },
    policy: `sha256:${'0'.repeat(64)}`,
    mode: 'enforce',
  };
  const outcome: OutcomeRecord = {
    event: 'outcome',
    incident,
    time: NOW + number + 12,
    durationMs: 12,
    outcome: { kind: 'tunnel-closed', bytesUp: 1_200, bytesDown: 24_000 },
  };
  return { decision, outcome };
}
