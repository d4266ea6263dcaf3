import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { compile } from '../policy/compile.ts';
import { type PolicyFile, parsePolicies } from '../policy/parse.ts';
import type { PolicySet } from '../policy/policy.ts';
import { runPolicyTests } from '../policy/policy-tests.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { MAX_YAML_CHARACTERS } from '../policy/yaml-source.ts';

/**
 * Reads a policy folder, compiles it and runs its `tests:`: what comes back may go live. `now` (ms since the epoch)
 * is for tests that state no time of their own.
 */
export function loadPolicies(folder: string, now: number): Result<PolicySet> {
  const compiled = compileFolder(folder);
  if (!compiled.ok) return compiled;
  const failures = runPolicyTests(compiled.value, now);
  return failures.length > 0 ? fail(failures) : compiled;
}

/** Reads and compiles a policy folder without its tests: enough to explain with, not to go live. */
export function compileFolder(folder: string): Result<PolicySet> {
  const files = readPolicyFolder(folder);
  if (!files.ok) return files;
  const parsed = parsePolicies(files.value);
  return parsed.ok ? compile(parsed.value) : parsed;
}

/** Every `.yaml` and `.yml` file in the folder and below it, by names such as `policies/catalog/ai.yaml`. */
export function readPolicyFolder(folder: string): Result<readonly PolicyFile[]> {
  const problems: Problem[] = [];
  const files: PolicyFile[] = [];
  try {
    const root = realpathSync(folder);
    for (const path of yamlFilesBelow(folder)) {
      const name = [basename(folder), ...relative(folder, path).split(sep)].join('/');
      const text = readWithin(root, path);
      if (text.ok) files.push({ name, text: text.value });
      else problems.push({ at: name, ...text.error });
    }
  } catch (error) {
    const problem = `the policies cannot be read: ${(error as Error).message}`;
    const isFile = (error as NodeJS.ErrnoException).code === 'ENOTDIR';
    const hint = isFile
      ? 'name the folder, not a file in it'
      : 'name the policy folder with --policies, or create it';
    return fail([{ at: folder, problem, hint }]);
  }
  return problems.length > 0 ? fail(problems) : succeed(files);
}

/** Sorted, so that problems come in the same order everywhere. Hidden names are skipped, as editors leave them. */
function* yamlFilesBelow(folder: string): Generator<string> {
  for (const name of readdirSync(folder).sort()) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const entry = lstatSync(path);
    if (entry.isDirectory()) yield* yamlFilesBelow(path);
    // A linked folder is handed on to be refused: to pass it over could lose a department.
    else if (entry.isSymbolicLink() && leadsToFolder(path)) yield path;
    else if (/\.ya?ml$/.test(name)) yield path;
  }
}

function leadsToFolder(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    return false; // to nowhere, or in a circle: reading it will tell
  }
}

type Fault = { readonly problem: string; readonly hint: string };

/** A link may point elsewhere in the folder, as mounted configuration does, but not out of it. */
function readWithin(root: string, path: string): Result<string, Fault> {
  try {
    const real = realpathSync(path);
    if (!real.startsWith(root + sep))
      return fail({
        problem: 'the link leads out of the policy folder',
        hint: 'put the file itself into the folder',
      });
    const stats = statSync(real);
    if (!stats.isFile())
      return fail({ problem: 'it is not a file', hint: 'a pipe or a device would never end: remove it' });
    const { size } = stats;
    if (size > MAX_YAML_CHARACTERS * 4)
      return fail({
        problem: `the file is ${Math.ceil(size / 1e6)} MB large`,
        hint: 'a policy file is text of a few MB at most',
      });
    return succeed(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(real)));
  } catch (error) {
    if (error instanceof TypeError)
      return fail({ problem: 'the file is not UTF-8', hint: 'save it as UTF-8' });
    return fail({
      problem: `the file cannot be read: ${(error as Error).message}`,
      hint: 'check that it is there and readable',
    });
  }
}
