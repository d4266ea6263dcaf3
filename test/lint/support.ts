import type { Finding } from '../../src/lint/finding.ts';
import type { FixableFolder } from '../../src/lint/fix.ts';
import { lint } from '../../src/lint/lint.ts';
import { compile, NO_LISTS } from '../../src/policy/compile.ts';
import { parsePolicies } from '../../src/policy/parse.ts';
import { type Files, NOW, unwrap } from '../policy/support.ts';

/** A policy folder from its files by their names in it. */
export function folderOf(files: Files, lists = NO_LISTS): FixableFolder {
  const parsed = unwrap(
    parsePolicies(Object.entries(files).map(([name, text]) => ({ name: `policies/${name}`, text }))),
  );
  return { parsed, lists, policies: unwrap(compile(parsed, lists)) };
}

export const lintFiles = (files: Files, lists = NO_LISTS, now = NOW): readonly Finding[] =>
  lint(folderOf(files, lists), now);

/** The start of a department that allows, and a test, so that a file says no more than its test is about. */
export const OFFICE =
  'department: office\ntitle: Office\nmembers: { networks: [10.0.0.0/8] }\ndefault: allow\n';

/** Findings with these codes, each as `place: problem`. */
export const told = (findings: readonly Finding[], ...codes: readonly string[]): readonly string[] =>
  findings
    .filter(({ code }) => codes.length === 0 || codes.includes(code))
    .map(({ at, problem }) => `${at.replace('policies/', '')}: ${problem}`);

/** As `told`, of the one department `office` whose file goes on after its first four lines. */
export const toldOfOffice = (rest: string, ...codes: readonly string[]): readonly string[] =>
  told(lintFiles({ 'office.yaml': OFFICE + rest }), ...codes);
