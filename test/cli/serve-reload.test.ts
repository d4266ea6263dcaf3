import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { jsonOf, postern, spawnPostern } from '../support/cli.ts';
import { request } from '../support/client.ts';
import {
  BROKEN_POLICY,
  freshFolder,
  lineReader,
  type Serve,
  STRICTER_POLICY,
  startServe,
  TRADE_POLICY,
} from '../support/serve.ts';
import { writeIn } from '../support/temp-dir.ts';

const write = (cwd: string, policy: string) => writeFileSync(join(cwd, 'policies/trade.yaml'), policy);
const version = async (cwd: string) => jsonOf(await postern(['status', '--json'], { cwd })).policy;
const reason = async ({ port }: Serve, url: string) =>
  JSON.parse((await request(port, url, { headers: { accept: 'application/problem+json' } })).body) as {
    reason?: string;
    rule?: string;
  };

describe('policies that change while it runs', () => {
  test('are in force after a HUP signal', async () => {
    const cwd = freshFolder();
    const serve = await startServe({ cwd });
    const before = await version(cwd);
    expect(await reason(serve, 'http://example.org/')).not.toMatchObject({ rule: 'example' });
    write(cwd, STRICTER_POLICY);
    serve.process.kill('SIGHUP');
    const reloaded = await serve.announced('reloaded');
    expect(reloaded).toEqual({ kind: 'reloaded', changed: true, policy: await version(cwd), warnings: [] });
    expect(reloaded.policy).not.toBe(before);
    expect(await reason(serve, 'http://example.org/')).toMatchObject({ reason: 'rule', rule: 'example' });
  });

  test.each<[string, (cwd: string) => void]>([
    ['written in place', (cwd) => write(cwd, STRICTER_POLICY)],
    [
      'written beside and moved over, as editors do',
      (cwd) =>
        renameSync(
          writeIn(cwd, 'policies/.trade.yaml.swp', STRICTER_POLICY),
          join(cwd, 'policies/trade.yaml'),
        ),
    ],
    [
      'in another folder that takes the place of theirs',
      (cwd) => {
        writeIn(cwd, 'next/trade.yaml', STRICTER_POLICY);
        renameSync(join(cwd, 'policies'), join(cwd, 'last'));
        renameSync(join(cwd, 'next'), join(cwd, 'policies'));
      },
    ],
    [
      'in a new file of a new folder',
      (cwd) => writeIn(cwd, 'policies/more/second.yaml', 'department: second\ntitle: Second\n'),
    ],
  ])('are in force by themselves, %s', async (_name, change) => {
    const cwd = freshFolder();
    const serve = await startServe({ cwd });
    const before = await version(cwd);
    change(cwd);
    expect(await serve.announced('reloaded')).toMatchObject({ changed: true });
    expect(await version(cwd)).not.toBe(before);
  });

  test('are in force after `postern reload`, which tells the new version', async () => {
    const cwd = freshFolder();
    await startServe({ cwd });
    const before = await version(cwd);
    write(cwd, STRICTER_POLICY);
    const result = await postern(['reload', '--json'], { cwd });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(jsonOf(result)).toMatchObject({ ok: true, policy: await version(cwd) });
    expect(jsonOf(result).policy).not.toBe(before);
  });

  test('tell a person that nothing changed when nothing did', async () => {
    const cwd = freshFolder();
    await startServe({ cwd });
    expect(await postern(['reload'], { cwd })).toMatchObject({
      status: 0,
      stdout: `policies read, nothing changed: ${await version(cwd)}\n`,
    });
  });

  test('never change the decision on a request that was asked before', async () => {
    const cwd = freshFolder();
    const serve = await startServe({ cwd });
    await reason(serve, 'http://chat.deepseek.com/');
    write(cwd, STRICTER_POLICY);
    const reload = jsonOf(await postern(['reload', '--json'], { cwd }));
    await reason(serve, 'http://chat.deepseek.com/');
    const [before, after] = serve.log().filter(({ event }) => event === 'decision');
    expect(before?.policy).not.toBe(after?.policy);
    expect(after?.policy).toBe(reload.policy);
  });
});

describe('policies that are broken while it runs', () => {
  test('are told on stderr by file, line and column, and those in force stay', async () => {
    const cwd = freshFolder();
    const child = spawnPostern(['serve', '--listen', '127.0.0.1:0'], { cwd });
    const out = lineReader(child, child.stdout as Readable);
    const err = lineReader(child, child.stderr as Readable);
    await out.next((line) => line.includes('Ctrl+C stops'), err.text);
    const before = await version(cwd);
    write(cwd, BROKEN_POLICY);
    child.kill('SIGHUP');
    await err.next((line) => line.endsWith('the policies were not reloaded; those in force stay'));
    expect(await err.next(() => true)).toBe('policies/trade.yaml:4:1  unknown key `defautl`');
    expect(await err.next(() => true)).toBe('    hint: did you mean `default`?');
    expect(await err.next(() => true)).toBe('1 problem');
    expect(await version(cwd)).toBe(before);
  });

  test('are told to a program, and requests are decided as before', async () => {
    const cwd = freshFolder();
    const serve = await startServe({ cwd });
    const before = await version(cwd);
    write(cwd, BROKEN_POLICY);
    expect(await serve.announced('reload-refused')).toMatchObject({
      problems: [
        { at: 'policies/trade.yaml:4:1', problem: 'unknown key `defautl`', hint: expect.any(String) },
      ],
    });
    expect(await reason(serve, 'http://chat.deepseek.com/')).toMatchObject({ rule: 'deepseek' });
    expect(serve.log()[0]).toMatchObject({ policy: before });
    expect(await version(cwd)).toBe(before);
  });

  test('are told to whoever says `postern reload`, who gets 1', async () => {
    const cwd = freshFolder();
    await startServe({ cwd });
    write(cwd, BROKEN_POLICY);
    expect(await postern(['reload'], { cwd })).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('policies/trade.yaml:4:1  unknown key `defautl`'),
    });
    expect(jsonOf(await postern(['reload', '--json'], { cwd }))).toMatchObject({
      ok: false,
      problems: [{ at: 'policies/trade.yaml:4:1' }],
    });
  });

  test('that are mended are in force again', async () => {
    const cwd = freshFolder();
    const serve = await startServe({ cwd });
    write(cwd, BROKEN_POLICY);
    await serve.announced('reload-refused');
    write(cwd, STRICTER_POLICY);
    expect(await serve.announced('reloaded')).toMatchObject({ changed: true });
  });

  test('for want of a folder leave those in force', async () => {
    const cwd = freshFolder();
    const serve = await startServe({ cwd });
    renameSync(join(cwd, 'policies'), join(cwd, 'moved'));
    serve.process.kill('SIGHUP');
    expect(await serve.announced('reload-refused')).toMatchObject({
      problems: [{ at: join(cwd, 'policies'), problem: expect.stringContaining('ENOENT') }],
    });
    expect(await reason(serve, 'http://chat.deepseek.com/')).toMatchObject({ rule: 'deepseek' });
  });

  test('by an exception that has ended are not taken over: nobody may think it holds', async () => {
    const cwd = freshFolder();
    const serve = await startServe({ cwd });
    write(
      cwd,
      `${TRADE_POLICY}exceptions:
  - id: research
    allow: { domains: [deepseek.com] }
    for: { users: [kim] }
    until: 2024-12-31T18:00:00+09:00
    approvedBy: cio
`,
    );
    expect(await serve.announced('reload-refused')).toMatchObject({
      problems: [{ at: 'policies/trade.yaml:9:5' }],
    });
  });
});
