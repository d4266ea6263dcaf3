import net from 'node:net';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, test } from 'vitest';
import { buildNetworkIndex } from '../../src/policy/matching/network-index.ts';
import { addressBytes, networkContains, parseNetwork } from '../../src/policy/network.ts';
import { errorOf, network } from './support.ts';

describe('a network', () => {
  test.each([
    ['10.20.0.0/16', '10.20.0.0/16'],
    ['10.20.1.7', '10.20.1.7/32'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['10.20.0.0/016', '10.20.0.0/16'],
    ['2001:DB8:20:0::/48', '2001:db8:20::/48'],
    ['2001:db8::7', '2001:db8::7/128'],
    ['::/0', '::/0'],
    ['::10.20.1.7', '::a14:107/128'], // the deprecated IPv4-compatible form, which no kernel takes for IPv4
    ['::ffff:10.20.1.7', '10.20.1.7/32'], // as a dual-stack socket reports an IPv4 client
  ])('%s is %s', (text, canonical) => {
    expect(network(text).text).toBe(canonical);
  });

  test.each([
    ['10.20.0.1/16', '10.20.0.0/16'],
    ['10.20.0.128/24', '10.20.0.0/24'],
    ['255.255.255.255/0', '0.0.0.0/0'],
    ['2001:db8:20:1::/48', '2001:db8:20::/48'],
  ])('%s sets bits beyond its prefix, and the hint says what may be meant', (text, meant) => {
    expect(errorOf(parseNetwork(text))).toEqual({
      problem: `\`${text}\` has bits set beyond its prefix`,
      hint: `did you mean ${meant}?`,
    });
  });

  test.each([
    ['10.20.0.0/33', 32],
    ['10.20.0.0/', 32],
    ['10.20.0.0/-1', 32],
    ['10.20.0.0/1e1', 32],
    ['10.20.0.0/ 16', 32],
    ['10.20.0.0/255.255.0.0', 32],
    ['2001:db8::/129', 128],
    ['2001:db8::/x', 128],
  ])('%s has no valid prefix length, and the hint gives the bounds', (text, bits) => {
    expect(errorOf(parseNetwork(text))).toEqual({
      problem: `\`${text}\` has no valid prefix length`,
      hint: `it is a number from 0 to ${bits}`,
    });
  });

  test.each([
    '',
    '/16',
    '10.20/16',
    '10.20.0.0/16/8',
    '10.20.0.0-10.20.0.9',
    '10.20.0.*',
    '0x0a.0.0.0/8',
    '010.0.0.0/8',
    '167772160',
    'example.org',
    '[::1]',
    'fe80::1%eth0',
    '::10.20.0.0.0',
    ' 10.0.0.0/8',
  ])('`%s` is no network', (text) => {
    expect(errorOf(parseNetwork(text))).toEqual({
      problem: `\`${text}\` is not a network`,
      hint: 'write an address or CIDR, such as 10.20.0.0/16',
    });
  });

  test.each([
    ['10.20.0.0/16', '10.20.0.0', true],
    ['10.20.0.0/16', '10.20.255.255', true],
    ['10.20.0.0/16', '10.21.0.0', false],
    ['10.20.0.0/15', '10.21.255.255', true],
    ['10.20.0.0/15', '10.22.0.0', false],
    ['10.20.1.7', '10.20.1.7', true],
    ['10.20.1.7', '10.20.1.6', false],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '203.0.113.1', false],
    ['::/0', '2001:db8::1', true],
    ['10.20.0.0/16', '::ffff:10.20.1.7', true],
    ['10.20.0.0/16', '::10.20.1.7', false],
    ['::/96', '::ffff:10.20.1.7', false],
    ['2001:db8:20::/44', '2001:db8:2f::1', true],
    ['2001:db8:20::/44', '2001:db8:30::1', false],
    ['10.20.0.0/16', '10.20.263', false], // 10.20.1.7 to inet_aton, but to no socket
    ['10.20.0.0/16', '10.20.01.7', false],
    ['0.0.0.0/0', '', false],
    ['0.0.0.0/0', 'example.org', false],
  ])('%s, of %s: %s', (text, address, contained) => {
    expect(networkContains(network(text), address)).toBe(contained);
  });
});

