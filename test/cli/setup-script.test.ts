import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { outcomeOf, ROOT, spawnClean } from '../support/cli.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

const LOCK = '{ "lockfileVersion": 3 }\n';
const STAMP = createHash('sha256').update(LOCK).digest('hex');

/** A checkout with the real scripts and an `npm` that only notes how it was called. */
function checkout({ stamp, npmStatus = 0 }: { stamp?: string; npmStatus?: number }) {
  const root = folderWith({ 'package-lock.json': LOCK });
  for (const file of ['scripts/setup.mjs', 'bin/postern']) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    copyFileSync(join(ROOT, file), join(root, file));
  }
  mkdirSync(join(root, 'node_modules/.bin'), { recursive: true });
  symlinkSync(process.execPath, join(root, 'node_modules/.bin/node'));
  if (stamp !== undefined) writeIn(root, 'node_modules/.installed', stamp);
  writeIn(root, 'src/main.ts', 'console.log(JSON.stringify(process.argv.slice(2)));\n');
  const calls = join(root, 'calls');
  chmodSync(
    writeIn(root, 'tools/npm', `#!/bin/sh\necho "$PWD $*" >> '${calls}'\nexit ${npmStatus}\n`),
    0o755,
  );
  symlinkSync(process.execPath, join(root, 'tools/node'));
  const env = { PATH: `${join(root, 'tools')}:/usr/bin:/bin` };
  return {
    root,
    npmCalls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trimEnd().split('\n') : []),
    stampNow: () => {
      const path = join(root, 'node_modules/.installed');
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    },
    setup: () => outcomeOf(spawnClean('node', [join(root, 'scripts/setup.mjs')], { cwd: '/', env })),
    run: (...args: readonly string[]) =>
      outcomeOf(spawnClean(join(root, 'bin/postern'), args, { cwd: '/', env })),
  };
}

describe('scripts/setup.mjs', () => {
  test('does nothing, and says nothing, when what is installed is what the lock file names', async () => {
    const { setup, npmCalls } = checkout({ stamp: STAMP, npmStatus: 1 });
    expect(await setup()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(npmCalls()).toEqual([]);
  });

  test.each([
    ['nothing is installed', undefined],
    ['what is installed is of another lock file', 'another'],
  ])('installs by `npm ci`, once, when %s', async (_name, stamp) => {
    const { root, setup, npmCalls, stampNow } = checkout(stamp === undefined ? {} : { stamp });
    const first = await setup();
    expect(first).toMatchObject({ status: 0, stdout: '' });
    expect(first.stderr).toContain('Installing the packages');
    expect(npmCalls()).toEqual([expect.stringMatching(new RegExp(`^${root} ci `))]);
    expect(stampNow()).toBe(STAMP);
    expect(await setup()).toMatchObject({ status: 0, stderr: '' });
    expect(npmCalls()).toHaveLength(1);
  });

  test('that fails fails, and is tried again the next time', async () => {
    const { setup, npmCalls, stampNow } = checkout({ npmStatus: 1 });
    expect((await setup()).status).not.toBe(0);
    expect(stampNow()).toBeUndefined();
    await setup();
    expect(npmCalls()).toHaveLength(2);
  });
});

describe('bin/postern', () => {
  test('runs the command with its arguments as they are, from any folder and through links', async () => {
    const { root, run, npmCalls } = checkout({ stamp: STAMP });
    expect((await run('explain', 'https://a b/', '', '--at=*')).stdout).toBe(
      '["explain","https://a b/","","--at=*"]\n',
    );
    const link = join(root, 'link');
    symlinkSync(join(root, 'bin/postern'), link);
    expect((await outcomeOf(spawnClean(link, ['check'], { cwd: '/' }))).stdout).toBe('["check"]\n');
    expect(npmCalls()).toEqual([]);
  });

  test('installs first when nothing is installed', async () => {
    const { run, npmCalls } = checkout({});
    expect(await run('check')).toMatchObject({ status: 0, stdout: '["check"]\n' });
    expect(npmCalls()).toHaveLength(1);
  });

  test('looks again after the lock file has changed, and installs only what is not there', async () => {
    const same = checkout({ stamp: STAMP });
    const changed = checkout({ stamp: 'another' });
    for (const { root } of [same, changed]) utimesSync(join(root, 'node_modules/.installed'), 0, 0);
    expect(await same.run('check')).toMatchObject({ status: 0, stderr: '' });
    expect(await changed.run('check')).toMatchObject({ status: 0 });
    expect(same.npmCalls()).toEqual([]);
    expect(changed.npmCalls()).toHaveLength(1);
    // It is settled: a look costs the start of another program.
    for (const { root } of [same, changed])
      expect(statSync(join(root, 'node_modules/.installed')).mtimeMs).toBeGreaterThan(0);
  });

  test('runs nothing when the installation fails', async () => {
    const { run } = checkout({ npmStatus: 1 });
    expect(await run('check')).toMatchObject({ status: 1, stdout: '' });
  });
});
