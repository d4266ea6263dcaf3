import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { outcomeOf, postern, ROOT, spawnClean } from '../support/cli.ts';
import { BROKEN_POLICY, freshFolder } from '../support/serve.ts';

const ESCAPE = '\u001b';
const BLOCKED = ['explain', 'https://chat.deepseek.com/'];

/** `script` gives a command a terminal (util-linux). */
const hasTerminal = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux');

function onTerminal(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const command = [process.execPath, `${ROOT}src/main.ts`, ...args].map((word) => `'${word}'`).join(' ');
  const setup = { cwd: freshFolder(), env: { TERM: 'xterm', ...env } };
  return outcomeOf(spawnClean('script', ['--quiet', '--return', '--command', command, '/dev/null'], setup));
}

describe('where no terminal is, there are no colours', () => {
  test.each<[string, Record<string, string>]>([
    ['in a plain pipe', {}],
    ['in a pipeline of a build server', { CI: 'true' }],
    ['with NO_COLOR', { NO_COLOR: '1' }],
    ['though the terminal of the other end has them', { TERM: 'xterm-256color', COLORTERM: 'truecolor' }],
  ])('%s', async (_name, env) => {
    const decided = await postern(BLOCKED, { cwd: freshFolder(), env });
    expect(decided).toMatchObject({ status: 3, stderr: '' });
    expect(decided.stdout).not.toContain(ESCAPE);
    const problems = await postern(['check'], { cwd: freshFolder(BROKEN_POLICY), env });
    expect(problems).toMatchObject({ status: 1, stdout: '' });
    expect(problems.stderr).not.toContain(ESCAPE);
  });
});

describe.skipIf(!hasTerminal)('on a terminal (skipped where there is no `script` of util-linux)', () => {
  test('there are colours', async () => {
    const { status, stdout } = await onTerminal(BLOCKED);
    expect(status).toBe(3);
    expect(stdout).toContain(`${ESCAPE}[31m`);
  });

  test.each<[string, Record<string, string>]>([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['a terminal that has none', { TERM: 'dumb' }],
  ])('there are none with %s', async (_name, env) => {
    const { stdout } = await onTerminal(BLOCKED, env);
    expect(stdout).toContain('block by the rule deepseek');
    expect(stdout).not.toContain(ESCAPE);
  });

  test('--json has none', async () => {
    const { stdout } = await onTerminal([...BLOCKED, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ action: 'block' });
  });
});
