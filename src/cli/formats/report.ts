import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { Finding, Fix } from '../../lint/finding.ts';
import type { Place, PolicySet } from '../../policy/policy.ts';
import { countPolicyTests } from '../../policy/policy-tests.ts';
import type { Problem } from '../../policy/result.ts';

/** What `check` has to say, before it is known how it is said. */
export type Report = {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Finding[];
  /** What `--fix` has mended. */
  readonly fixed: readonly (Finding & { readonly fix: Fix })[];
  /** Undefined when there is no policy set that could be counted. */
  readonly summary: Summary | undefined;
};

export type Summary = {
  readonly policy: string;
  readonly departments: number;
  readonly rules: number;
  readonly exceptions: number;
  readonly tests: number;
};

/** Counts what the departments have, what they inherit included: a base's rule counts for each of them. */
export function summarise(policies: PolicySet): Summary {
  const departments = [...policies.departments.values()];
  return {
    policy: policies.version,
    departments: departments.length,
    rules: departments.reduce((sum, { rules }) => sum + rules.length, 0),
    exceptions: departments.reduce((sum, { exceptions }) => sum + exceptions.length, 0),
    tests: countPolicyTests(policies),
  };
}

/** A place as other programs need it: its file relative to the working directory, with `/`. */
export type Location = { readonly file: string; readonly line: number; readonly column: number };

/** Finds a place again; undefined for what is not in a file, such as a variable. */
export type Locate = (at: Place) => Location | undefined;

/** Policy files are called by the folder's name, wherever that lies; other files by their paths. */
export function locateIn(folder: string | undefined, cwd: string): Locate {
  return (at) => {
    const parts = /^(?<name>.+):(?<line>\d+):(?<column>\d+)$/.exec(at)?.groups;
    if (parts === undefined) return undefined;
    const { name = '', line, column } = parts;
    const isPolicy = folder !== undefined && name.startsWith(`${basename(folder)}/`);
    const path = isPolicy ? join(dirname(folder), name) : name;
    const file = relative(cwd, resolve(cwd, path)).split(sep).join('/');
    return { file, line: Number(line), column: Number(column) };
  };
}
