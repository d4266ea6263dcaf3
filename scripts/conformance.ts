/**
 * Writes docs/conformance.md: each duty of HTTP's RFCs and each threat, the tests that prove it, and how they came out.
 *
 *     npm run conformance                     runs the tests that prove something, and writes the page
 *     npm run conformance -- --report FILE    takes the results of a run that wrote vitest's JSON report there
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderPage } from '../test/conformance/page.ts';
import { resultsOf } from '../test/conformance/results.ts';
import { scanTests } from '../test/conformance/scan.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const { values } = parseArgs({ options: { report: { type: 'string' } } });

const proofs = scanTests(ROOT);
const report =
  values.report === undefined
    ? runTests([...new Set(proofs.map(({ file }) => file))])
    : readFileSync(values.report, 'utf8');
const page = renderPage(proofs, resultsOf(report, ROOT));
writeFileSync(join(ROOT, 'docs/conformance.md'), page.text);
for (const problem of page.problems) console.error(problem);
process.exitCode = page.problems.length === 0 ? 0 : 1;

function runTests(files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'postern-conformance-'));
  try {
    const file = join(folder, 'report.json');
    spawnSync('npx', ['vitest', 'run', '--reporter=json', `--outputFile=${file}`, ...files], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
