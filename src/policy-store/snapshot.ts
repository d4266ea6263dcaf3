import { compile, type PolicyLists } from '../policy/compile.ts';
import { type PolicyFile, parsePolicies } from '../policy/parse.ts';
import type { PolicySet } from '../policy/policy.ts';
import { type Result, succeed } from '../policy/result.ts';
import type { CompiledFolder } from './load.ts';
import { readPoliciesCache } from './policies-cache.ts';

/**
 * A policy folder as it was when it was read: plain values, from which another process makes the very same set, whatever
 * has become of the folder.
 */
export type PolicySnapshot = {
  readonly files: readonly PolicyFile[];
  readonly lists: PolicyLists;
  /** Of the set that it was taken of. */
  readonly version: string;
};

export const snapshotOf = ({ parsed, lists, policies }: CompiledFolder): PolicySnapshot => ({
  files: parsed.sources.map(({ file, text }) => ({ name: file, text })),
  lists,
  version: policies.version,
});

/** Makes the set anew. Its tests have been run by whoever took the snapshot. `cache` is only read. */
export function compileSnapshot(
  { files, lists, version }: PolicySnapshot,
  cache?: string,
): Result<PolicySet> {
  const parsed = parsePolicies(files, readPoliciesCache(cache));
  const policies = parsed.ok ? compile(parsed.value, lists) : parsed;
  if (policies.ok && policies.value.version !== version)
    throw new Error(`the policies ${version} came out as ${policies.value.version}`);
  return policies.ok ? succeed(policies.value) : policies;
}
