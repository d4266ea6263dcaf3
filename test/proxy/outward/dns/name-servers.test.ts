import { networkInterfaces } from 'node:os';
import { expect, test } from 'vitest';
import { specialRange } from '../../../../src/policy/address.ts';
import { fail, succeed } from '../../../../src/policy/result.ts';
import { nameServerLookup } from '../../../../src/proxy/outward/dns/name-servers.ts';
import { host } from '../../../policy/support.ts';
import {
  type DnsRecord,
  type DnsReply,
  type Question,
  startNameServer,
} from '../../../support/name-server.ts';

const A = host('a.example');
const DEADLINE_MS = 5_000;

async function lookupWith(
  reply: (question: Question) => DnsReply | Promise<DnsReply>,
  deadlineMs = DEADLINE_MS,
) {
  const server = await startNameServer(reply);
  return { server, lookup: nameServerLookup([server.address], deadlineMs) };
}

const FOUR = { address: '192.0.2.1', ttl: 60 };
const SIX = { address: '2001:db8::1', ttl: 30 };

/** IPv6 comes first where this machine has a global address of its own. */
const hasIpv6 = Object.values(networkInterfaces()).some((entries) =>
  entries?.some(({ family, address }) => family === 'IPv6' && specialRange(address) === undefined),
);
const inOrder = (ipv4: string, ipv6: string): string[] => (hasIpv6 ? [ipv6, ipv4] : [ipv4, ipv6]);

test('both families are asked for at once, and the shorter time holds', async () => {
  const { server, lookup } = await lookupWith(() => ({ records: [FOUR, SIX] }));
  expect(await lookup(A)).toEqual({ addresses: succeed(inOrder('192.0.2.1', '2001:db8::1')), ttlMs: 30_000 });
  expect(server.asked.map(({ type }) => type).toSorted()).toEqual(['A', 'AAAA']);
});

test.each([
  ['IPv4', [FOUR], ['192.0.2.1'], 60_000],
  ['IPv6', [SIX], ['2001:db8::1'], 30_000],
])('a name with %s alone leads there, for as long as that says', async (_name, records, addresses, ttlMs) => {
  const { lookup } = await lookupWith(() => ({ records }));
  expect(await lookup(A)).toEqual({ addresses: succeed(addresses), ttlMs });
});

test('along a chain of aliases the shortest time holds', async () => {
  const chain: DnsRecord[] = [
    { alias: 'b.example', ttl: 300 },
    { name: 'b.example', alias: 'c.example', ttl: 7 },
    { name: 'c.example', address: '192.0.2.1', ttl: 600 },
  ];
  const { lookup } = await lookupWith(({ type }) => (type === 'A' ? { records: chain } : { records: [] }));
  expect(await lookup(A)).toEqual({ addresses: succeed(['192.0.2.1']), ttlMs: 7_000 });
});

// Covers: RFC 2308 section 5
test.each([
  ['does not exist', { rcode: 'NXDOMAIN' }],
  ['has no addresses', { records: [] }],
] as const)('that a name %s is believed for a while', async (_name, reply) => {
  const { lookup } = await lookupWith(() => reply);
  expect(await lookup(A)).toEqual({ addresses: fail('dns_error'), ttlMs: 10_000 });
});

// Covers: RFC 9520
test.each([
  ['fails', { rcode: 'SERVFAIL' }, 'dns_error'],
  ['refuses', { rcode: 'REFUSED' }, 'dns_error'],
  ['does not know how', { rcode: 'NOTIMP' }, 'dns_error'],
  ['does not understand', { rcode: 'FORMERR' }, 'dns_error'],
  ['is silent', 'silence', 'dns_timeout'],
  ['sends nothing that is DNS', { bytes: Buffer.from('HTTP/1.1 200 OK\r\n\r\n') }, undefined],
  ['sends an empty datagram', { bytes: Buffer.alloc(0) }, undefined],
] as const)('a server that %s is asked again soon, and ends nothing', async (_name, reply, error) => {
  const { lookup } = await lookupWith(() => reply, 600);
  const answer = await lookup(A);
  expect(answer.ttlMs).toBe(1_000);
  expect(answer.addresses.ok).toBe(false);
  if (error !== undefined) expect(answer.addresses).toEqual(fail(error));
});

test('a server that cannot be reached is a failure, and not waited for', async () => {
  expect(await nameServerLookup(['127.0.0.1:1'], 60_000)(A)).toEqual({
    addresses: fail('dns_error'),
    ttlMs: 1_000,
  });
});

test('an answer that is too long for UDP is fetched over TCP', async () => {
  const { server, lookup } = await lookupWith(() => ({ truncated: [FOUR] }));
  expect((await lookup(A)).addresses).toEqual(succeed(['192.0.2.1']));
  expect(server.asked.some(({ over }) => over === 'tcp')).toBe(true);
});

test('of thousands of addresses some are taken', async () => {
  const records = Array.from({ length: 2_000 }, (_, index) => ({
    address: `198.51.${index >> 8}.${index & 0xff}`,
    ttl: 60,
  }));
  const { lookup } = await lookupWith(() => ({ truncated: records }));
  const { addresses } = await lookup(A);
  expect(addresses.ok && addresses.value.length).toBe(16);
});

// Covers: RFC 8305 section 3
test('IPv4 addresses do not wait for a server that drops the question for IPv6, but serve for a second only', async () => {
  const { lookup } = await lookupWith(({ type }) => (type === 'A' ? { records: [FOUR] } : 'silence'), 60_000);
  expect(await lookup(A)).toEqual({ addresses: succeed(['192.0.2.1']), ttlMs: 1_000 });
});

test('IPv6 addresses that are there first wait for those of IPv4: few gateways can do without', async () => {
  let answered = (): void => {};
  const ipv6IsIn = new Promise<void>((resolve) => {
    answered = resolve;
  });
  const { lookup } = await lookupWith(async ({ type }) => {
    if (type === 'AAAA') setImmediate(answered);
    else await ipv6IsIn;
    return { records: [FOUR, SIX] };
  });
  expect((await lookup(A)).addresses).toEqual(succeed(inOrder('192.0.2.1', '2001:db8::1')));
});

test.each(['A', 'AAAA'])(
  'when the question for %s fails the other half serves for a second only',
  async (type) => {
    const { lookup } = await lookupWith((question) =>
      question.type === type ? { rcode: 'SERVFAIL' } : { records: [FOUR, SIX] },
    );
    expect(await lookup(A)).toEqual({
      addresses: succeed([type === 'A' ? '2001:db8::1' : '192.0.2.1']),
      ttlMs: 1_000,
    });
  },
);

test('a name without a dot is asked for as it stands', async () => {
  const { server, lookup } = await lookupWith(() => ({ rcode: 'NXDOMAIN' }));
  await lookup(host('intranet'));
  expect(new Set(server.asked.map(({ name }) => name))).toEqual(new Set(['intranet']));
});
