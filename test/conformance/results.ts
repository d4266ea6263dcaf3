import { relative } from 'node:path';
import type { Proof } from './scan.ts';

/** How the tests behind a proof came out. */
export type Result = { readonly passed: number; readonly failed: number; readonly skipped: number };
export type Results = (proof: Proof) => Result;

/** The part of vitest's JSON report that is read here. */
type Report = {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly ancestorTitles: readonly string[];
      readonly status: string;
    }[];
  }[];
};

/** The results of a run, to be asked for by proof. */
export function resultsOf(json: string, root: string): Results {
  const { testResults } = JSON.parse(json) as Report;
  const byFile = new Map(
    testResults.map(({ name, assertionResults }) => [relative(root, name), assertionResults]),
  );
  return ({ file, kind, name }) => {
    const title = titlePattern(name);
    const counted = { passed: 0, failed: 0, skipped: 0 };
    for (const result of byFile.get(file) ?? []) {
      const isMeant =
        kind === 'test' ? title.test(result.title) : result.ancestorTitles.some((each) => title.test(each));
      if (!isMeant) continue;
      if (result.status === 'passed') counted.passed += 1;
      else if (result.status === 'failed') counted.failed += 1;
      else counted.skipped += 1;
    }
    return counted;
  };
}

/** A table's name has places that each row fills: `%s`, `%i`, `%j`, `$name` …. */
function titlePattern(name: string): RegExp {
  const pieces = name
    .split(/%[sdifjoO#%]|\$[\w.]+/)
    .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('.*')}$`, 's');
}
