import { type Command, InvalidArgumentError, Option } from 'commander';
import { findLogs } from '../decision-log/log-files.ts';
import { parseLine } from '../decision-log/parse-line.ts';
import { type DomainPattern, parseDomainPattern } from '../policy/matching/domain-pattern.ts';
import { fail, type Result, succeed } from '../policy/result.ts';
import { loadPolicies } from '../policy-store/load.ts';
import { replayJson } from '../replay/json.ts';
import { replayMarkdown } from '../replay/markdown.ts';
import { createReplay, type ReplayReport, withTop } from '../replay/replay.ts';
import { parseInstant } from './instant.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { EXIT, printJson, printProblems } from './output.ts';
import { readLogs, unreadableProblems } from './read-logs.ts';
import { replayText } from './replay-text.ts';

type ReplayOptions = CommonOptions & {
  readonly at?: number;
  readonly since?: number;
  readonly until?: number;
  readonly department?: string;
  readonly host?: DomainPattern;
  readonly top?: number;
  readonly format: 'text' | 'markdown' | 'json';
  readonly reasons?: boolean;
};

const DEFAULT_TOP = 10;

export function addReplay(program: Command): void {
  withCommonOptions(program.command('replay'), '0 no change, 3 changes, 1 problems, 2 usage')
    .argument('<log...>', 'decision logs, packed or not; folders of them; - for standard input')
    .description('decide the requests of a log anew with other policies, and say what would change')
    .addOption(instantOption('--at <time>', 'decide all as of this time (default: each at its own)'))
    .addOption(instantOption('--since <time>', 'only requests from this time on'))
    .addOption(instantOption('--until <time>', 'only requests before this time'))
    .option('--department <id>', "only requests that were this department's, or would be")
    .addOption(
      new Option('--host <pattern>', 'only requests for these hosts, such as deepseek.com').argParser(
        parsePattern,
      ),
    )
    .addOption(
      new Option('--top <number>', 'rows of each list (default: 10; all with JSON)').argParser(parseTop),
    )
    .addOption(
      new Option('--format <format>', 'how to print').choices(['text', 'markdown', 'json']).default('text'),
    )
    .option('-v, --reasons', 'list, too, what would be decided alike for another reason')
    .action(replay);
}

const instantOption = (flags: string, description: string): Option =>
  new Option(flags, `${description}, such as 2026-11-22T00:00:00+09:00`).argParser(parseInstant);

async function replay(args: readonly string[], options: ReplayOptions): Promise<void> {
  const json = options.json === true || options.format === 'json';
  const report = await replayLogs(args, options);
  if (!report.ok) {
    printProblems(report.error, json);
    process.exitCode = EXIT.problems;
    return;
  }
  if (json) printJson(replayJson(withTop(report.value, options.top ?? Number.POSITIVE_INFINITY)));
  else process.stdout.write(textOf(withTop(report.value, options.top ?? DEFAULT_TOP), options));
  process.exitCode = report.value.changes > 0 ? EXIT.changes : EXIT.good;
}

const textOf = (report: ReplayReport, { format, reasons }: ReplayOptions): string =>
  format === 'markdown' ? replayMarkdown(report) : replayText(report, reasons ?? false);

async function replayLogs(args: readonly string[], options: ReplayOptions): Promise<Result<ReplayReport>> {
  const config = configFor(options);
  if (!config.ok) return config;
  const sources = findLogs(args);
  if (!sources.ok) return sources;
  const policies = await loadPolicies(config.value.policies, Date.now());
  if (!policies.ok) return policies;
  const { at, department, since, until, host } = options;
  const filter = {
    ...(department === undefined ? {} : { department }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(host === undefined ? {} : { host }),
  };
  const replaying = createReplay(policies.value, { at, filter });
  const read = await readLogs(sources.value, 'replaying', parseLine, replaying.take);
  return read.ok ? judge(replaying.report()) : read;
}

/** "No change" is a promise, and must not come of reading nothing. */
function judge(report: ReplayReport): Result<ReplayReport> {
  const { leftOut } = report.lines;
  const unreadable = unreadableProblems(report.lines);
  if (unreadable.length > 0) return fail(unreadable);
  if (report.requests === 0)
    return fail([
      leftOut > 0
        ? { at: 'the filter', problem: `it leaves out all ${leftOut} requests`, hint: 'widen it' }
        : { at: 'the logs', problem: 'they hold no request', hint: 'name logs that do' },
    ]);
  return succeed(report);
}

function parsePattern(text: string): DomainPattern {
  const pattern = parseDomainPattern(text);
  if (!pattern.ok) throw new InvalidArgumentError(`${pattern.error.problem}; ${pattern.error.hint}.`);
  return pattern.value;
}

function parseTop(text: string): number {
  const top = Number(text);
  if (!/^\d{1,9}$/.test(text) || top < 1) throw new InvalidArgumentError('Write a whole number from 1.');
  return top;
}
