import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { compile } from '../../src/policy/compile.ts';
import { compileLists } from '../../src/policy/matching/host-list.ts';
import { parsePolicies } from '../../src/policy/parse.ts';
import { runPolicyTests } from '../../src/policy/policy-tests.ts';
import { configOf } from '../config/support.ts';
import { unwrap } from '../policy/support.ts';

/** What people copy from the page must load, and a key that it names must be there. */

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const PAGE = read('docs/coming-from-squid.md');

const blocksOf = (kind: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`yaml ${kind}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text = '']) => text,
  );

const LIST = {
  name: 'encrypted-dns',
  bytes: new TextEncoder().encode(read('policies/lists/encrypted-dns.txt')),
  file: 'policies/lists/encrypted-dns.txt',
};

test('every example on the page is one of the two kinds', () => {
  expect(PAGE.match(/^```yaml.*$/gm)).toHaveLength(blocksOf('policy').length + blocksOf('config').length);
  expect([blocksOf('policy').length, blocksOf('config').length]).toEqual([2, 1]);
});

test.each(blocksOf('policy').map((text) => [text.split('\n', 1)[0], text]))(
  'the policy `%s` loads, and its tests pass',
  (_name, text) => {
    const parsed = unwrap(parsePolicies([{ name: 'policies/example.yaml', text: text ?? '' }]));
    const compiled = unwrap(compileLists([LIST]));
    const lists = { available: ['encrypted-dns'], ignored: [], compiled, version: '' };
    const policies = unwrap(compile(parsed, lists));
    expect(runPolicyTests(policies, Date.parse('2026-11-23T00:00:00Z'))).toEqual([]);
  },
);

test('the configuration is accepted, and says what the page says it does', () => {
  const config = configOf({ file: blocksOf('config')[0] ?? '' });
  expect(config.listen.map(({ port }) => port)).toEqual([3128, 3129, 3130]);
  expect(config.egress.upstream).toHaveLength(2);
});

describe('the settings that the table names are settings', () => {
  const named = [...PAGE.matchAll(/`((?:listen|egress|log|limits|blockPage)(?:\[\])?\.[\w.[\]]+)/g)].map(
    ([, name = '']) => name,
  );

  test.each([...new Set(named)])('%s', (name) => {
    const config: unknown = configOf({ file: blocksOf('config')[0] ?? '' });
    const steps = name.replaceAll('[]', '').split('.');
    let found: unknown[] = [config];
    for (const step of steps)
      found = found.flatMap((one) => {
        const holders = Array.isArray(one) ? one : [one];
        return holders.flatMap((holder) =>
          Object.hasOwn(holder as object, step) ? [(holder as Record<string, unknown>)[step]] : [],
        );
      });
    expect(found.length).toBeGreaterThan(0);
    expect(Object.keys(configSchema.shape)).toContain(steps[0]);
  });
});

test('the links to other pages lead somewhere', () => {
  const slug = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
  for (const [, file = '', anchor] of PAGE.matchAll(/\]\(([\w-]+\.md)?(?:#([\w-]+))?\)/g)) {
    const text = file === '' ? PAGE : read(`docs/${file}`);
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => slug(heading));
    if (anchor !== undefined) expect(headings).toContain(anchor);
  }
});
