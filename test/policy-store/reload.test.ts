import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadPolicies } from '../../src/policy-store/load.ts';
import { createReloader } from '../../src/policy-store/reload.ts';
import { createPolicyStore, type PolicyStore } from '../../src/policy-store/store.ts';
import { ask, describeProblem, errorOf, LATER, NOW, unwrap } from '../policy/support.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';
import { inForceBy } from './in-force.ts';

const OFFICE = 'department: office\ntitle: Office\ndefault: allow\n';
const BAN = `${OFFICE}rules: [{ id: ban, block: { domains: [deepseek.com] } }]\n`;
const EXCEPTION = `exceptions: [{ id: e, allow: { domains: [deepseek.com] }, for: { users: [kim] }, until: ${LATER}, approvedBy: cio }]\n`;
const END = Date.parse(LATER);

type Running = { readonly folder: string; readonly store: PolicyStore; write(text: string): void };

const reloadPolicies = (folder: string, store: PolicyStore, now: number) =>
  createReloader(folder, inForceBy(store), () => now).reload();

/** A running store, and the folder that it was read from. */
async function running(text: string): Promise<Running> {
  const folder = folderWith({ 'office.yaml': text });
  return {
    folder,
    store: createPolicyStore(unwrap(await loadPolicies(folder, NOW))),
    write: (changed) => {
      writeIn(folder, 'office.yaml', changed);
    },
  };
}

describe('a reload', () => {
  test('puts what changed into force', async () => {
    const { folder, store, write } = await running(OFFICE);
    const before = store.current();
    write(BAN);
    const { policy } = unwrap(await reloadPolicies(folder, store, NOW));
    expect(unwrap(await reloadPolicies(folder, store, NOW))).toMatchObject({ policy, changed: false });
    expect(store.current().version).toBe(policy);
    expect(policy).not.toBe(before.version);
    expect(ask(store.current(), 'https://deepseek.com/')).toBe('block by rule ban');
  });

  test('says whether anything changed, and leaves the running set itself when nothing did', async () => {
    const { folder, store, write } = await running(OFFICE);
    const before = store.current();
    write(OFFICE);
    expect(unwrap(await reloadPolicies(folder, store, NOW))).toMatchObject({
      policy: before.version,
      changed: false,
    });
    expect(store.current()).toBe(before);
    write(`${OFFICE}# a comment\n`);
    expect(unwrap(await reloadPolicies(folder, store, NOW))).toMatchObject({ changed: true });
    expect(store.current()).not.toBe(before);
  });

  test('takes nothing from who holds the set it began with', async () => {
    const { folder, store, write } = await running(OFFICE);
    const snapshot = store.current();
    write(BAN);
    unwrap(await reloadPolicies(folder, store, NOW));
    expect(ask(snapshot, 'https://deepseek.com/')).toBe('forward by default');
  });
});

// Covers: EV-13
describe('whatever is wrong, the running set stays', () => {
  test.each([
    ['a syntax error', 'rules: [', /^\S+\/office\.yaml:\d+:\d+: /],
    ['a misspelt key', `${OFFICE}rulez: []\n`, /:4:1: unknown key `rulez` \(did you mean `rules`\?\)$/],
    ['an unknown base', `${OFFICE}extends: [nothing]\n`, /:4:11: unknown base `nothing`/],
    [
      'a test that fails',
      `${OFFICE}tests: [{ request: "https://a.com/", expect: block }]\n`,
      /:4:9: https:\/\/a\.com\/: expected block/,
    ],
    ['a file that is empty, half-written, say', '', /:1:1: the file is empty/],
  ])('%s', async (_name, text, problem) => {
    const { folder, store, write } = await running(BAN);
    const before = store.current();
    write(text);
    const problems = errorOf(await reloadPolicies(folder, store, NOW));
    expect(problems.map(describeProblem)).toEqual([expect.stringMatching(problem)]);
    expect(store.current()).toBe(before);
  });

  test('a folder that is gone', async () => {
    const { folder, store } = await running(BAN);
    const before = store.current();
    rmSync(folder, { recursive: true });
    expect(errorOf(await reloadPolicies(folder, store, NOW))[0]?.problem).toMatch(
      /^the policies cannot be read: ENOENT/,
    );
    expect(store.current()).toBe(before);
  });

  test('an exception that has ended, to the millisecond', async () => {
    const { folder, store, write } = await running(BAN);
    write(BAN + EXCEPTION);
    const before = store.current();
    expect(errorOf(await reloadPolicies(folder, store, END)).map(describeProblem)).toEqual([
      expect.stringMatching(
        /\/office\.yaml:5:14: the exception `e` ended at 2026-12-31T09:00:00\.000Z \(remove it, or have it approved anew with a later `until`\)$/,
      ),
    ]);
    expect(store.current()).toBe(before);
    expect(unwrap(await reloadPolicies(folder, store, END - 1))).toMatchObject({ changed: true });
  });

  test('and mended, it goes into force', async () => {
    const { folder, store, write } = await running(OFFICE);
    write('rules: [');
    expect((await reloadPolicies(folder, store, NOW)).ok).toBe(false);
    write(BAN);
    expect(unwrap(await reloadPolicies(folder, store, NOW))).toMatchObject({ changed: true });
    expect(ask(store.current(), 'https://deepseek.com/')).toBe('block by rule ban');
  });
});

describe('an exception that has ended in the running set too', () => {
  test('does not keep out what else has changed, and is told', async () => {
    const { folder, store, write } = await running(BAN + EXCEPTION);
    write(`${BAN}${EXCEPTION}# a comment\n`);
    expect(unwrap(await reloadPolicies(folder, store, END))).toMatchObject({
      changed: true,
      warnings: [{ problem: 'the exception `e` ended at 2026-12-31T09:00:00.000Z' }],
    });
  });

  test('does not let another one in that has ended', async () => {
    const { folder, store, write } = await running(BAN + EXCEPTION);
    write(BAN + EXCEPTION.replace('id: e,', 'id: other,'));
    expect((await reloadPolicies(folder, store, END)).ok).toBe(false);
  });
});

describe('reloads that are asked for together', () => {
  test('are one that runs and one that waits, and the last state of the folder is in force', async () => {
    const { folder, store, write } = await running(OFFICE);
    const reloader = createReloader(folder, inForceBy(store), () => NOW);
    const first = reloader.reload();
    await Promise.resolve(); // it has begun
    write(BAN);
    const others = Array.from({ length: 10 }, () => reloader.reload());
    expect(new Set(others).size).toBeLessThanOrEqual(2);
    await Promise.all([first, ...others]);
    expect(ask(store.current(), 'https://deepseek.com/')).toBe('block by rule ban');
  });

  test('put nothing in force after the end', async () => {
    const { folder, store, write } = await running(OFFICE);
    const before = store.current();
    const reloader = createReloader(folder, inForceBy(store), () => NOW);
    write(BAN);
    const last = reloader.reload();
    reloader.close();
    await last;
    expect(store.current()).toBe(before);
  });
});

test('a program may still start on the day after an exception ended: it is over, and nothing else changed', async () => {
  const test_ = 'tests: [{ request: "https://deepseek.com/", user: kim, expect: forward }]\n';
  const folder = folderWith({ 'office.yaml': BAN + EXCEPTION + test_ });
  const policies = unwrap(await loadPolicies(folder, END + 86_400_000));
  expect(ask(policies, 'https://deepseek.com/', { user: 'kim', time: END + 86_400_000 })).toBe(
    'block by rule ban',
  );
});
