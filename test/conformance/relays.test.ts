import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/policy/decide.ts';
import { factsOfUrl } from '../../src/policy/facts.ts';
import { parseRequestUrl } from '../../src/policy/request-url.ts';
import { loadPolicies } from '../../src/policy-store/load.ts';
import { postern, ROOT } from '../support/cli.ts';
import { folderWith } from '../support/temp-dir.ts';

const V2FLY = join(ROOT, '../shared/data/v2fly');

describe.skipIf(!existsSync(V2FLY))('the lists of v2fly (skipped where they are absent)', () => {
  // Covers: EV-15
  test.for(['category-vpnservices', 'category-doh', 'category-proxy-tunnels'])(
    'every name of %s, imported and blocked as a category, is blocked',
    async (name) => {
      const policies = folderWith();
      const imported = await postern(
        [
          'list',
          'import',
          join(V2FLY, name),
          '--format',
          'v2fly',
          '--name',
          'relays',
          '--policies',
          policies,
        ],
        { cwd: policies },
      );
      expect(imported).toMatchObject({ status: 0 });
      writeFileSync(
        join(policies, 'office.yaml'),
        'department: office\ntitle: Office\nmembers: { networks: [127.0.0.1] }\ndefault: allow\n' +
          'rules: [{ id: relays, block: { categories: [relays] } }]\n',
      );
      const loaded = await loadPolicies(policies, Date.now());
      if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
      const names = readFileSync(join(policies, 'lists', 'relays.txt'), 'utf8')
        .split('\n')
        .filter((line) => /^[=a-z0-9]/.test(line))
        .map((line) => line.replace(/^=/, ''));
      expect(names.length).toBeGreaterThan(5);
      for (const host of names) {
        const url = parseRequestUrl(`https://${host}/`);
        if (!url.ok) throw new Error(host);
        const facts = factsOfUrl(url.value, { time: Date.now(), department: 'office', client: '127.0.0.1' });
        expect([host, decide(facts, loaded.value).action]).toEqual([host, 'block']);
      }
    },
  );
});
