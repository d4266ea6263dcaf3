import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonOf, postern, ROOT } from '../support/cli.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

const POLICY = `department: trade
title: Trade
members: { networks: [10.20.0.0/16] }
default: allow
rules:
  - id: deepseek
    block: { domains: [deepseek.com] }
exceptions:
  - id: research
    allow: { domains: [deepseek.com] }
    for: { users: [kim] }
    until: 2099-12-31T18:00:00+09:00
    approvedBy: cio
tests:
  - { request: "https://chat.deepseek.com/", expect: block, rule: deepseek }
  - { request: "https://chat.deepseek.com/", user: kim, expect: forward }
`;

const good = () => folderWith({ 'policies/trade.yaml': POLICY });
const brokenAt = (folder: string) => {
  writeIn(folder, 'policies/trade.yaml', POLICY.replace('default: allow', 'defautl: allow'));
  return folder;
};
const run = (cwd: string, ...args: readonly string[]) => postern(['check', ...args], { cwd });

describe('good policies', () => {
  test('end with 0 and are counted', async () => {
    expect(await run(good())).toMatchObject({
      status: 0,
      stdout: 'good: 1 department, 1 rule, 1 exception; 2 tests passed\n',
      stderr: '',
    });
  });

  test('are one object with --json', async () => {
    const result = await run(good(), '--json');
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(jsonOf(result)).toEqual({
      ok: true,
      policy: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      departments: 1,
      rules: 1,
      exceptions: 1,
      tests: 2,
    });
  });

  test('are found by argument, flag, variable and file', async () => {
    const cwd = folderWith({ 'candidate/trade.yaml': POLICY, 'mine.yaml': 'policies: ./candidate' });
    const runs = await Promise.all([
      run(cwd, 'candidate'),
      run(cwd, '--policies', 'candidate'),
      postern(['check'], { cwd, env: { POSTERN_POLICIES: 'candidate' } }),
      run(cwd, '--config', 'mine.yaml'),
    ]);
    expect(runs.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
  });

  test('that Postern ships are good', async () => {
    expect(await run(folderWith(), join(ROOT, 'policies'))).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('problems', () => {
  test('end with 1, each with its place, what is wrong and a hint, on stderr', async () => {
    expect(await run(brokenAt(good()))).toMatchObject({
      status: 1,
      stdout: '',
      stderr:
        'policies/trade.yaml:4:1  unknown key `defautl`\n    hint: did you mean `default`?\n1 problem\n',
    });
  });

  test('are one object on stdout with --json', async () => {
    const result = await run(brokenAt(good()), '--json');
    expect(result).toMatchObject({ status: 1, stderr: '' });
    expect(jsonOf(result)).toEqual({
      ok: false,
      problems: [
        {
          at: 'policies/trade.yaml:4:1',
          problem: 'unknown key `defautl`',
          hint: 'did you mean `default`?',
        },
      ],
    });
  });

  test('of all files are told at once', async () => {
    const cwd = folderWith({
      'policies/a.yaml': 'department: a\ntitle: A\nrulse: []\n',
      'policies/b.yaml': 'department: b\ntitle: B\nmode: off\n',
    });
    const { status, stderr } = await run(cwd);
    expect(status).toBe(1);
    expect(stderr).toContain('policies/a.yaml:3:1');
    expect(stderr).toContain('policies/b.yaml:3:7');
    expect(stderr).toMatch(/^2 problems$/m);
  });

  test('are told when a test of a policy does not hold, with the command that explains it', async () => {
    const cwd = folderWith({ 'policies/trade.yaml': POLICY.replace('expect: forward', 'expect: block') });
    const { status, stderr } = await run(cwd);
    expect(status).toBe(1);
    expect(stderr).toContain('policies/trade.yaml:16:5');
    expect(stderr).toContain('expected block, but it is forward by the exception `research`');
    expect(stderr).toContain('postern explain https://chat.deepseek.com/ --department trade');
  });

  test('are told when an exception has ended', async () => {
    const cwd = folderWith({
      'policies/trade.yaml': POLICY.replace('2099-', '2024-').replace(/tests:[\s\S]*/, ''),
    });
    expect(await run(cwd)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the exception `research` ended at 2024-12-31T09:00:00.000Z'),
    });
  });

  test('of the configuration come first: which policies are meant depends on it', async () => {
    const cwd = brokenAt(good());
    writeIn(cwd, 'postern.yaml', 'worker: 1\n');
    const { status, stderr } = await run(cwd);
    expect(status).toBe(1);
    expect(stderr).toBe(
      `${join(cwd, 'postern.yaml')}:1:1  unknown key \`worker\`\n    hint: did you mean \`workers\`?\n1 problem\n`,
    );
  });

  test('of a variable name the variable', async () => {
    const result = await postern(['check'], { cwd: good(), env: { POSTERN_WORKER: '1' } });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('POSTERN_WORKER  no setting has this variable');
    expect(result.stderr).toContain('did you mean POSTERN_WORKERS?');
  });

  test.each([
    ['a folder that is not there', 'nowhere', 'the policies cannot be read'],
    ['a folder without a department', 'empty', 'there is no department'],
  ])('are told for %s', async (_name, dir, problem) => {
    const cwd = folderWith({ 'empty/README': '' });
    expect(await run(cwd, dir)).toMatchObject({ status: 1, stderr: expect.stringContaining(problem) });
  });
});
