import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { keyOfText } from '../../src/policy/parse.ts';
import type { PolicySet } from '../../src/policy/policy.ts';
import { loadPolicies } from '../../src/policy-store/load.ts';
import { readPoliciesCache } from '../../src/policy-store/policies-cache.ts';
import { createReloader } from '../../src/policy-store/reload.ts';
import { createPolicyStore } from '../../src/policy-store/store.ts';
import { errorOf, NOW, unwrap } from '../policy/support.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';
import { inForceBy } from './in-force.ts';

/** Long enough to be worth keeping. */
const department = (id: string, blocked: string): string => `department: ${id}
title: ${id}
default: allow
rules:
  - id: named
    block:
      domains: [${blocked}, ${Array.from({ length: 4_000 }, (_, number) => `host-${number}.example`).join(', ')}]
`;

type Memory = { readonly plain: unknown; readonly offsets: unknown };
type Kept = { readonly format: number; readonly parser: string; readonly files: Record<string, Memory> };

/** Puts something else into the cache, under the right checksum. */
function forge(cache: string, forgery: (kept: Kept) => unknown): void {
  const [, json = ''] = readFileSync(cache, 'utf8').split('\n');
  const text = JSON.stringify(forgery(JSON.parse(json)));
  writeFileSync(cache, `${hash('sha256', text)}\n${text}`);
}

const eachMemory = (kept: Kept, change: (memory: Memory) => unknown) => ({
  ...kept,
  files: Object.fromEntries(Object.entries(kept.files).map(([key, memory]) => [key, change(memory)])),
});

const eachPlain = (kept: Kept, values: object) =>
  eachMemory(kept, (memory) => ({ ...memory, plain: Object.assign(memory.plain as object, values) }));

const nested = (depth: number): unknown =>
  Array.from({ length: depth }).reduce((inner: unknown) => [inner], []);

