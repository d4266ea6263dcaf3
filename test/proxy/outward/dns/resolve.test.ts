import { expect, test } from 'vitest';
import { fail, succeed } from '../../../../src/policy/result.ts';
import { createResolve } from '../../../../src/proxy/outward/dns/resolve.ts';
import { host } from '../../../policy/support.ts';
import { startNameServer } from '../../../support/name-server.ts';

const NO_HOSTS = new Map<string, readonly string[]>();

test('an address is itself, and no server is asked', async () => {
  const server = await startNameServer(() => ({ rcode: 'NXDOMAIN' }));
  const resolve = createResolve({ servers: [server.address], hosts: NO_HOSTS }, 1_000);
  expect(await resolve(host('192.0.2.7'))).toEqual(succeed(['192.0.2.7']));
  expect(await resolve(host('[2001:db8::7]'))).toEqual(succeed(['2001:db8::7']));
  expect(server.asked).toEqual([]);
});

test('a name with fixed addresses leads there, and no server is asked', async () => {
  const server = await startNameServer(() => ({ rcode: 'NXDOMAIN' }));
  const hosts = new Map([['wiki.example', ['10.1.2.3']]]);
  const resolve = createResolve({ servers: [server.address], hosts }, 1_000);
  expect(await resolve(host('WIKI.example.'))).toEqual(succeed(['10.1.2.3']));
  expect(server.asked).toEqual([]);
});

test('a name is asked for once while its answer holds, however many ask', async () => {
  const server = await startNameServer(() => ({ records: [{ address: '192.0.2.1', ttl: 60 }] }));
  const resolve = createResolve({ servers: [server.address], hosts: NO_HOSTS }, 5_000);
  const name = host('a.example');
  await Promise.all(Array.from({ length: 50 }, () => resolve(name)));
  expect(await resolve(name)).toEqual(succeed(['192.0.2.1']));
  expect(server.asked.map(({ type }) => type).toSorted()).toEqual(['A', 'AAAA']);
});

test('a server that never answers is a time-out within the deadline', async () => {
  const server = await startNameServer(() => 'silence');
  const resolve = createResolve({ servers: [server.address], hosts: NO_HOSTS }, 200);
  expect(await resolve(host('a.example'))).toEqual(fail('dns_timeout'));
});

test('without name servers the hosts file of the machine goes first, and then its resolver', async () => {
  const resolve = createResolve({ servers: [], hosts: NO_HOSTS }, 5_000);
  const found = await resolve(host('localhost'));
  expect(found.ok && found.value).toContain('127.0.0.1');
});
