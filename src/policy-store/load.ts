import { categoriesIn, compile, type PolicyLists } from '../policy/compile.ts';
import { type ParsedPolicies, parsePolicies } from '../policy/parse.ts';
import type { PolicySet } from '../policy/policy.ts';
import { runPolicyTests } from '../policy/policy-tests.ts';
import { fail, type Result, succeed } from '../policy/result.ts';
import { ignoredListFiles, listNames, loadLists } from './lists.ts';
import { readPoliciesCache, writePoliciesCache } from './policies-cache.ts';
import { readPolicyFolder } from './read-folder.ts';

/** A policy folder as it is written, and as it decides. */
export type CompiledFolder = {
  readonly parsed: ParsedPolicies;
  readonly lists: PolicyLists;
  readonly policies: PolicySet;
};

/**
 * Reads a policy folder, compiles it and runs its `tests:`: what comes back may go live. `now` (ms since the epoch)
 * is for tests that state no time of their own. In `cache`, a file, what the YAML says is kept for the next time.
 */
export async function loadFolder(
  folder: string,
  now: number,
  cache?: string,
): Promise<Result<CompiledFolder>> {
  const compiled = await compileFolder(folder, cache);
  if (!compiled.ok) return compiled;
  const failures = runPolicyTests(compiled.value.policies, now);
  return failures.length > 0 ? fail(failures) : compiled;
}

/** The same, of which only the policies are wanted. */
export async function loadPolicies(folder: string, now: number, cache?: string): Promise<Result<PolicySet>> {
  const loaded = await loadFolder(folder, now, cache);
  return loaded.ok ? succeed(loaded.value.policies) : loaded;
}

/** Reads and compiles a policy folder without its tests: enough to explain with, not to go live. */
export async function compileFolder(folder: string, cache?: string): Promise<Result<CompiledFolder>> {
  const files = readPolicyFolder(folder);
  if (!files.ok) return files;
  const available = listNames(folder);
  // In a thread of their own, large lists are read while the policies are parsed here.
  const mentioned = available.filter((name) => files.value.some(({ text }) => mentions(text, name)));
  const begun = loadLists(folder, mentioned);
  const remembered = readPoliciesCache(cache);
  const parsed = parsePolicies(files.value, remembered);
  const early = await begun; // whatever became of the policies: no thread outlives the load that began it
  if (!parsed.ok) return parsed;
  const named = categoriesIn(parsed.value);
  const wanted = available.filter((name) => named.has(name));
  // What was mentioned need not be what is named, and a list that nothing names must not matter.
  const loaded = wanted.join() === mentioned.join() ? early : await loadLists(folder, wanted);
  if (!loaded.ok) return loaded;
  const { compiled, version } = loaded.value;
  const lists = { available, ignored: ignoredListFiles(folder), compiled, version };
  const policies = compile(parsed.value, lists);
  if (policies.ok) writePoliciesCache(cache, parsed.value.sources, remembered);
  return policies.ok ? succeed({ parsed: parsed.value, lists, policies: policies.value }) : policies;
}

/** Whether the text has the name in it as a word, as nearly every text has that names the list. */
const mentions = (text: string, name: string): boolean =>
  new RegExp(`(?<![a-z0-9-])${name}(?![a-z0-9-])`).test(text); // a list's name is an identifier: nothing in it is special
