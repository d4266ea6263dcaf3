import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compile } from '../../src/policy/compile.ts';
import { type PolicyFile, parsePolicies } from '../../src/policy/parse.ts';
import { expiredExceptions, runPolicyTests } from '../../src/policy/policy-tests.ts';
import type { Problem } from '../../src/policy/result.ts';
import { readPolicyFolder } from '../../src/policy-store/read-folder.ts';
import { NOW, unwrap } from '../policy/support.ts';

/** Everything that a reload does with the texts of files; what is wrong with them, if anything. */
function problemsOf(files: readonly PolicyFile[]): readonly Problem[] {
  const parsed = parsePolicies(files);
  if (!parsed.ok) return parsed.error;
  const compiled = compile(parsed.value);
  if (!compiled.ok) return compiled.error;
  return [...runPolicyTests(compiled.value, NOW), ...expiredExceptions(compiled.value, NOW)];
}

/** Each problem says what is wrong and what to do, at a place that there is in one of the files. */
function expectToBeTold(problems: readonly Problem[], files: readonly PolicyFile[]): void {
  for (const { at, problem, hint } of problems) {
    expect(problem).not.toBe('');
    expect(hint).not.toBe('');
    if (at === 'policies') continue; // there is no department
    const { name, line, column } = /^(?<name>.+):(?<line>\d+):(?<column>\d+)$/.exec(at)?.groups ?? {};
    const text = files.find((file) => file.name === name)?.text.split('\n')[Number(line) - 1];
    expect(text, at).toBeDefined();
    expect(Number(column), at).toBeGreaterThan(0);
    expect(Number(column), at).toBeLessThanOrEqual((text ?? '').length + 1);
  }
}

const check = (...files: readonly PolicyFile[]): void => expectToBeTold(problemsOf(files), files);

// What means something to YAML, to the schema, or to neither.
const TOKENS = [
  ...[
    '\n',
    '\n  ',
    '\n    ',
    '\t',
    ' ',
    ': ',
    ':',
    '- ',
    '-',
    '? ',
    ', ',
    '[',
    ']',
    '{',
    '}',
    '#',
    ' #',
    '|\n',
    '>-\n',
  ],
  ...[
    '"',
    "'",
    '\\',
    '&a ',
    '*a',
    '*.a.b',
    '!x ',
    '!!str ',
    '!!binary ',
    '%YAML 1.1\n',
    '---\n',
    '...\n',
    '<<: ',
    '@',
    '`',
  ],
  ...[
    '~',
    'null',
    'true',
    'no',
    '0',
    '-1',
    '1e999',
    '.nan',
    '0x1F',
    '2026-12-31T18:00:00+09:00',
    '\ufeff',
    '\r',
    '\r\n',
  ],
  ...[
    'department',
    'base',
    'title',
    'rules',
    'id',
    'block',
    'allow',
    'domains',
    'services',
    'extends',
    'exceptions',
  ],
  ...[
    'tests',
    'request',
    'until',
    'members',
    'networks',
    '__proto__',
    'constructor',
    'a.com',
    'co.kr',
    '10.0.0.0/8',
    '한국',
  ],
  ...['\u2028', '\u0085', '\u001b', '\ud800', '\u202e', '\u0000'],
] as const;
const token = fc.constantFrom(...TOKENS);
const name = fc.constantFrom('policies/a.yaml', 'policies/catalog/a.yaml');

test('no text makes the parser throw: it is read, or what is wrong with it is told with its place', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
    fc.array(token, { maxLength: 60 }).map((tokens) => tokens.join('')),
    fc.array(token, { maxLength: 40 }).map((tokens) => `department: a\ntitle: A\n${tokens.join('')}`),
  );
  fc.assert(
    fc.property(name, text, (file, written) => check({ name: file, text: written })),
    { numRuns: 2000 },
  );
});

test('no value under any key makes it throw', () => {
  const scalar = fc.oneof(token, fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.webUrl());
  const keys = [
    ...[
      'department',
      'base',
      'title',
      'members',
      'default',
      'mode',
      'contact',
      'extends',
      'rules',
      'exceptions',
      'tests',
    ],
    ...[
      'id',
      'block',
      'allow',
      'domains',
      'services',
      'category',
      'operator',
      'jurisdiction',
      'ports',
      'unless',
      'for',
    ],
    ...[
      'users',
      'groups',
      'networks',
      'locked',
      'status',
      'reason',
      'alternatives',
      'url',
      'until',
      'approvedBy',
      'request',
    ],
    ...['client', 'user', 'at', 'expect', 'rule', 'en', 'ko', '__proto__', 'constructor', 'other'],
  ];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 5 }, scalar, fc.array(tie('value'), { maxLength: 3 }), tie('mapping')),
    mapping: fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 6 }),
  }));
  const file = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 8 });
  const department = file.map((rest) => ({ ...rest, department: 'a', title: 'A' }));
  fc.assert(
    fc.property(name, fc.oneof(file, department), (named, written) =>
      check({ name: named, text: JSON.stringify(written) }, { name: 'policies/b.yaml', text: 'base: b\n' }),
    ),
    { numRuns: 1000 },
  );
});

const SHIPPED = unwrap(readPolicyFolder(fileURLToPath(new URL('../../policies', import.meta.url))));

/** One slip of the keyboard; `from` and `to` are thousandths of the text. */
type Slip = {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly kind: 'type' | 'cut' | 'paste' | 'swap';
};

function slip(text: string, { from, to, text: typed, kind }: Slip): string {
  const start = Math.floor((text.length * from) / 1000);
  const length = Math.min(to, text.length - start);
  const taken = text.slice(start, start + length);
  const rest = text.slice(start + length);
  switch (kind) {
    case 'type':
      return text.slice(0, start) + typed + text.slice(start);
    case 'cut':
      return text.slice(0, start) + rest;
    case 'paste':
      return text.slice(0, start) + taken + typed + taken + rest;
    case 'swap': {
      const lines = text.split('\n');
      const line = Math.floor((lines.length * from) / 1000);
      return [...lines.slice(0, line), ...lines.slice(line + 1), lines[line] ?? ''].join('\n');
    }
  }
}

test('the shipped policies with slips of the keyboard in them are good, or what is wrong is told with its place', () => {
  const slips = fc.array(
    fc.record<Slip>({
      from: fc.nat(999),
      to: fc.integer({ min: 1, max: 60 }),
      text: token,
      kind: fc.constantFrom('type', 'cut', 'paste', 'swap'),
    }),
    { minLength: 1, maxLength: 3 },
  );
  let refused = 0;
  fc.assert(
    fc.property(fc.nat(SHIPPED.length - 1), slips, (chosen, made) => {
      const files = SHIPPED.map((file, index) =>
        index === chosen ? { ...file, text: made.reduce(slip, file.text) } : file,
      );
      const problems = problemsOf(files);
      expectToBeTold(problems, files);
      if (problems.length > 0) refused++;
    }),
    { numRuns: 100 },
  );
  expect(refused).toBeGreaterThan(30);
});
