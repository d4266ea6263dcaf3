import { compile, type PolicyLists } from '../policy/compile.ts';
import { type PolicyFile, parsePolicies } from '../policy/parse.ts';
import { runPolicyTests } from '../policy/policy-tests.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import type { Finding, Fix, LintedFolder } from './finding.ts';
import { lint } from './lint.ts';

/** A policy folder with all that is needed to compile it anew. */
export type FixableFolder = LintedFolder & { readonly lists: PolicyLists };

export type Fixed = {
  /** What was found and is mended. */
  readonly findings: readonly (Finding & { readonly fix: Fix })[];
  /** The new texts of the files that change, by their names. */
  readonly files: readonly PolicyFile[];
  /** The folder as it is then. */
  readonly folder: FixableFolder;
};

/**
 * Mends in memory what can be mended safely. The outcome compiles, passes its tests and has nothing left of this kind;
 * else there is none, and the problems say why.
 */
export function fixFindings(folder: FixableFolder, now: number): Result<Fixed> {
  const findings = lint(folder, now).filter(isFixable);
  if (findings.length === 0) return succeed({ findings, files: [], folder });
  const { departments, bases, catalogs } = folder.parsed;
  const files = [...departments, ...bases, ...catalogs].map(({ file, text }) => {
    const fixes = findings.filter(({ fix }) => fix.file === file).map(({ fix }) => fix);
    return { name: file, text: applyFixes(text, fixes), isChanged: fixes.length > 0 };
  });
  const parsed = parsePolicies(files);
  if (!parsed.ok) return refuse(parsed.error);
  const policies = compile(parsed.value, folder.lists);
  if (!policies.ok) return refuse(policies.error);
  const failures = runPolicyTests(policies.value, now);
  if (failures.length > 0) return refuse(failures);
  const next = { parsed: parsed.value, lists: folder.lists, policies: policies.value };
  const left = lint(next, now).filter(isFixable);
  if (left.length > 0) return refuse(left);
  const changed = files.filter(({ isChanged }) => isChanged).map(({ name, text }) => ({ name, text }));
  return succeed({ findings, files: changed, folder: next });
}

const isFixable = (finding: Finding): finding is Finding & { readonly fix: Fix } => finding.fix !== undefined;

const refuse = (because: readonly Problem[]): Result<never> =>
  fail([
    ...because.map(({ at, problem, hint }) => ({
      at,
      problem: `with the entries removed that lint would remove: ${problem}`,
      hint: `mend it by hand, nothing was written; ${hint}`,
    })),
  ]);

/** The text with all of its fixes. Those that only cut may overlap, as neighbours in a list do. */
export function applyFixes(text: string, fixes: readonly Fix[]): string {
  let fixed = text;
  let limit = text.length;
  for (const { start, end, replacement } of fixes.toSorted((a, b) => b.start - a.start || b.end - a.end)) {
    fixed = fixed.slice(0, start) + replacement + fixed.slice(Math.max(start, Math.min(end, limit)));
    limit = start;
  }
  return fixed;
}
