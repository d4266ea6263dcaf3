import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { memorise, recallYaml, type YamlMemory } from '../../../src/policy/yaml/yaml-memory.ts';
import { parseYaml, type YamlContent, type YamlSource } from '../../../src/policy/yaml/yaml-source.ts';
import { readPolicyFolder } from '../../../src/policy-store/read-folder.ts';
import { unwrap } from '../support.ts';

const source = (text: string): YamlSource => unwrap(parseYaml('a.yaml', text));

/** As it comes back from a file. */
function recalled(parsed: YamlSource): YamlContent {
  const memory = memorise(parsed);
  const again = memory && recallYaml(parsed.file, parsed.text, JSON.parse(JSON.stringify(memory)));
  if (again === undefined) throw new Error('it cannot be kept');
  return again;
}

/** Every path that leads to a value, and beyond each a step that leads nowhere. */
function pathsOf(plain: unknown): (string | number)[][] {
  if (typeof plain !== 'object' || plain === null) return [[], ['nowhere']];
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(plain)
    ? [...plain.entries()]
    : Object.entries(plain);
  return [
    [],
    ['nowhere', 7],
    [1_000],
    ...entries.flatMap(([key, value]) => pathsOf(value).map((rest) => [key, ...rest])),
  ];
}

function expectAlike(parsed: YamlSource): void {
  const again = recalled(parsed);
  expect(again.plain).toEqual(parsed.plain);
  for (const path of pathsOf(parsed.plain)) expect(again.at(path), path.join('.')).toBe(parsed.at(path));
}

test.each([
  'a: 1\n',
  '# only\n\n- [a, {b: c}]\n- \n- null\n- "x"\n',
  'a: &x { b: [1, 2] }\nc: 3\n',
  '1: a\n2: b\n"1x": c\n',
  '? [complex, key]\n: value\n',
  '__proto__: { a: 1 }\nb: 2\n',
  'text: |\n  lines\n  of it\nafter: "\\ud800"\n',
  'plain',
])('%j says the same, at the same places, when it is recalled', (text) => {
  expectAlike(source(text));
});

test('so does whatever else YAML can say', () => {
  const keys = fc.oneof(fc.string(), fc.constantFrom('10', '2', 'a.b', '__proto__', ''));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
      fc.array(tie('tree')),
      fc.dictionary(keys, tie('tree')),
    ),
  }));
  fc.assert(
    fc.property(tree, (value) => {
      const parsed = parseYaml('a.yaml', stringify(value));
      if (parsed.ok && memorise(parsed.value) !== undefined) expectAlike(parsed.value);
    }),
  );
});

test('so do the shipped policies', () => {
  const folder = fileURLToPath(new URL('../../../policies', import.meta.url));
  for (const { name, text } of unwrap(readPolicyFolder(folder))) expectAlike(unwrap(parseYaml(name, text)));
});

test.each(['a: .inf\n', 'a: [-.inf]\n', 'a: .nan\n', 'a: -0.0\n'])('%j is not kept: JSON cannot', (text) => {
  expect(memorise(source(text))).toBeUndefined();
});

test('what has aliases is not kept: JSON would write them out', () => {
  expect(memorise(source('a: &x { b: [1, 2] }\nc: *x\n'))).toBeUndefined();
});

test('a memory of another shape is none', () => {
  for (const memory of [null, 'x', 7, [], {}, { plain: 1 }, { offsets: 1 }] as unknown as YamlMemory[])
    expect(recallYaml('a.yaml', 'a: 1\n', memory), JSON.stringify(memory)).toBeUndefined();
});

test('offsets of any shape give some place in the file', () => {
  const shapes = [
    null,
    'x',
    -5,
    1e300,
    {},
    { 0: 3 },
    [],
    ['x'],
    [[[[]]]],
    [null, 'x'],
    [7, { 0: 1 }],
    [0, [[1]]],
  ];
  for (const offsets of shapes) {
    const memory = { plain: { a: [1] }, offsets } as unknown as YamlMemory;
    const again = recallYaml('a.yaml', 'a: [1]\n', memory);
    for (const path of [[], ['a'], ['a', 0], ['b'], ['a', 0, 'c']])
      expect(again?.at(path), JSON.stringify(offsets)).toMatch(/^a\.yaml:/);
  }
});
