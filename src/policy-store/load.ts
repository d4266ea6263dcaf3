import { categoriesIn, compile, type PolicyLists } from '../policy/compile.ts';
import { type ParsedPolicies, parsePolicies } from '../policy/parse.ts';
import type { PolicySet } from '../policy/policy.ts';
import { runPolicyTests } from '../policy/policy-tests.ts';
import { fail, type Result, succeed } from '../policy/result.ts';
import { ignoredListFiles, listNames, loadLists } from './lists.ts';
import { readPolicyFolder } from './read-folder.ts';

/** A policy folder as it is written, and as it decides. */
export type CompiledFolder = {
  readonly parsed: ParsedPolicies;
  readonly lists: PolicyLists;
  readonly policies: PolicySet;
};

/**
 * Reads a policy folder, compiles it and runs its `tests:`: what comes back may go live. `now` (ms since the epoch)
 * is for tests that state no time of their own.
 */
export async function loadPolicies(folder: string, now: number): Promise<Result<PolicySet>> {
  const compiled = await compileFolder(folder);
  if (!compiled.ok) return compiled;
  const { policies } = compiled.value;
  const failures = runPolicyTests(policies, now);
  return failures.length > 0 ? fail(failures) : succeed(policies);
}

/** Reads and compiles a policy folder without its tests: enough to explain with, not to go live. */
export async function compileFolder(folder: string): Promise<Result<CompiledFolder>> {
  const files = readPolicyFolder(folder);
  if (!files.ok) return files;
  const parsed = parsePolicies(files.value);
  if (!parsed.ok) return parsed;
  const lists = await readLists(folder, categoriesIn(parsed.value));
  if (!lists.ok) return lists;
  const policies = compile(parsed.value, lists.value);
  return policies.ok
    ? succeed({ parsed: parsed.value, lists: lists.value, policies: policies.value })
    : policies;
}

/** The lists that the policies name; a list that nothing names is not read. */
async function readLists(folder: string, named: ReadonlySet<string>): Promise<Result<PolicyLists>> {
  const available = listNames(folder);
  const loaded = await loadLists(
    folder,
    available.filter((name) => named.has(name)),
  );
  return loaded.ok
    ? succeed({
        available,
        ignored: ignoredListFiles(folder),
        compiled: loaded.value.compiled,
        version: loaded.value.version,
      })
    : loaded;
}
