import { readdirSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';

/** One file of log lines, or standard input. */
export type LogSource = {
  /** As a person named it, for places such as `var/log/decisions.ndjson:7`. */
  readonly name: string;
  /** Undefined: standard input. */
  readonly path: string | undefined;
  /** Bytes as they are stored; undefined where nobody can know beforehand, as for a pipe. */
  readonly size: number | undefined;
};

/** `decisions.ndjson`, and what rotation makes of it: `decisions-2026-11-22.ndjson.gz`, `decisions.ndjson.2.zst`. */
const LOG_NAME = /\.(?:ndjson|log)(?:[.-]\d[\d.-]*)?(?:\.(?:gz|zst))?$/;

/**
 * The log files behind the arguments of a command: a file is itself, a folder is the logs that lie in it, `-` is
 * standard input. A file that is named twice is read once. Every argument that leads to no log is a problem.
 */
export function findLogs(args: readonly string[]): Result<readonly LogSource[]> {
  const sources = new Map<string, LogSource>();
  const problems: Problem[] = [];
  for (const arg of args) {
    const found = arg === '-' ? succeed([STANDARD_INPUT]) : logsAt(arg);
    if (!found.ok) problems.push(found.error);
    else for (const source of found.value) sources.set(identityOf(source), source);
  }
  return problems.length > 0 ? fail(problems) : succeed([...sources.values()]);
}

const STANDARD_INPUT: LogSource = { name: 'standard input', path: undefined, size: undefined };

function logsAt(path: string): Result<readonly LogSource[], Problem> {
  try {
    const stats = statSync(path);
    if (!stats.isDirectory())
      return succeed([{ name: path, path, size: stats.isFile() ? stats.size : undefined }]);
    const logs = readdirSync(path)
      .filter((name) => LOG_NAME.test(name) && !name.startsWith('.'))
      .sort()
      .map((name) => join(path, name))
      .flatMap((file) => {
        const entry = statSync(file);
        return entry.isFile() ? [{ name: file, path: file, size: entry.size }] : [];
      });
    return logs.length > 0
      ? succeed(logs)
      : fail({
          at: path,
          problem: 'the folder holds no log',
          hint: 'logs end in .ndjson or .log, packed ones in .gz or .zst',
        });
  } catch (error) {
    const problem = `the log cannot be read: ${(error as Error).message}`;
    return fail({ at: path, problem, hint: 'name a file, a folder of logs, or - for standard input' });
  }
}

const identityOf = ({ path }: LogSource): string => (path === undefined ? '-' : realpathSync(path));
