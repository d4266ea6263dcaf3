import type { Command } from 'commander';
import type { PolicySet } from '../policy/policy.ts';
import { countPolicyTests, expiredExceptions } from '../policy/policy-tests.ts';
import { loadPolicies } from '../policy-store/load.ts';
import { type CommonOptions, configFor, withCommonOptions } from './options.ts';
import { count, EXIT, out, printJson, printProblems } from './output.ts';

export function addCheck(program: Command): void {
  withCommonOptions(program.command('check'))
    .argument('[dir]', 'policy folder (default: the one of the configuration)')
    .description('validate the configuration and the policies, and run the tests in the policy files')
    .action(check);
}

function check(dir: string | undefined, options: CommonOptions): void {
  const json = options.json ?? false;
  const config = configFor(options, dir === undefined ? [] : [{ path: ['policies'], value: dir }]);
  const policies = config.ok ? loadPolicies(config.value.policies, Date.now()) : config;
  const problems = policies.ok ? expiredExceptions(policies.value, Date.now()) : policies.error;
  if (!policies.ok || problems.length > 0) {
    printProblems(problems, json);
    process.exitCode = EXIT.problems;
    return;
  }
  const summary = summarise(policies.value);
  if (json) printJson({ ok: true, ...summary });
  else {
    const { departments, rules, exceptions, tests } = summary;
    const parts = [count(departments, 'department'), count(rules, 'rule'), count(exceptions, 'exception')];
    process.stdout.write(`${out.green('good')}: ${parts.join(', ')}; ${count(tests, 'test')} passed\n`);
  }
}

function summarise(policies: PolicySet) {
  const departments = [...policies.departments.values()];
  return {
    policy: policies.version,
    departments: departments.length,
    rules: departments.reduce((sum, { rules }) => sum + rules.length, 0),
    exceptions: departments.reduce((sum, { exceptions }) => sum + exceptions.length, 0),
    tests: countPolicyTests(policies),
  };
}
