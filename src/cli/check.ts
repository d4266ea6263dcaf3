import { dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { type Examined, examineConfig } from '../app/examine.ts';
import { createReach } from '../app/upstream.ts';
import type { Config } from '../config/load.ts';
import { configWarnings } from '../config/warnings.ts';
import type { Finding } from '../lint/finding.ts';
import { fixFindings } from '../lint/fix.ts';
import { lint } from '../lint/lint.ts';
import { silence } from '../lint/silence.ts';
import type { PolicySet } from '../policy/policy.ts';
import { expiredExceptions, runPolicyTests } from '../policy/policy-tests.ts';
import { inFileOrder, type Problem, type Result } from '../policy/result.ts';
import { type CompiledFolder, compileFolder } from '../policy-store/load.ts';
import { githubCommands } from './formats/github.ts';
import { locateIn, type Report, summarise } from './formats/report.ts';
import { sarifLog } from './formats/sarif.ts';
import { printText } from './formats/text.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { EXIT, printJson } from './output.ts';
import { replaceFiles } from './replace-files.ts';

type CheckOptions = CommonOptions & {
  readonly strict?: boolean;
  readonly fix?: boolean;
  readonly format: 'text' | 'github' | 'sarif';
};

export function addCheck(program: Command): void {
  withCommonOptions(program.command('check'))
    .argument('[dir]', 'policy folder (default: the one of the configuration)')
    .description(
      'validate the configuration and the policies, run their tests, and warn of what looks unmeant',
    )
    .option('--strict', 'end with 1 on warnings too')
    .option('--fix', 'remove entries that the same list has already or covers')
    .addOption(
      new Option('--format <format>', 'how to print')
        .choices(['text', 'github', 'sarif'])
        .default('text')
        .conflicts('json'),
    )
    .action(check);
}

async function check(dir: string | undefined, options: CheckOptions): Promise<void> {
  const config = configFor(options, dir === undefined ? [] : [{ path: ['policies'], value: dir }]);
  const folder = config.ok ? config.value.policies : undefined;
  const report = config.ok
    ? await examine(config.value, options.fix ?? false, Date.now())
    : onlyProblems(config.error);
  const { problems, warnings } = report;
  const isGood = problems.length === 0 && (warnings.length === 0 || !options.strict);
  if (!isGood) process.exitCode = EXIT.problems;
  print(report, folder, isGood, options);
}

const onlyProblems = (problems: readonly Problem[]): Report => ({
  problems,
  warnings: [],
  fixed: [],
  summary: undefined,
});

async function examine(config: Config, fix: boolean, now: number): Promise<Report> {
  const compiled = await compileFolder(config.policies);
  const policies = compiled.ok ? compiled.value.policies : undefined;
  const reach = createReach(config, () => new Set(config.listen.map(({ port }) => port)));
  const examined = await examineConfig(config, policies, reach, new Date(now));
  const ofConfig = [...examined.problems, ...examined.look.problems];
  if (!compiled.ok) return onlyProblems([...ofConfig, ...compiled.error]);
  const problems = [...ofConfig, ...problemsOf(compiled.value.policies, now)];
  const report = (folder: CompiledFolder, found: readonly Problem[]): Report => ({
    problems: found,
    warnings: [...warningsOf(config, examined), ...lint(folder, now)],
    fixed: [],
    summary: summarise(folder.policies),
  });
  if (!fix || problems.length > 0) return report(compiled.value, problems);

  const fixed = fixFindings(compiled.value, now);
  if (!fixed.ok) return report(compiled.value, fixed.error);
  const written = write(config.policies, compiled.value, fixed.value.files);
  if (!written.ok) return report(compiled.value, written.error);
  return { ...report(fixed.value.folder, []), fixed: fixed.value.findings };
}

/** That a parent proxy cannot be looked up is not told: where this is checked need not be where it runs. */
function warningsOf(config: Config, { ending }: Examined): readonly Finding[] {
  const certificates = ending.map((problem) => ({ code: 'certificate-ends-soon', ...problem }) as const);
  const found = inFileOrder([...configWarnings(config), ...certificates]);
  return silence(found, [{ file: config.file ?? '', text: config.text }]);
}

const problemsOf = (policies: PolicySet, now: number): readonly Problem[] =>
  inFileOrder([...runPolicyTests(policies, now), ...expiredExceptions(policies, now)]);

function write(
  folder: string,
  { parsed }: CompiledFolder,
  files: readonly { readonly name: string; readonly text: string }[],
): Result<undefined> {
  const texts = new Map(
    [...parsed.departments, ...parsed.bases, ...parsed.catalogs].map(({ file, text }) => [file, text]),
  );
  return replaceFiles(
    files.map(({ name, text }) => ({
      name,
      path: join(dirname(folder), name),
      before: texts.get(name) ?? '',
      after: text,
    })),
  );
}

function print(report: Report, folder: string | undefined, isGood: boolean, options: CheckOptions): void {
  const locate = locateIn(folder, process.cwd());
  if (options.json) {
    printJson(jsonOf(report, isGood));
    return;
  }
  switch (options.format) {
    case 'text':
      printText(report, options.strict ?? false);
      return;
    case 'github':
      process.stdout.write(githubCommands(report, locate));
      return;
    case 'sarif':
      printJson(sarifLog(report, locate));
      return;
  }
}

/** With problems as they are everywhere, `{ ok, problems }`; `warnings` and `fixed` where they were looked for. */
function jsonOf({ problems, warnings, fixed, summary }: Report, isGood: boolean): object {
  const told = warnings.map(({ code, at, problem, hint, fix }) => ({
    code,
    at,
    problem,
    hint,
    fixable: fix !== undefined,
  }));
  const done = fixed.length === 0 ? {} : { fixed: fixed.map(({ at, fix }) => ({ at, change: fix.change })) };
  if (problems.length > 0)
    return { ok: false, problems, ...(summary === undefined ? {} : { warnings: told }), ...done };
  return { ok: isGood, ...summary, warnings: told, ...done };
}
