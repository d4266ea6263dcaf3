import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../../src/config/schema.ts';
import { jsonSchemaOf } from '../../src/policy/language/json-schema.ts';
import { checkerOf, near } from '../support/json-schema.ts';

const SCHEMA = jsonSchemaOf(configSchema, { name: 'test', title: 'Test', description: 'A test.' });
const findings = checkerOf(SCHEMA);
const accepted = (file: unknown): boolean => configSchema.safeParse(file).success;

describe('an editor marks nothing that Postern accepts', () => {
  test.each<[string, readonly string[], (text: string) => object]>([
    ['address', ['127.0.0.1', '::', '2001:DB8::1', 'fe80::1%eth0'], (host) => ({ listen: [{ host }] })],
    [
      'name server',
      ['192.0.2.53', '192.0.2.53:5353', '2001:DB8::53', '[2001:db8::53]:53'],
      (server) => ({ egress: { dns: { servers: [server] } } }),
    ],
    [
      'host with an address',
      ['wiki.example', '한국.', 'WIKI'],
      (host) => ({ egress: { dns: { hosts: { [host]: ['192.0.2.1'] } } } }),
    ],
    ['network', ['10.0.0.0/8', '::1'], (network) => ({ egress: { internalNetworks: [network] } })],
    ['name', ['intranet.example', '*.a.kr', '=b'], (name) => ({ egress: { internalNames: [name] } })],
    ['path', ['/etc/postern', ' '], (path) => ({ policies: path, log: { dir: path } })],
  ])('as a %s', (_kind, samples, file) => {
    let count = 0;
    fc.assert(
      fc.property(near(samples), (text) => {
        if (!accepted(file(text))) return;
        count++;
        expect(findings(file(text))).toEqual([]);
      }),
      { numRuns: 1000 },
    );
    expect(count).toBeGreaterThan(100);
  });

  test('in the examples of the operations page', () => {
    const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
    const files = [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
      ([, text = '']) => parse(text) as unknown,
    );
    const settings = files.filter(accepted);
    expect(settings.length).toBeGreaterThan(2);
    for (const file of settings) expect(findings(file)).toEqual([]);
  });
});

describe('an editor marks what Postern refuses too', () => {
  test.each<[string, object]>([
    ['a misspelt key', { listne: [] }],
    ['a misspelt key inside', { egress: { conectPorts: [443] } }],
    ['nowhere to listen', { listen: [] }],
    ['a name to listen on', { listen: [{ host: 'localhost' }] }],
    ['a port out of range', { listen: [{ port: 70_000 }] }],
    ['no processes', { workers: 0 }],
    ['a limit below its bounds', { limits: { requestHeadMs: 1 } }],
    ['neither a number nor auto', { limits: { connections: 'many' } }],
    ['an unknown word', { log: { fsync: 'sometimes' } }],
    ['a name for a name server', { egress: { dns: { servers: ['dns.example'] } } }],
    ['a host without an address', { egress: { dns: { hosts: { 'a.example': [] } } } }],
  ])('%s', (_what, file) => {
    expect(accepted(file)).toBe(false);
    expect(findings(file)).not.toEqual([]);
  });
});
