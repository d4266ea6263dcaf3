import { join } from 'node:path';
import { pino } from 'pino';
import { lineFields } from './line.ts';
import type { DecisionLog } from './record.ts';
import { type Fsync, openSegment } from './segment.ts';

/** Version of the line schema in docs/log-format.md. */
const SCHEMA_VERSION = 1;

export type LogSettings = {
  readonly dir: string;
  readonly fsync: Fsync;
  /** When the disk refuses: `block` answers every request with an error, `continue` serves them unlogged. */
  readonly onError: 'block' | 'continue';
};

export type DecisionLogFile = DecisionLog & {
  readonly path: string;
  reopen(): void;
  close(): void;
};

/** The decision log as a file of NDJSON, one record a line. `onFault`: as for `openSegment`. */
export function openDecisionLog(
  settings: LogSettings,
  onFault: (error: Error | undefined) => void,
): DecisionLogFile {
  const path = join(settings.dir, 'decisions.ndjson');
  const segment = openSegment(path, settings.fsync, onFault);
  const lines = pino(
    { base: null, timestamp: false, formatters: { level: () => ({ v: SCHEMA_VERSION }) } },
    { write: (line: string) => segment.append(escapeInvisible(line)) },
  );
  return {
    path,
    write: (record) => lines.info(lineFields(record)),
    committed: settings.onError === 'block' ? segment.committed : () => segment.committed().then(() => true),
    reopen: segment.reopen,
    close: segment.close,
  };
}

/**
 * JSON leaves DEL, C1 controls and the marks that reorder text (Unicode Bidirectional Algorithm) as they are; in a
 * terminal or an editor they would let a host name rewrite the line that reports it.
 */
const INVISIBLE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

function escapeInvisible(line: string): string {
  return line.replace(
    INVISIBLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
