import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { renderPage } from './page.ts';
import { scan, scanTests } from './scan.ts';

const PROOFS = scanTests(ROOT);
/** Put together, so that the examples here are no proofs of this file's own. */
const MARK = ['//', 'Covers:'].join(' ');

const PASSED = { passed: 1, failed: 0, skipped: 0 };

/** A page without the results, which are those of one run. */
const withoutResults = (page: string): string => page.replace(/ \| [^|]*\|$/gm, ' |');

test('every duty and every threat has a test that proves it, or a reason why there is none', () => {
  expect(renderPage(PROOFS, () => PASSED).problems).toEqual([]);
});

test('docs/conformance.md lists the tests as they are (npm run conformance writes it anew)', () => {
  const written = readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8');
  expect(withoutResults(written)).toBe(withoutResults(renderPage(PROOFS, () => PASSED).text));
});

test('docs/conformance.md tells of no test that failed or did not run', () => {
  const written = readFileSync(join(ROOT, 'docs/conformance.md'), 'utf8');
  expect(written.match(/^.*(?:\d failed|not run|missing) \|.*$/gm)).toBeNull();
});

test('a proof is found with its name, whatever kind of test it is', () => {
  const source = `
    ${MARK} EV-01; RFC 8446 section 5.1
    test('one', () => {});
    describe('a group', () => {
      // a reason
      ${MARK} EV-02
      test.for([
        ['x', 1],
      ])('case %s', () => {});
      ${MARK} EV-03
      describe.skipIf(true)('another', () => {});
    });
  `;
  expect(scan(source, 'a.test.ts')).toEqual([
    { ids: ['EV-01', 'RFC 8446 section 5.1'], file: 'a.test.ts', kind: 'test', name: 'one' },
    { ids: ['EV-02'], file: 'a.test.ts', kind: 'test', name: 'case %s' },
    { ids: ['EV-03'], file: 'a.test.ts', kind: 'describe', name: 'another' },
  ]);
  expect(() => scan(`${MARK} EV-01\nconst a = 1;`, 'a.test.ts')).toThrow('above no test');
});

test('an id that is in no list, and a row that nothing proves, are told', () => {
  const proof = (id: string) => ({ ids: [id], file: 'a.test.ts', kind: 'test' as const, name: 'x' });
  const { problems } = renderPage(
    ['EV-99', 'RFC 9110 section 99', 'RFC 8446 5.1', 'RFC 9110 section 7.6.2', 'RFC 8446 section 5.1'].map(
      proof,
    ),
    () => PASSED,
  );
  const unknown = problems.filter((problem) => problem.includes('which is in no list'));
  expect(unknown.map((problem) => /proves (.*), which/.exec(problem)?.[1])).toEqual([
    'EV-99',
    'RFC 9110 section 99',
    'RFC 8446 5.1',
  ]);
  expect(problems).toContain('EV-04: no test proves it, and no reason says why');
});
