import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PolicySet } from '../../src/policy/policy.ts';
import { loadPolicies } from '../../src/policy-store/load.ts';
import { readPoliciesCache } from '../../src/policy-store/policies-cache.ts';
import { errorOf, NOW, unwrap } from '../policy/support.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

/** Long enough to be worth keeping. */
const department = (id: string, blocked: string): string => `department: ${id}
title: ${id}
default: allow
rules:
  - id: named
    block:
      domains: [${blocked}, ${Array.from({ length: 4_000 }, (_, number) => `host-${number}.example`).join(', ')}]
`;

describe('a cache of the policies', () => {
  const setUp = () => {
    const folder = folderWith({ 'office.yaml': department('office', 'a.example') });
    const cache = join(folderWith(), 'state', 'policies.cache');
    return {
      cache,
      write: (name: string, text: string) => void writeIn(folder, name, text),
      load: () => loadPolicies(folder, NOW, cache),
      loaded: async (): Promise<PolicySet> => unwrap(await loadPolicies(folder, NOW, cache)),
    };
  };
  const placeOf = (policies: PolicySet) => policies.departments.get('office')?.rules[0]?.at;

  test('gives the same policies, of the same version and from the same places', async () => {
    const { cache, loaded } = setUp();
    const first = await loaded();
    expect(readPoliciesCache(cache).size).toBe(1);
    const again = await loaded();
    expect(again.version).toBe(first.version);
    expect(again.departments.get('office')?.rules).toEqual(first.departments.get('office')?.rules);
    expect(placeOf(again)).toMatch(/office\.yaml:5:5$/);
  });

  test('is for its owner alone', async () => {
    const { cache, loaded } = setUp();
    await loaded();
    expect(statSync(cache).mode & 0o777).toBe(0o600);
  });

  test('knows a file by its text: what has changed is parsed, and what has gone is forgotten', async () => {
    const { cache, write, loaded } = setUp();
    await loaded();
    write('office.yaml', department('office', 'b.example'));
    write('lab.yaml', department('lab', 'c.example'));
    const { departments } = await loaded();
    expect([...departments.keys()].toSorted()).toEqual(['lab', 'office']);
    expect(departments.get('office')?.rules[0]?.target.domains[0]).toMatchObject({ host: 'b.example' });
    expect(readPoliciesCache(cache).size).toBe(2);
    write('lab.yaml', department('lab', 'd.example'));
    await loaded();
    expect(readPoliciesCache(cache).size).toBe(2);
  });

  test('is not written for policies that may not go live', async () => {
    const { cache, write, load } = setUp();
    write('office.yaml', department('office', 'com'));
    expect(errorOf(await load())[0]?.at).toMatch(/office\.yaml:7:17$/);
    expect(readPoliciesCache(cache).size).toBe(0);
  });

  test('holds a file to the language that is spoken now, and tells its problems by their places', async () => {
    const { cache, load, loaded } = setUp();
    await loaded();
    // As if an earlier version had taken what this one does not know.
    const [, json = ''] = readFileSync(cache, 'utf8').split('\n');
    const kept = JSON.parse(json);
    for (const memory of Object.values<{ plain: Record<string, unknown> }>(kept.files))
      memory.plain.default = 'perhaps';
    const { hash } = await import('node:crypto');
    const text = JSON.stringify(kept);
    writeFileSync(cache, `${hash('sha256', text)}\n${text}`);
    expect(errorOf(await load())).toMatchObject([
      { at: expect.stringMatching(/office\.yaml:3:10$/), problem: expect.stringContaining('perhaps') },
    ]);
  });

  test.each([
    ['damaged', (text: string) => text.replace('a.example', 'z.example')],
    ['cut short', (text: string) => text.slice(0, -100)],
    ['empty', () => ''],
    ['no JSON', () => 'x\ny'],
  ])('that is %s is passed over and renewed', async (_how, damage) => {
    const { cache, loaded } = setUp();
    await loaded();
    const whole = readFileSync(cache, 'utf8');
    writeFileSync(cache, damage(whole));
    expect(readPoliciesCache(cache).size).toBe(0);
    expect((await loaded()).departments.get('office')?.rules[0]?.target.domains[0]).toMatchObject({
      host: 'a.example',
    });
    expect(readFileSync(cache, 'utf8')).toBe(whole);
  });

  test('is not made for a few lines', async () => {
    const { cache, write, loaded } = setUp();
    write('office.yaml', 'department: office\ntitle: Office\n');
    await loaded();
    expect(readPoliciesCache(cache).size).toBe(0);
  });
});