describe('a cache of the policies', () => {
  const setUp = () => {
    const folder = folderWith({ 'office.yaml': department('office', 'a.example') });
    const cache = join(folderWith(), 'state', 'policies.cache');
    return {
      cache,
      folder,
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

  test('is used: what it says is in force, should it say otherwise than the text', async () => {
    const { cache, loaded } = setUp();
    await loaded();
    forge(cache, (kept) => eachPlain(kept, { default: 'block' }));
    expect((await loaded()).departments.get('office')?.default).toBe('block');
  });

  test('is of one format and of one version of the packages', async () => {
    const { cache, loaded } = setUp();
    for (const other of [{ format: 1 }, { parser: 'ab'.repeat(32) }]) {
      await loaded();
      const whole = readFileSync(cache, 'utf8');
      forge(cache, (kept) => Object.assign(kept, other));
      expect(readPoliciesCache(cache).size).toBe(0);
      await loaded();
      expect(readFileSync(cache, 'utf8')).toBe(whole);
    }
  });

  test('is not written anew while the policies stay as they are', async () => {
    const { cache, loaded, write } = setUp();
    write('aliases.yaml', department('aliases', '&a z.example, *a')); // never kept, and no reason to write
    await loaded();
    const { ino } = statSync(cache);
    await loaded();
    expect(statSync(cache).ino).toBe(ino);
    expect(readPoliciesCache(cache).size).toBe(1);
  });

  test('is taken away when the policies have become too small for one', async () => {
    const { cache, write, loaded } = setUp();
    await loaded();
    write('office.yaml', 'department: office\ntitle: Office\n');
    await loaded();
    expect(existsSync(cache)).toBe(false);
  });

  test('keeps the reloads as quick as the start', async () => {
    const { cache, folder, loaded } = setUp();
    const store = createPolicyStore(await loaded());
    forge(cache, (kept) => eachPlain(kept, { title: 'of the cache', default: 'block' }));
    writeIn(folder, 'lab.yaml', 'department: lab\ntitle: Lab\n');
    unwrap(await createReloader(folder, inForceBy(store), () => NOW, cache).reload());
    expect(store.current().departments.get('office')?.default).toBe('block');
    expect(readPoliciesCache(cache).size).toBe(2);
  });

  test('does not write aliases out: small files may stand for gigabytes', async () => {
    const { cache, write, loaded } = setUp();
    const rules = Array.from(
      { length: 89 },
      (_, n) => `  - { id: r${n}, block: { domains: [a.kr] }, reason: *x }`,
    );
    for (const id of ['one', 'two'])
      write(
        `${id}.yaml`,
        `department: ${id}\ntitle: x\ndefault: block\nrules:\n  - id: first\n    block: { domains: [a.kr] }\n    reason: &x "${'w'.repeat(300_000)}"\n${rules.join('\n')}\n`,
      );
    await loaded();
    expect(readPoliciesCache(cache).size).toBe(1);
    expect(statSync(cache).size).toBeLessThan(1_000_000);
  });

  test.each<[string, (kept: Kept) => unknown]>([
    ['null', () => null],
    ['a text', () => 'x'],
    ['without files', (kept) => ({ ...kept, files: null })],
    ['of empty files', (kept) => eachMemory(kept, () => null)],
    ['of files that are texts', (kept) => eachMemory(kept, () => 'x')],
    ['of files that say nothing', (kept) => eachMemory(kept, () => ({}))],
    ['of files that say what no policy says', (kept) => eachPlain(kept, { default: 'perhaps' })],
    ['of files that are of another kind', (kept) => eachMemory(kept, (m) => ({ ...m, plain: { base: 7 } }))],
    ['of files without an end', (kept) => eachMemory(kept, (m) => ({ ...m, plain: nested(3_000) }))],
    ['of places that are none', (kept) => eachMemory(kept, (m) => ({ ...m, offsets: 'x' }))],
  ])('that was forged to be %s keeps no good policies from going live', async (_what, forgery) => {
    const { cache, loaded } = setUp();
    const { version } = await loaded();
    forge(cache, forgery);
    const again = await loaded();
    expect(again.version).toBe(version);
    expect(again.departments.get('office')?.default).toBe('allow');
    expect(placeOf(again)).toMatch(/office\.yaml:\d+:\d+$/);
  });

  test('that no longer says what policies may say is written anew', async () => {
    const { cache, loaded } = setUp();
    await loaded();
    const whole = readFileSync(cache, 'utf8');
    forge(cache, (kept) => eachPlain(kept, { default: 'perhaps' }));
    await loaded();
    expect(readFileSync(cache, 'utf8')).toBe(whole);
  });

  test('tells the problems of a text by their places, whatever was kept of it', async () => {
    const { cache, write, load, loaded } = setUp();
    await loaded();
    const text = department('office', 'b.example').replace('default: allow', 'default: perhaps');
    write('office.yaml', text);
    forge(cache, (kept) => ({
      ...kept,
      files: { [keyOfText(text)]: Object.values(kept.files)[0] }, // as if an earlier version had taken it
    }));
    forge(cache, (kept) => eachPlain(kept, { default: 'perhaps' }));
    expect(errorOf(await load())).toMatchObject([
      { at: expect.stringMatching(/office\.yaml:3:10$/), problem: expect.stringContaining('perhaps') },
    ]);
  });

  // Nobody but root can give a file away, and root can write whatever its mode.
  test.runIf(process.geteuid?.() === 0)("that is another user's is passed over and renewed", async () => {
    const { cache, loaded } = setUp();
    await loaded();
    forge(cache, (kept) => eachPlain(kept, { default: 'block' }));
    chownSync(cache, 12_345, 12_345);
    expect((await loaded()).departments.get('office')?.default).toBe('allow');
    expect(statSync(cache).uid).toBe(0);
  });

  test.each(['620', '602'])('that others may write (mode %s) is passed over and renewed', async (mode) => {
    const { cache, loaded } = setUp();
    await loaded();
    forge(cache, (kept) => eachPlain(kept, { default: 'block' }));
    chmodSync(cache, Number.parseInt(mode, 8));
    expect((await loaded()).departments.get('office')?.default).toBe('allow');
    expect(statSync(cache).mode & 0o777).toBe(0o600);
  });

  test('is passed over and renewed when it is a pipe or a link, and passed over when it is a folder', async () => {
    const { cache, loaded } = setUp();
    await loaded();
    const whole = readFileSync(cache, 'utf8');
    const elsewhere = writeIn(folderWith(), 'precious', 'precious');
    const inItsPlace = async (make: () => void): Promise<void> => {
      rmSync(cache, { recursive: true });
      make();
      expect((await loaded()).departments.size).toBe(1);
    };
    await inItsPlace(() => execFileSync('mkfifo', [cache]));
    expect(readFileSync(cache, 'utf8')).toBe(whole);
    await inItsPlace(() => symlinkSync(elsewhere, cache));
    expect(readFileSync(cache, 'utf8')).toBe(whole);
    expect(readFileSync(elsewhere, 'utf8')).toBe('precious');
    await inItsPlace(() => mkdirSync(cache));
    expect(readdirSync(dirname(cache))).toEqual(['policies.cache']);
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
