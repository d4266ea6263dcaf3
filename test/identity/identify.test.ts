import { describe, expect, test } from 'vitest';
import { identify } from '../../src/identity/identify.ts';
import { compile } from '../../src/policy/compile.ts';
import { parsePolicies } from '../../src/policy/parse.ts';
import type { PolicySet } from '../../src/policy/policy.ts';

/** Departments by the networks they claim. */
function policiesOf(departments: Readonly<Record<string, readonly string[]>>): PolicySet {
  const files = Object.entries(departments).map(([id, networks]) => ({
    name: `policies/${id}.yaml`,
    text: `department: ${id}\ntitle: ${id}\nmembers: { networks: ${JSON.stringify(networks)} }\n`,
  }));
  const parsed = parsePolicies(files);
  const compiled = parsed.ok ? compile(parsed.value) : parsed;
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return compiled.value;
}

const POLICIES = policiesOf({
  trade: ['10.20.0.0/16', '2001:db8:20::/48'],
  research: ['10.20.40.0/24', '2001:db8:20:40::/64'],
  director: ['10.20.40.7'],
  defense: ['10.30.0.0/16'],
  nowhere: [],
});

const departmentOf = (client: string) => identify({ client }, POLICIES).department;

describe('who is asking, by the client’s address', () => {
  test.each([
    ['the network that the address lies in', '10.20.1.7', 'trade'],
    ['its first address', '10.20.0.0', 'trade'],
    ['its last address', '10.20.255.255', 'trade'],
    ['of nested networks the narrower', '10.20.40.8', 'research'],
    ['a single address within both', '10.20.40.7', 'director'],
    ['beside the narrower, the wider again', '10.20.41.0', 'trade'],
    ['another department', '10.30.0.1', 'defense'],
    ['IPv6', '2001:db8:20::7', 'trade'],
    ['IPv6, nested', '2001:db8:20:40::7', 'research'],
    ['IPv6 in another spelling', '2001:0DB8:0020:0040:0:0:0:7', 'research'],
    ['IPv4 as a dual-stack socket reports it', '::ffff:10.20.40.8', 'research'],
  ])('%s', (_name, client, department) => {
    expect(departmentOf(client)).toBe(department);
  });

  test.each([
    ['just below the network', '10.19.255.255'],
    ['just above it', '10.21.0.0'],
    ['elsewhere', '192.0.2.1'],
    ['IPv6 elsewhere', '2001:db8:21::1'],
    ['IPv6 that only ends like the network (the deprecated form of RFC 4291, 2.5.5.1)', '::10.20.1.7'],
    ['loopback, which nobody claims here', '127.0.0.1'],
    ['no address at all, as of a socket that is gone', ''],
    ['an address with a zone', 'fe80::1%eth0'],
    ['an IPv4 address in a spelling that no socket reports', '10.20.263'],
  ])('is nobody’s: %s', (_name, client) => {
    expect(departmentOf(client)).toBeUndefined();
  });

  test('an IPv4 network for everybody takes no IPv6 client, and the other way round', () => {
    const everybody = policiesOf({ four: ['0.0.0.0/0'], six: ['::/0'] });
    expect(identify({ client: '203.0.113.1' }, everybody).department).toBe('four');
    expect(identify({ client: '2001:db8::1' }, everybody).department).toBe('six');
  });

  test('a department without networks is nobody’s', () => {
    const policies = policiesOf({ nowhere: [] });
    expect(identify({ client: '10.0.0.1' }, policies).department).toBeUndefined();
  });
});
