import { type Command, Option } from 'commander';
import type { Config } from '../config/load.ts';
import { findLogs } from '../decision-log/log-files.ts';
import { parseVisit } from '../decision-log/parse-visit.ts';
import { fail, type Result, succeed } from '../policy/result.ts';
import { type CoverageReport, createCoverage } from '../reach/coverage.ts';
import { coverageText } from './ca-coverage-text.ts';
import { parseSince } from './instant.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { EXIT, printJson, printProblems } from './output.ts';
import { readLogs, unreadableProblems } from './read-logs.ts';

type CoverageOptions = CommonOptions & { readonly since?: number; readonly clients?: boolean };

export function addCoverage(ca: Command): void {
  withCommonOptions(ca.command('coverage'))
    .argument(
      '[log...]',
      'decision logs, packed or not; folders of them; - for standard input (default: log.dir)',
    )
    .description('from the log: how many clients trust the CA, by department; a lower bound')
    .addOption(
      new Option('--since <time>', 'only visits from then on: 7d, 12h, 30m, or a time').argParser((text) =>
        parseSince(text, Date.now()),
      ),
    )
    .option('--clients', 'list the clients that refused the certificate')
    .action(coverage);
}

async function coverage(args: readonly string[], options: CoverageOptions): Promise<void> {
  const config = configFor(options);
  const report = config.ok ? await coverageOf(args, options, config.value) : config;
  if (!report.ok) {
    printProblems(report.error, options.json ?? false);
    process.exitCode = EXIT.problems;
    return;
  }
  const withClients = options.clients ?? false;
  if (options.json) printJson({ ok: true, ...jsonOf(report.value, withClients) });
  else process.stdout.write(coverageText(report.value, withClients));
}

async function coverageOf(
  args: readonly string[],
  { since }: CoverageOptions,
  config: Config,
): Promise<Result<CoverageReport>> {
  if (config.blockPage.https === 'refuse') return fail([NO_CA]);
  const sources = findLogs(args.length === 0 ? [config.log.dir] : args);
  if (!sources.ok) return sources;
  const counting = createCoverage(since);
  const read = await readLogs(sources.value, 'reading', parseVisit, counting.take);
  if (!read.ok) return read;
  const report = counting.report();
  const unreadable = unreadableProblems(report.lines);
  return unreadable.length > 0 ? fail(unreadable) : succeed(report);
}

const NO_CA = {
  at: 'blockPage.https',
  problem: 'it is `refuse`: there is no CA, and no page is shown over HTTPS',
  hint: 'set it to `page`, and have clients trust the CA (docs/trust-the-ca.md), for people to read why a site is blocked',
};

/** Times as text, as in the log. */
function jsonOf({ period, departments, ...rest }: CoverageReport, withClients: boolean): object {
  return {
    period: period && { from: new Date(period.from).toISOString(), to: new Date(period.to).toISOString() },
    isLowerBound: true,
    departments: departments.map(({ department = null, clients, refused }) => ({
      department,
      clients,
      ...(withClients ? { refused } : {}),
    })),
    ...rest,
  };
}
