import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { postern, ROOT } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';

const POLICIES = join(ROOT, 'policies');
const show = (...args: readonly string[]) => postern(['show', ...args], { cwd: '/' });

describe('`postern show`', () => {
  test('prints a department with what it inherits, and says where each rule stands', async () => {
    const { status, stdout } = await show('trade-ministry', '--policies', POLICIES);
    expect(status).toBe(0);
    expect(stdout).toContain('department: trade-ministry\n');
    expect(stdout).toMatch(/ {2}# policies\/baseline\.yaml:\d+\n {2}- id: tunnels\n/);
    expect(stdout).not.toContain('extends');
  });

  test('what it prints is a policy that does the same', async () => {
    const { stdout } = await show('situation-room', '--policies', POLICIES);
    const copy = folderWith({ 'situation-room.yaml': stdout });
    // Without the catalog its services are unknown, so they alone are told.
    const checked = await postern(['check', copy, '--json'], { cwd: '/' });
    const { problems } = JSON.parse(checked.stdout) as { problems: { problem: string }[] };
    for (const { problem } of problems)
      expect(problem).toMatch(/^(?:no service of the catalog|there is no list)/);
    expect(problems.length).toBeGreaterThan(0);
  });

  test('without a name lists the departments', async () => {
    const { status, stdout } = await show('--policies', POLICIES);
    expect(status).toBe(0);
    for (const id of ['trade-ministry', 'defense-ministry', 'situation-room']) expect(stdout).toContain(id);
    const listed = JSON.parse((await show('--policies', POLICIES, '--json')).stdout) as {
      departments: object[];
    };
    expect(listed.departments).toHaveLength(3);
  });

  test('a name that there is not gets the nearest', async () => {
    const { status, stderr } = await show('trade-minstry', '--policies', POLICIES);
    expect(status).toBe(2);
    expect(stderr).toContain('did you mean trade-ministry?');
  });
});
