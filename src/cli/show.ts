import type { Command } from 'commander';
import { visibleText } from '../block-page/text.ts';
import { printDepartment } from '../policy/language/print.ts';
import { nearest } from '../policy/nearest.ts';
import type { PolicySet } from '../policy/policy.ts';
import type { Problem } from '../policy/result.ts';
import { compileFolder } from '../policy-store/load.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { count, EXIT, out, printJson, printProblems, table } from './output.ts';

export function addShow(program: Command): void {
  withCommonOptions(program.command('show'))
    .argument('[department]', 'its id (default: list the departments)')
    .description('print what holds for a department, with all that it inherits, as one policy file')
    .action(show);
}

async function show(id: string | undefined, options: CommonOptions): Promise<void> {
  const json = options.json ?? false;
  const config = configFor(options);
  const compiled = config.ok ? await compileFolder(config.value.policies) : config;
  if (!compiled.ok) {
    printProblems(compiled.error, json);
    process.exitCode = EXIT.problems;
    return;
  }
  const { policies } = compiled.value;
  if (id === undefined) return list(policies, json);
  const department = policies.departments.get(id);
  if (department === undefined) {
    printProblems([unknownDepartment('department', id, policies)], json);
    process.exitCode = EXIT.usage;
    return;
  }
  const policy = printDepartment(department);
  if (json) printJson({ department: id, version: policies.version, policy });
  else process.stdout.write(policy);
}

function list({ departments }: PolicySet, json: boolean): void {
  const all = [...departments.values()];
  if (json) {
    printJson({ departments: all.map(({ id, title, at }) => ({ id, title, at })) });
    return;
  }
  const rows = all.map(({ id, title, rules, exceptions, at }) => [
    out.bold(id),
    visibleText(title.en ?? title.ko ?? ''),
    count(rules.length, 'rule'),
    count(exceptions.length, 'exception'),
    visibleText(at),
  ]);
  process.stdout.write(`${table(rows)}\n`);
}

/** A department that there is not; `at` is the argument or option that named it. */
export function unknownDepartment(at: string, id: string, { departments }: PolicySet): Problem {
  const near = nearest(id, departments.keys());
  const hint = near === undefined ? `known: ${[...departments.keys()].join(', ')}` : `did you mean ${near}?`;
  return { at, problem: `unknown department \`${id}\``, hint };
}
