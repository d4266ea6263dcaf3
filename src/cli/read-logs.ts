import type { LineTally } from '../decision-log/line-tally.ts';
import type { LogSource } from '../decision-log/log-files.ts';
import { type LogBatch, type ParseLine, readLog } from '../decision-log/reader.ts';
import { type Problem, type Result, succeed } from '../policy/result.ts';
import { startProgress } from './progress.ts';

/** Reads logs one after the other, with a bar on a terminal; ends with the first that cannot be read to its end. */
export async function readLogs<Entry>(
  sources: readonly LogSource[],
  label: string,
  parse: ParseLine<Entry>,
  take: (entries: LogBatch<Entry>['entries']) => void,
): Promise<Result<undefined>> {
  const progress = startProgress(process.stderr, label, totalOf(sources));
  try {
    for (const source of sources) {
      const read = await readLog(source, parse, ({ entries, bytes }) => {
        take(entries);
        progress.advance(bytes);
      });
      if (!read.ok) return read;
    }
    return succeed(undefined);
  } finally {
    progress.end();
  }
}

function totalOf(sources: readonly LogSource[]): number | undefined {
  let total = 0;
  for (const { size } of sources) {
    if (size === undefined) return undefined;
    total += size;
  }
  return total;
}

/** What is wrong with logs of which most lines could not be read; nothing when it is fewer. */
export function unreadableProblems({ read, unreadable, firstUnreadable }: LineTally): readonly Problem[] {
  if (unreadable * 2 <= read) return [];
  return [
    ...firstUnreadable.map(({ at, problem }): Problem => ({ at, problem, hint: 'see docs/log-format.md' })),
    {
      at: 'the logs',
      problem: `${unreadable} of ${read} lines could not be read`,
      hint: 'name decision logs of Postern',
    },
  ];
}
