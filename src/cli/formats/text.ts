import { visibleText } from '../../block-page/text.ts';
import type { Finding } from '../../lint/finding.ts';
import { lineOf } from '../../policy/policy.ts';
import { count, err, out, printProblems, visibleProblem } from '../output.ts';
import type { Report, Summary } from './report.ts';

/** For people: problems and warnings on stderr, what was done and the summary on stdout. */
export function printText(report: Report, strict: boolean): void {
  const { problems, warnings, fixed, summary } = report;
  for (const { at, fix } of fixed)
    process.stdout.write(`${visibleText(lineOf(at))} ${visibleText(fix.change)}\n`);
  printWarnings(warnings);
  if (problems.length > 0) printProblems(problems, false);
  else if (summary !== undefined) process.stdout.write(`${summaryLine(summary, warnings.length, strict)}\n`);
}

/** As problems are printed, with the code that a `# lint-ok:` would name; a blank line sets files apart. */
function printWarnings(warnings: readonly Finding[]): void {
  let last: string | undefined;
  for (const warning of warnings) {
    const { code } = warning;
    const { at, problem, hint } = visibleProblem(warning);
    const file = at.replace(/:\d+:\d+$/, '');
    if (last !== undefined && file !== last) process.stderr.write('\n');
    last = file;
    process.stderr.write(
      `${err.bold(at)}  ${err.yellow(problem)}  ${err.dim(`[${code}]`)}\n    ${err.dim('hint:')} ${hint}\n`,
    );
  }
}

function summaryLine(summary: Summary, warnings: number, strict: boolean): string {
  const { departments, rules, exceptions, tests } = summary;
  const parts = [count(departments, 'department'), count(rules, 'rule'), count(exceptions, 'exception')];
  const counted = `${parts.join(', ')}; ${count(tests, 'test')} passed`;
  if (warnings === 0) return `${out.green('good')}: ${counted}`;
  return strict
    ? `${out.red('not good')}: ${counted}, ${count(warnings, 'warning')}, and --strict lets none pass`
    : `${out.green('good')}: ${counted}, ${count(warnings, 'warning')}`;
}
