import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compile, type PolicyLists } from '../../src/policy/compile.ts';
import { parseHost } from '../../src/policy/host.ts';
import { parseDomainPattern, patternCovers } from '../../src/policy/matching/domain-pattern.ts';
import { compileLists } from '../../src/policy/matching/host-list.ts';
import { type PolicyFile, parsePolicies } from '../../src/policy/parse.ts';
import { runPolicyTests } from '../../src/policy/policy-tests.ts';
import type { Problem, Result } from '../../src/policy/result.ts';
import { unwrap } from '../policy/support.ts';

/** The page is part of the product: an example that people copy must load, and an error must look as it is shown. */

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const PAGE = read('docs/policy-language.md');

type Block = {
  readonly kind: string;
  readonly text: string;
  readonly line: number;
  readonly message: string;
};

/** Every fenced YAML block, with the fenced text that comes right after it: for a broken one, what Postern says. */
const BLOCKS: readonly Block[] = [
  ...PAGE.matchAll(/^```yaml *(.*)\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm),
].map((found) => ({
  kind: found[1] ?? '',
  text: found[2] ?? '',
  line: PAGE.slice(0, found.index).split('\n').length,
  message: found[3] ?? '',
}));

const SHIPPED: readonly PolicyFile[] = ['policies/baseline.yaml', 'policies/catalog/ai-services.yaml'].map(
  (name) => ({ name, text: read(name) }),
);

const listOf = (name: string, text: string) => ({
  name,
  bytes: new TextEncoder().encode(text),
  file: `policies/lists/${name}.txt`,
});

/** The list that the examples name is a shipped one. */
const LISTS: PolicyLists = {
  available: ['encrypted-dns'],
  ignored: [],
  compiled: unwrap(compileLists([listOf('encrypted-dns', read('policies/lists/encrypted-dns.txt'))])),
  version: '',
};

const DEPARTMENT = 'department: around\ntitle: Around\nmembers: { networks: [10.99.0.0/16] }\n';
const WITH_A_RULE = `${DEPARTMENT}default: allow\nrules:\n  - { id: deepseek, block: { services: [deepseek] } }\n`;

/** What makes a block whole: the files to load beside the shipped base and catalog. */
function filesAround({ kind, text }: Block): readonly PolicyFile[] {
  const example = { name: 'policies/example.yaml', text };
  switch (kind) {
    case 'policy': // a base governs nobody, and a set needs a department
      return text.startsWith('base:')
        ? [example, { name: 'policies/around.yaml', text: DEPARTMENT }]
        : [example];
    case 'broken':
      return [example];
    case 'catalog':
      return [
        { name: 'policies/catalog/example.yaml', text },
        { name: 'policies/around.yaml', text: DEPARTMENT },
      ];
    case 'fragment=rules':
    case 'fragment=exceptions':
      return [{ ...example, text: DEPARTMENT + text }];
    case 'fragment=tests':
      return [{ ...example, text: WITH_A_RULE + text }];
    default:
      throw new Error(`nothing is known of a block that is marked \`yaml ${kind}\``);
  }
}

/** Parses, compiles and runs the `tests:` of the files, as a start of Postern does. */
function load(files: readonly PolicyFile[]): Result<undefined> {
  const parsed = parsePolicies([...files, ...SHIPPED]);
  const compiled = parsed.ok ? compile(parsed.value, LISTS) : parsed;
  if (!compiled.ok) return compiled;
  const failures = runPolicyTests(compiled.value, Date.parse('2026-06-01T00:00:00Z'));
  return failures.length > 0 ? { ok: false, error: failures } : { ok: true, value: undefined };
}

/** As `postern check` prints them. */
const printed = (problems: readonly Problem[]): string =>
  problems.map(({ at, problem, hint }) => `${at}  ${problem}\n    hint: ${hint}\n`).join('');

const whole = BLOCKS.filter(({ kind }) => kind !== 'broken');
const broken = BLOCKS.filter(({ kind }) => kind === 'broken');

test('the page has examples of every kind', () => {
  expect(whole.length).toBeGreaterThan(10);
  expect(new Set(BLOCKS.map(({ kind }) => kind))).toEqual(
    new Set(['policy', 'catalog', 'fragment=rules', 'fragment=exceptions', 'fragment=tests', 'broken']),
  );
});

test.each(whole)('the example in line $line ($kind) loads, and its tests pass', (block) => {
  expect(load(filesAround(block))).toEqual({ ok: true, value: undefined });
});

test('the two departments of the section on networks load together', () => {
  const nested = whole.filter(({ text }) => /^department: archive/.test(text) && text.includes('10.60.'));
  expect(nested).toHaveLength(2);
  const files = nested.map(({ text }, index) => ({ name: `policies/${index}.yaml`, text }));
  expect(load(files)).toEqual({ ok: true, value: undefined });
});

test.each(broken)('the mistake in line $line is told as the page shows it', (block) => {
  const loaded = load(filesAround(block));
  expect(loaded.ok ? 'loaded' : printed(loaded.error)).toBe(block.message);
});

test('the list that the page shows can be read, entry by entry', () => {
  const shown = [...PAGE.matchAll(/^```text list\n([\s\S]*?)^```$/gm)].map((found) => found[1] ?? '');
  expect(shown).toHaveLength(1);
  expect(unwrap(compileLists([listOf('gambling', shown[0] ?? '')])).counts).toEqual([5]);
});

const FORMS = [...PAGE.matchAll(/^\| `([^`]+)` \| [^|]+ \| (`[^|]+) \| (`[^|]+) \|$/gm)].map((row) => ({
  pattern: row[1] ?? '',
  covered: names(row[2]),
  others: names(row[3]),
}));

function names(cell: string | undefined): string[] {
  return [...(cell ?? '').matchAll(/`([^`]+)`/g)].map((name) => name[1] ?? '');
}

test.each(FORMS)('`$pattern` covers what the table of domains says, and nothing else', (form) => {
  const pattern = parseDomainPattern(form.pattern);
  const covers = (name: string): boolean => {
    const host = parseHost(name);
    return pattern.ok && host.ok && patternCovers(pattern.value, host.value);
  };
  expect(form.covered.filter(covers)).toEqual(form.covered);
  expect(form.others.filter(covers)).toEqual([]);
  expect([...form.covered, ...form.others].every((name) => parseHost(name).ok)).toBe(true);
});

test('the table of domains has its rows', () => {
  expect(FORMS.map(({ pattern }) => pattern)).toEqual([
    'deepseek.com',
    '=www.korea.kr',
    '*.example.org',
    'ngrok.*',
    '203.0.113.7',
    '[2001:db8::7]',
  ]);
});
