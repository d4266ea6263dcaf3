import { chmodSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonOf, postern } from '../support/cli.ts';
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
    for: { networks: [10.20.40.0/24] }
    until: 2099-12-31T18:00:00+09:00
    approvedBy: cio
tests:
  - { request: "https://chat.deepseek.com/", expect: block, rule: deepseek }
  - { request: "https://chat.deepseek.com/", client: 10.20.40.7, at: 2027-01-04T09:00:00+09:00, expect: forward }
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
      warnings: [],
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

  test('are told when the configuration sends a department by a parent proxy that no policy has', async () => {
    const folder = good();
    writeIn(folder, 'postern.yaml', 'egress: { upstream: [{ departments: [trad], proxies: [direct] }] }');
    const { status, stderr } = await run(folder);
    expect(status).toBe(1);
    expect(stderr).toContain('postern.yaml:1:38  there is no department `trad`\n');
    expect(stderr).toContain('hint: the policies have: trade\n');
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

const WARNED = POLICY.replace('[deepseek.com] }\n', '[deepseek.com, api.deepseek.com] } # both\n');
const warned = () => folderWith({ 'policies/trade.yaml': WARNED });
const WARNING = {
  code: 'listed-below-parent',
  at: 'policies/trade.yaml:7:38',
  problem: '`api.deepseek.com` changes nothing: `deepseek.com` in the same list covers it',
  hint: 'remove it, or have `postern check --fix` do so',
  fixable: true,
};

describe('warnings', () => {
  test('are told on stderr, each with its code, and counted; they end with 0', async () => {
    expect(await run(warned())).toMatchObject({
      status: 0,
      stdout: 'good: 1 department, 1 rule, 1 exception; 2 tests passed, 1 warning\n',
      stderr: `${WARNING.at}  ${WARNING.problem}  [${WARNING.code}]\n    hint: ${WARNING.hint}\n`,
    });
  });

  test('end with 1 with --strict; without any it makes no difference', async () => {
    expect(await run(warned(), '--strict')).toMatchObject({
      status: 1,
      stdout:
        'not good: 1 department, 1 rule, 1 exception; 2 tests passed, 1 warning, and --strict lets none pass\n',
    });
    expect(await run(good(), '--strict')).toMatchObject({ status: 0, stderr: '' });
  });

  test('stand beside the summary with --json, and with --strict it says that this is not good', async () => {
    const result = await run(warned(), '--json');
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(jsonOf(result)).toMatchObject({ ok: true, departments: 1, tests: 2, warnings: [WARNING] });
    const strict = await run(warned(), '--json', '--strict');
    expect(strict.status).toBe(1);
    expect(jsonOf(strict)).toMatchObject({ ok: false, departments: 1, warnings: [WARNING] });
  });

  test('are told beside problems, as far as there are policies to lint', async () => {
    const text = WARNED.replace('expect: block,', 'expect: forward,');
    const { status, stderr } = await run(folderWith({ 'policies/trade.yaml': text }));
    expect(status).toBe(1);
    expect(stderr).toContain('[listed-below-parent]');
    expect(stderr).toMatch(/^1 problem$/m);
  });

  test('are silenced by a comment', async () => {
    const text = WARNED.replace('# both', '# lint-ok: listed-below-parent');
    expect(await run(folderWith({ 'policies/trade.yaml': text }))).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('--fix', () => {
  test('removes what changes nothing, keeps the rest and the mode of the file, and says what it did', async () => {
    const cwd = warned();
    const path = join(cwd, 'policies/trade.yaml');
    chmodSync(path, 0o640);
    expect(await run(cwd, '--fix')).toMatchObject({
      status: 0,
      stdout: `policies/trade.yaml:7 removed api.deepseek.com: deepseek.com covers it
good: 1 department, 1 rule, 1 exception; 2 tests passed
`,
      stderr: '',
    });
    expect(readFileSync(path, 'utf8')).toBe(
      POLICY.replace('[deepseek.com] }\n', '[deepseek.com] } # both\n'),
    );
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(join(cwd, 'policies'))).toEqual(['trade.yaml']);
  });

  test('keeps a byte order mark, CRLF, and a link to the file', async () => {
    const crlf = (text: string) => `\ufeff${text.replaceAll('\n', '\r\n')}`;
    const cwd = folderWith({ 'policies/.data/real.yaml': crlf(WARNED) });
    symlinkSync('.data/real.yaml', join(cwd, 'policies/trade.yaml'));
    expect(jsonOf(await run(cwd, '--fix', '--json'))).toMatchObject({
      ok: true,
      warnings: [],
      fixed: [{ at: WARNING.at, change: 'removed api.deepseek.com: deepseek.com covers it' }],
    });
    expect(readFileSync(join(cwd, 'policies/.data/real.yaml'), 'utf8')).toBe(
      crlf(POLICY.replace('[deepseek.com] }\n', '[deepseek.com] } # both\n')),
    );
  });

  test('writes nothing when there is nothing to fix', async () => {
    const cwd = good();
    const { ino } = statSync(join(cwd, 'policies/trade.yaml'));
    expect(await run(cwd, '--fix')).toMatchObject({ status: 0, stderr: '' });
    expect(statSync(join(cwd, 'policies/trade.yaml')).ino).toBe(ino);
  });

  test.each([
    ['the policies are broken', WARNED.replace('expect: block,', 'expect: forward,')],
    [
      'a test would fail then',
      WARNED.replace(
        'exceptions:',
        '  - id: all\n    block: { domains: ["*.deepseek.com"] }\nexceptions:',
      ).replace('https://chat.', 'https://api.'),
    ],
  ])('writes nothing when %s, and ends with 1', async (_why, text) => {
    const cwd = folderWith({ 'policies/trade.yaml': text });
    const { status, stdout, stderr } = await run(cwd, '--fix');
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toContain('expected');
    expect(readFileSync(join(cwd, 'policies/trade.yaml'), 'utf8')).toBe(text);
  });
});

describe('--format', () => {
  test('github marks the lines by workflow commands, with files as the working directory sees them', async () => {
    const cwd = folderWith({ 'deploy/policies/trade.yaml': WARNED });
    expect(await run(cwd, 'deploy/policies', '--format', 'github')).toMatchObject({
      status: 0,
      stdout:
        '::warning file=deploy/policies/trade.yaml,line=7,col=38,title=listed-below-parent::`api.deepseek.com` changes nothing: `deepseek.com` in the same list covers it%0Ahint: remove it, or have `postern check --fix` do so\n',
      stderr: '',
    });
    expect(await run(brokenAt(good()), '--format', 'github')).toMatchObject({
      status: 1,
      stdout:
        '::error file=policies/trade.yaml,line=4,col=1,title=policy-error::unknown key `defautl`%0Ahint: did you mean `default`?\n',
    });
  });

  test('sarif prints one log, with problems as errors', async () => {
    const result = await run(brokenAt(good()), '--format', 'sarif');
    expect(result).toMatchObject({ status: 1, stderr: '' });
    expect(jsonOf(result)).toMatchObject({
      version: '2.1.0',
      runs: [
        { tool: { driver: { name: 'postern' } }, results: [{ ruleId: 'policy-error', level: 'error' }] },
      ],
    });
  });

  test('of another name, or beside --json, is a mistake in use', async () => {
    expect(await run(good(), '--format', 'xml')).toMatchObject({ status: 2, stdout: '' });
    expect(await run(good(), '--format', 'sarif', '--json')).toMatchObject({ status: 2, stdout: '' });
  });
});
