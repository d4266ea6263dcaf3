import { dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { unknownDepartments } from '../app-upstream.ts';
import type { Config } from '../config/load.ts';
import { fixFindings } from '../lint/fix.ts';
import { lint } from '../lint/lint.ts';
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

async function examine({ policies: folder, egress }: Config, fix: boolean, now: number): Promise<Report> {
  const compiled = await compileFolder(folder);
  if (!compiled.ok) return onlyProblems(compiled.error);
  const { policies } = compiled.value;
  const problems = [...unknownDepartments(egress.upstream, policies), ...problemsOf(policies, now)];
  if (!fix || problems.length > 0) return reportOn(compiled.value, problems, now);

  const fixed = fixFindings(compiled.value, now);
  if (!fixed.ok) return reportOn(compiled.value, fixed.error, now);
  const written = write(folder, compiled.value, fixed.value.files);
  if (!written.ok) return reportOn(compiled.value, written.error, now);
  return { ...reportOn(fixed.value.folder, [], now), fixed: fixed.value.findings };
}

const problemsOf = (policies: PolicySet, now: number): readonly Problem[] =>
  inFileOrder([...runPolicyTests(policies, now), ...expiredExceptions(policies, now)]);

const reportOn = (compiled: CompiledFolder, problems: readonly Problem[], now: number): Report => ({
  problems,
  warnings: lint(compiled, now),
  fixed: [],
  summary: summarise(compiled.policies),
});

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
