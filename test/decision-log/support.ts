import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Incident } from '../../src/decision-log/incident.ts';
import type { LogRecord } from '../../src/decision-log/record.ts';
import { type LogSettings, openDecisionLog } from '../../src/decision-log/writer.ts';
import { folderWith } from '../support/temp-dir.ts';
import { outcomeRecord } from './records.ts';

/** A decision log in a folder of its own, or in the one given; `faults` is what it said of its disk. */
export function openLog(settings: Partial<LogSettings> = {}) {
  const dir = settings.dir ?? join(folderWith(), 'log');
  const faults: (string | undefined)[] = [];
  const log = openDecisionLog({ fsync: 'never', onError: 'block', ...settings, dir }, (error) =>
    faults.push(error?.message),
  );
  const incidents = new Set<Incident>();
  const write = (record: LogRecord): void => {
    incidents.add(record.incident);
    log.write(record);
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= log.close();
    return closed;
  };
  /** Gives every decision its outcome: the log waits for them when it closes. */
  const settleAll = (): void => {
    for (const incident of incidents) write({ ...outcomeRecord({ kind: 'client-left' }), incident });
  };
  onTestFinished(async () => {
    if (closed === undefined) settleAll();
    await close();
  });
  return {
    ...log,
    write,
    close,
    closeAgain: log.close,
    settleAll,
    dir,
    faults,
    text: () => readFileSync(log.path, 'utf8'),
  };
}

/** The lines, as text, that these records make. */
export async function linesFor(...records: readonly LogRecord[]): Promise<string[]> {
  const log = openLog();
  for (const record of records) log.write(record);
  await log.committed();
  const text = log.text();
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  return text.slice(0, -1).split('\n');
}

/** The one line, as text, that a record makes. */
export async function lineFor(record: LogRecord): Promise<string> {
  const lines = await linesFor(record);
  if (lines.length !== 1) throw new Error(`one record made ${lines.length} lines`);
  return lines[0] ?? '';
}
