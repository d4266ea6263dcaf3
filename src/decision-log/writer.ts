import { join } from 'node:path';
import { recordLine } from './line.ts';
import type { DecisionLog } from './record.ts';
import { type Fsync, openSegment } from './segment.ts';

export type LogSettings = {
  readonly dir: string;
  readonly fsync: Fsync;
  /** When the disk refuses: `block` answers every request with an error, `continue` serves them unlogged. */
  readonly onError: 'block' | 'continue';
};

export type DecisionLogFile = DecisionLog & {
  readonly path: string;
  /** As for `openSegment`. */
  reopen(): Error | undefined;
  /** As for `openSegment`. */
  fault(): Error | undefined;
  /** As for `openSegment`. */
  lostLines(): number;
  /** Waits, for a moment at most, for the outcomes of the decisions that are still open. */
  close(): Promise<void>;
};

/** `decisions.ndjson`, or `decisions.worker-2.ndjson`; `*` names the files of all workers. */
export const logName = (worker?: number | '*'): string =>
  worker === undefined ? 'decisions.ndjson' : `decisions.worker-${worker}.ndjson`;

/** When a program stops, its last connections are ended first; what became of them is known within a few turns. */
const LAST_OUTCOMES_MS = 1_000;

/**
 * The decision log as a file of NDJSON, one record a line. `onFault`: as for `openSegment`. Of several workers each has
 * a file of its own, by its number.
 */
export function openDecisionLog(
  settings: LogSettings,
  onFault: (error: Error | undefined) => void,
  worker?: number,
): DecisionLogFile {
  const path = join(settings.dir, logName(worker));
  const segment = openSegment(path, settings.fsync, onFault);
  const open = new Set<string>();
  let onLastOutcome: (() => void) | undefined;
  return {
    path,
    write(record) {
      segment.append(recordLine(record));
      if (record.event === 'decision') open.add(record.incident.id);
      if (record.event === 'outcome') open.delete(record.incident.id);
      if (open.size === 0) onLastOutcome?.();
    },
    committed: settings.onError === 'block' ? segment.committed : () => segment.committed().then(() => true),
    reopen: segment.reopen,
    fault: segment.fault,
    lostLines: segment.lostLines,
    async close() {
      if (open.size > 0)
        await new Promise<void>((resolve) => {
          const deadline = setTimeout(resolve, LAST_OUTCOMES_MS);
          onLastOutcome = () => {
            clearTimeout(deadline);
            resolve();
          };
        });
      segment.close();
    },
  };
}
