import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { jsonOf, postern, ROOT } from '../support/cli.ts';
import { checkerOf } from '../support/json-schema.ts';
import { folderWith } from '../support/temp-dir.ts';

type Schema = { readonly [key: string]: unknown };

const NAMES = ['policy', 'catalog', 'config'];
const FOLDER = join(ROOT, 'docs/schema');
const fileOf = (name: string): string => `${name}.schema.json`;
const committed = (name: string): string => readFileSync(join(FOLDER, fileOf(name)), 'utf8');
const schemaOf = (name: string): Schema => JSON.parse(committed(name)) as Schema;

const run = (...args: readonly string[]) => postern(['schema', ...args], { cwd: '/' });

describe('`postern schema`', () => {
  test('lists the schemas that there are', async () => {
    const { status, stdout } = await run();
    expect(status).toBe(0);
    expect(stdout.match(/^ {2}\w+/gm)).toEqual(NAMES.map((name) => `  ${name}`));
    expect(jsonOf(await run('--json'))).toMatchObject({ ok: true, schemas: NAMES.map((name) => ({ name })) });
  });

  test('says which names there are when it does not know one', async () => {
    const { status, stderr } = await run('rules');
    expect(status).toBe(2);
    expect(stderr).toContain('Allowed choices are policy, catalog, config');
  });

  test.each(NAMES)('%s prints what is committed', async (name) => {
    const { status, stdout } = await run(name);
    expect(status).toBe(0);
    expect(stdout === committed(name), `docs/schema is out of date: renew it with \`npm run schemas\``).toBe(
      true,
    );
  });

  test('--write puts all of them into a folder, which it makes, and names the files', async () => {
    const folder = join(folderWith(), 'new/schemas');
    const files = NAMES.map((name) => join(folder, fileOf(name)));
    const { status, stdout } = await run('--write', folder);
    expect(status).toBe(0);
    expect(stdout).toBe(files.map((file) => `wrote ${file}\n`).join(''));
    expect(readdirSync(folder).toSorted()).toEqual(NAMES.map(fileOf).toSorted());
    for (const name of NAMES) expect(readFileSync(join(folder, fileOf(name)), 'utf8')).toBe(committed(name));
    expect(jsonOf(await run('--write', folder, '--json'))).toEqual({ ok: true, files });
  });

  test('--write says what is wrong when it cannot', async () => {
    const folder = join(folderWith({ file: '' }), 'file');
    const { status, stdout, stderr } = await run('--write', folder);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain(folder);
    expect(stderr).toContain('hint: name a folder that you may write to');
  });
});

test('nothing but the schemas lies beside them', () => {
  expect(readdirSync(FOLDER).toSorted()).toEqual(NAMES.map(fileOf).toSorted());
});

/** Every mapping of keys to their schemas, at whatever depth. What `if` and `then` say of a key describes nothing. */
function keysIn(schema: unknown): readonly (readonly [key: string, schema: Schema])[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { if: _if, then: _then, dependencies: _dependencies, ...rest } = schema as Schema;
  const own = Object.entries((rest.properties ?? {}) as Record<string, Schema>);
  return [...own, ...Object.values(rest).flatMap(keysIn)];
}

describe.each(NAMES)('the schema of a %s', (name) => {
  const schema = schemaOf(name);

  test('says what it is', () => {
    expect(schema).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      $id: `urn:postern:schema:${name}`,
      title: expect.stringMatching(/^Postern /) as string,
      description: expect.stringMatching(/\.$/) as string,
    });
    expect(() => checkerOf(schema)).not.toThrow();
  });

  test('describes every key in a sentence', () => {
    const keys = keysIn(schema);
    expect(keys.length).toBeGreaterThan(7);
    for (const [key, { description }] of keys) expect(description, key).toMatch(/^.{8,110}\.$/);
  });

  test('knows no keys beside those that it lists', () => {
    const objects = JSON.stringify(schema).match(/"type":"object"/g) ?? [];
    const closed = JSON.stringify(schema).match(/"additionalProperties":/g) ?? [];
    expect(closed).toHaveLength(objects.length);
  });
});

test('the schema of a policy has every key of the language', () => {
  const known = new Set(keysIn(schemaOf('policy')).map(([key]) => key));
  const keys = [
    ...[
      'department',
      'base',
      'title',
      'extends',
      'members',
      'default',
      'mode',
      'contact',
      'rules',
      'exceptions',
    ],
    ...['tests', 'en', 'ko', 'email', 'phone', 'url', 'networks', 'ports', 'users', 'groups'],
    ...['id', 'block', 'allow', 'when', 'unless', 'locked', 'status', 'reason', 'reference', 'alternatives'],
    ...['review', 'services', 'category', 'operator', 'jurisdiction'],
    ...['domains', 'categories', 'addresses', 'patterns', 'days', 'hours', 'timezone', 'from', 'until'],
    ...['for', 'approvedBy', 'ticket', 'request', 'client', 'user', 'at', 'expect', 'rule', 'exception'],
    ...['wouldBlock', 'page'],
  ];
  expect([...known].toSorted()).toEqual(keys.toSorted());
});

describe('of the shipped policies', () => {
  const folder = join(ROOT, 'policies');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.ya?ml$/.test(name),
  );

  test('there are some', () => {
    expect(files.length).toBeGreaterThan(3);
  });

  test.each(files)('%s names its schema in the first line, and keeps to it', (file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const named = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? '';
    const path = resolve(folder, dirname(file), named);
    expect(relative(FOLDER, path)).toBe(fileOf(dirname(file) === 'catalog' ? 'catalog' : 'policy'));
    expect(existsSync(path)).toBe(true);
    expect(checkerOf(JSON.parse(readFileSync(path, 'utf8')) as Schema)(parse(text))).toEqual([]);
  });
});
