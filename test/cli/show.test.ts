import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/policy/decide.ts';
import { type Facts, factsOfUrl } from '../../src/policy/facts.ts';
import { countPolicyTests, factsOfTest, runPolicyTests } from '../../src/policy/policy-tests.ts';
import { parseRequestUrl } from '../../src/policy/request-url.ts';
import { type CompiledFolder, compileFolder } from '../../src/policy-store/load.ts';
import { describeDecision, NOW, unwrap } from '../policy/support.ts';
import { postern, ROOT } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';

const POLICIES = join(ROOT, 'policies');
const show = (...args: readonly string[]) => postern(['show', ...args], { cwd: '/' });

/**
 * Requests of a department: those of all departments' tests, some of whom its exceptions are for, and two to each
 * service of the catalog.
 */
function requestsTo({ policies, parsed }: CompiledFolder, id: string): readonly Facts[] {
  const department = policies.departments.get(id);
  if (department === undefined) throw new Error(`there is no ${id}`);
  const tested = [...policies.departments.values()].flatMap((of) =>
    of.tests.map((each) => factsOfTest(each, of, NOW)),
  );
  const services = parsed.catalogs.flatMap(({ value }) => value.services);
  const hosts = services.flatMap(({ domains }) =>
    domains.map((domain) => (domain.kind === 'any-suffix' ? `${domain.name}.com` : domain.host)),
  );
  const client = department.members.networks[0]?.text.replace(/\/\d+$/, '') ?? '';
  const who = { time: NOW, department: id, client };
  return [
    ...tested.map((facts) => ({ ...facts, department: id })),
    ...hosts.map((host) => factsOfUrl(unwrap(parseRequestUrl(`https://${host}/`)), who)),
    ...hosts.map((host) => factsOfUrl(unwrap(parseRequestUrl(`https://www.${host}:8443/`)), who)),
  ];
}

describe('`postern show`', () => {
  test('prints a department with what it inherits, and says where each rule stands', async () => {
    const { status, stdout } = await show('trade-ministry', '--policies', POLICIES);
    expect(status).toBe(0);
    expect(stdout).toContain('department: trade-ministry\n');
    expect(stdout).toMatch(/ {2}# policies\/baseline\.yaml:\d+\n {2}- id: tunnels\n/);
    expect(stdout).not.toContain('extends');
  });

  test.each(['trade-ministry', 'defense-ministry', 'situation-room'])(
    'what it prints of %s is a policy that does the same, beside the same catalog and lists',
    async (id) => {
      const { stdout } = await show(id, '--policies', POLICIES);
      const folder = folderWith({ [`${id}.yaml`]: stdout });
      for (const part of ['catalog', 'lists'])
        cpSync(join(POLICIES, part), join(folder, part), { recursive: true });
      const shipped = unwrap(await compileFolder(POLICIES));
      const printed = unwrap(await compileFolder(folder));

      expect(runPolicyTests(printed.policies, NOW)).toEqual([]);
      expect(countPolicyTests(printed.policies)).toBeGreaterThan(10);
      const requests = requestsTo(shipped, id);
      const decisionsBy = ({ policies }: CompiledFolder) =>
        requests.map(
          (facts) => `${facts.client} ${facts.host}: ${describeDecision(decide(facts, policies))}`,
        );
      expect(decisionsBy(printed)).toEqual(decisionsBy(shipped));
      expect(new Set(requests.map((facts) => decide(facts, shipped.policies).action)).size).toBe(2);
    },
  );

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