describe('the bytes of an address', () => {
  const group = fc.oneof(fc.nat(0xffff), fc.constant(0)).map((value) => value.toString(16));
  const octet = fc.nat(255).map(String);
  const dotted = fc.tuple(octet, octet, octet, octet).map((octets) => octets.join('.'));
  // Mostly right, and wrong in every small way: too many groups, two gaps, IPv4 in the midst, signs and zones.
  const part = fc.oneof(
    { weight: 8, arbitrary: group },
    { weight: 1, arbitrary: dotted },
    { weight: 1, arbitrary: fc.constantFrom('', '12345', 'g', '-1', ' 1', '0x1', '1%lo', '01', 'FFFF') },
  );
  const separator = fc.oneof({ weight: 6, arbitrary: fc.constant(':') }, fc.constant('::'));
  const spelling = fc
    .array(fc.tuple(part, separator), { minLength: 1, maxLength: 10 })
    .chain((parts) =>
      fc.tuple(fc.constant(parts.flat().join('')), fc.boolean(), fc.constantFrom('', '::', ':')),
    )
    .map(([text, isOpen, before]) => before + (isOpen ? text : text.replace(/:+$/, '')));

  // ipaddr.js takes ::1.2.3.4 for ::ffff:1.2.3.4, so it is asked about hexadecimal alone.
  test('are those that a library and the system read, for every spelling', () => {
    fc.assert(
      fc.property(spelling, (text) => {
        fc.pre(text.includes(':'));
        const bytes = addressBytes(text);
        expect(bytes !== undefined, text).toBe(net.isIPv6(text) && !text.includes('%'));
        if (bytes !== undefined && !text.includes('.'))
          expect(bytes, text).toEqual(ipaddr.process(text).toByteArray());
      }),
      { numRuns: 5_000 },
    );
  });

  test('are those it was written from, short, in full, and with IPv4 at its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (array) => {
        const bytes = [...array];
        const groups = ipaddr.fromByteArray(bytes).toNormalizedString().split(':');
        expect(addressBytes(ipaddr.fromByteArray(bytes).toString())).toEqual(bytes);
        expect(addressBytes(groups.join(':').toUpperCase())).toEqual(bytes);
        expect(addressBytes([...groups.slice(0, 6), bytes.slice(12).join('.')].join(':'))).toEqual(bytes);
      }),
    );
  });
});

describe('the index of networks', () => {
  const index = buildNetworkIndex(
    [
      '0.0.0.0/0',
      '10.0.0.0/8',
      '10.20.0.0/16',
      '10.20.40.7',
      '::/0',
      '2001:db8::/32',
      '2001:db8:20::/48',
    ].map((text) => [network(text), text] as const),
  );

  test.each([
    ['203.0.113.1', '0.0.0.0/0'],
    ['10.21.0.1', '10.0.0.0/8'],
    ['10.20.40.8', '10.20.0.0/16'],
    ['10.20.40.7', '10.20.40.7'],
    ['::ffff:10.20.40.7', '10.20.40.7'],
    ['::ffff:a14:2807', '10.20.40.7'],
    ['2001:db9::1', '::/0'],
    ['::10.20.40.7', '::/0'],
    ['2001:db8:21::1', '2001:db8::/32'],
    ['2001:db8:20:ffff::1', '2001:db8:20::/48'],
  ])('%s belongs to the longest prefix that holds it, %s', (address, text) => {
    expect(index.find(address)).toBe(text);
  });

  test.each(['', 'example.org', '10.20.263', 'fe80::1%eth0', '::10.20.40'])(
    '`%s`, no plain address, belongs to nobody',
    (text) => {
      expect(index.find(text)).toBeUndefined();
    },
  );

  test('an IPv4 and an IPv6 network whose bytes begin alike are not one', () => {
    const both = buildNetworkIndex([
      [network('32.1.13.184/32'), 'four'],
      [network('2001:db8::/32'), 'six'],
    ]);
    expect(both.find('32.1.13.184')).toBe('four');
    expect(both.find('2001:db8::1')).toBe('six');
  });

  // Few distinct bytes, so that networks nest and addresses hit them.
  const byte = fc.constantFrom(0, 1, 10, 127, 128, 255);
  const bytes = (length: number) => fc.array(byte, { minLength: length, maxLength: length });
  const addressOf = (parts: readonly number[]): string =>
    parts.length === 4
      ? parts.join('.')
      : Array.from({ length: 8 }, (_, i) =>
          ((parts[i * 2] ?? 0) * 256 + (parts[i * 2 + 1] ?? 0)).toString(16),
        ).join(':');
  const bit = (parts: readonly number[], index: number): number =>
    ((parts[index >> 3] ?? 0) >> (7 - (index % 8))) & 1;
  const anyAddress = fc.oneof(bytes(4), bytes(16));
  const anyNetwork = anyAddress.chain((parts) =>
    fc.nat(parts.length * 8).map((prefix) => ({
      prefix,
      parts: parts.map((value, at) => value & ~(0xff >> Math.min(8, Math.max(0, prefix - at * 8))) & 0xff),
    })),
  );

  test('it finds what a scan bit by bit for the longest containing prefix finds', () => {
    fc.assert(
      fc.property(
        fc.array(anyNetwork, { maxLength: 30 }),
        fc.array(anyAddress, { minLength: 1 }),
        (networks, addresses) => {
          const unique = [
            ...new Map(networks.map((entry) => [`${addressOf(entry.parts)}/${entry.prefix}`, entry])),
          ];
          const built = buildNetworkIndex(unique.map(([text]) => [network(text), text] as const));
          for (const address of addresses) {
            const longest = unique
              .filter(
                ([, { parts, prefix }]) =>
                  parts.length === address.length &&
                  Array.from({ length: prefix }, (_, i) => i).every((i) => bit(parts, i) === bit(address, i)),
              )
              .toSorted(([, a], [, b]) => b.prefix - a.prefix)[0];
            expect(built.find(addressOf(address))).toBe(longest?.[0]);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
