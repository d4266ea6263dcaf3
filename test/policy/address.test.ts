import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { specialRange } from '../../src/policy/address.ts';
import { addressLiteral, parseHost } from '../../src/policy/host.ts';
import { host } from './support.ts';

// The registries: https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry.
describe('an IPv4 address is special', () => {
  // Covers: EV-11
  test.each([
    ['this network, whose 0.0.0.0 a kernel takes for itself', ['0.0.0.0', '0.255.255.255'], 'unspecified'],
    ['private, 10/8', ['10.0.0.0', '10.255.255.255'], 'private'],
    ['private, 172.16/12', ['172.16.0.0', '172.31.255.255'], 'private'],
    ['private, 192.168/16', ['192.168.0.0', '192.168.255.255'], 'private'],
    ['shared by a carrier’s customers', ['100.64.0.0', '100.127.255.255'], 'carrier-grade-nat'],
    ['loopback', ['127.0.0.0', '127.0.0.1', '127.255.255.255'], 'loopback'],
    ['link-local', ['169.254.0.0', '169.254.169.253', '169.254.255.255'], 'link-local'],
    [
      'where a cloud hands out credentials',
      ['169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
      'cloud-metadata',
    ],
    ['of protocol assignments', ['192.0.0.0', '192.0.0.170', '192.0.0.255'], 'reserved'],
    ['for documentation', ['192.0.2.0', '198.51.100.1', '203.0.113.255'], 'reserved'],
    ['the 6to4 relay', ['192.88.99.0', '192.88.99.255'], 'reserved'],
    ['for benchmarks', ['198.18.0.0', '198.19.255.255'], 'reserved'],
    ['multicast', ['224.0.0.0', '239.255.255.255'], 'multicast'],
    ['reserved for the future', ['240.0.0.0', '255.255.255.254'], 'reserved'],
    ['the broadcast', ['255.255.255.255'], 'broadcast'],
    ['AS112, a sink for private names', ['192.31.196.1', '192.175.48.1'], 'reserved'],
    ['AMT, a multicast relay', ['192.52.193.1'], 'reserved'],
  ])('when it is %s', (_name, addresses, range) => {
    for (const address of addresses) expect(specialRange(address), address).toBe(range);
  });
});

describe('an IPv6 address is special', () => {
  // Covers: EV-11
  test.each([
    ['unspecified', ['::'], 'unspecified'],
    ['loopback', ['::1', '0:0:0:0:0:0:0:1'], 'loopback'],
    ['unique local', ['fc00::', 'fd00:ec2::253', 'fdff:ffff::1'], 'unique-local'],
    [
      'where a cloud hands out credentials',
      ['fd00:ec2::254', 'FD00:0EC2:0::0254', 'fd20:ce::254', 'fd00:c1::a9fe:a9fe'],
      'cloud-metadata',
    ],
    ['link-local', ['fe80::', 'fe80::1', 'febf::1'], 'link-local'],
    ['site-local, deprecated', ['fec0::', 'feff::1'], 'site-local'],
    ['multicast', ['ff00::', 'ff02::1', 'ffff::1'], 'multicast'],
    ['discarded', ['100::', '100::ffff:ffff:ffff:ffff'], 'reserved'],
    ['for documentation', ['2001:db8::', '2001:db8:ffff::1', '3fff::1', '3fff:fff::1'], 'reserved'],
    ['for benchmarks', ['2001:2::1'], 'reserved'],
    ['of protocol assignments', ['2001:1::1', '2001:5::', '2001:1ff::1'], 'reserved'],
    ['an ORCHID, which routes nowhere', ['2001:10::1', '2001:1f::1'], 'reserved'],
    ['an ORCHID of version 2', ['2001:20::1'], 'reserved'],
    ['a drone’s remote ID', ['2001:30::1'], 'reserved'],
    ['AMT, a multicast relay', ['2001:3::1'], 'reserved'],
    ['AS112, a sink for private names', ['2001:4:112::1', '2620:4f:8000::1'], 'reserved'],
    ['a segment identifier', ['5f00::1'], 'reserved'],
    [
      'not allocated',
      ['4000::', '6000::1', '8000::1', 'e000::1', '200::1', '100:0:0:1::1'],
      'not-global-unicast',
    ],
  ])('when it is %s', (_name, addresses, range) => {
    for (const address of addresses) expect(specialRange(address), address).toBe(range);
  });
});

describe('an address that carries an IPv4 address', () => {
  // Covers: EV-11
  test.each([
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:7f00:1', 'loopback'],
    ['0:0:0:0:0:ffff:7f00:1', 'loopback'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:169.254.169.254', 'cloud-metadata'],
    ['::ffff:a9fe:a9fe', 'cloud-metadata'],
    ['::ffff:0.0.0.0', 'unspecified'],
    ['::ffff:8.8.8.8', undefined],
  ])('%s, IPv4-mapped, is judged by it: the kernel dials that', (address, range) => {
    expect(specialRange(address)).toBe(range);
  });

  // Covers: EV-11
  test.each([
    ['64:ff9b::127.0.0.1', 'loopback'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['64:ff9b::10.0.0.1', 'private'],
    ['64:ff9b::a9fe:a9fe', 'cloud-metadata'],
    ['64:ff9b::100.100.100.200', 'cloud-metadata'],
    ['64:ff9b::168.63.129.16', 'cloud-metadata'],
    ['64:ff9b::', 'unspecified'],
    ['64:ff9b::8.8.8.8', undefined],
    ['64:ff9b::808:808', undefined],
  ])('%s, of NAT64, is judged by it: the gateway dials that', (address, range) => {
    expect(specialRange(address)).toBe(range);
  });

  // Where a gateway for 64:ff9b:1::/48 holds the IPv4 address is its own choice (RFC 8215): here it is 10.0.0.1 at /48.
  // Covers: EV-11
  test.each(['64:ff9b:1::8.8.8.8', '64:ff9b:1::1', '64:ff9b:1:a00:0:100:808:808', '64:ff9b:1:ffff::1'])(
    '%s, of a local NAT64, is special whatever it ends in',
    (address) => {
      expect(specialRange(address)).toBe('reserved');
    },
  );

  // Covers: EV-11
  test.each(['2002:7f00:1::', '2002:a00:1::1', '2002:808:808::1'])('%s, of 6to4, is special', (address) => {
    expect(specialRange(address)).toBe('6to4');
  });

  // Covers: EV-11
  test.each(['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'])('%s, of Teredo, is special', (address) => {
    expect(specialRange(address)).toBe('teredo');
  });

  // Covers: EV-11
  test.each(['::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8', '::ffff:0:808:808'])(
    '%s, of SIIT, is special',
    (address) => {
      expect(specialRange(address)).toBe('ipv4-translated');
    },
  );

  // Covers: EV-11
  test.each(['::7f00:1', '::808:808', '::127.0.0.1', '::8.8.8.8', '0:0:0:0:0:0:8.8.8.8'])(
    '%s, of the deprecated IPv4-compatible range, is special',
    (address) => {
      expect(specialRange(address)).toBeDefined();
    },
  );
});

describe('an address is public', () => {
  test.each([
    '1.0.0.0',
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '191.255.255.255',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2000::',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2001:db7:ffff::1',
    '2001:db9::1',
    '2003::1',
    '2606:4700::1111',
    '2a00:1450::1',
    '3ffe::1',
  ])('%s', (address) => {
    expect(specialRange(address)).toBeUndefined();
  });
});

test.each([
  '',
  'example.org',
  '256.1.1.1',
  '1.2.3',
  '1.2.3.4.5',
  '0x8.8.8.8',
  '010.8.8.8', // 8.8.8.8 to one reader and 10.8.8.8 to another
  '134744072',
  ' 8.8.8.8',
  '8.8.8.8\n',
  '8.8.8.8/32',
  '8.8.8.8:443',
  '[2606:4700::1111]',
  '2606:4700::1111%eth0',
  '2606:4700:::1111',
  '1:2:3:4:5:6:7:8:9',
])('what is no plain address cannot be judged, so it is special: `%s`', (text) => {
  expect(specialRange(text)).toBe('unparsable');
});

test('every IPv4 address is judged alike alone, IPv4-mapped in both spellings, and behind NAT64', () => {
  fc.assert(
    fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), (octets) => {
      const dotted = octets.join('.');
      const hex = [octets.slice(0, 2), octets.slice(2)]
        .map(([high = 0, low = 0]) => (high * 256 + low).toString(16))
        .join(':');
      const range = specialRange(dotted);
      for (const form of [`::ffff:${dotted}`, `::ffff:${hex}`, `64:ff9b::${hex}`])
        expect(specialRange(form), form).toBe(range);
    }),
  );
});

// Every way to write 127.0.0.1 and 169.254.169.254 that inet_aton or the URL Standard reads.
const SPELLINGS = [
  ['127.0.0.1', 'loopback'],
  ['127.1', 'loopback'],
  ['127.0.1', 'loopback'],
  ['0x7f.1', 'loopback'],
  ['0x7f.0x0.0x0.0x1', 'loopback'],
  ['0177.0.0.01', 'loopback'],
  ['017700000001', 'loopback'],
  ['0x7f000001', 'loopback'],
  ['0X7F000001', 'loopback'],
  ['2130706433', 'loopback'],
  ['127.0.0.1.', 'loopback'],
  ['127。0。0。1', 'loopback'],
  ['１２７．０．０．１', 'loopback'],
  ['①②⑦.⓪.⓪.①', 'loopback'],
  ['０x7f000001', 'loopback'],
  ['%31%32%37.0.0.1', 'loopback'],
  ['[::1]', 'loopback'],
  ['[0:0:0:0:0:0:0:1]', 'loopback'],
  ['[0000::0001]', 'loopback'],
  ['[::ffff:127.0.0.1]', 'loopback'],
  ['[::FFFF:7F00:1]', 'loopback'],
  ['[0:0:0:0:0:ffff:127.0.0.1]', 'loopback'],
  ['[64:ff9b::127.0.0.1]', 'loopback'],
  ['[64:ff9b:0:0::7f00:1]', 'loopback'],
  ['[::127.0.0.1]', 'not-global-unicast'],
  ['[::ffff:0:127.0.0.1]', 'ipv4-translated'],
  ['[2002:7f00:1::]', '6to4'],
  ['[2001:0:7f00:1::1]', 'teredo'],
  ['0', 'unspecified'],
  ['0.0.0.0', 'unspecified'],
  ['0.0.0.0x', 'unspecified'],
  ['0x0', 'unspecified'],
  ['[::]', 'unspecified'],
  ['[::ffff:0.0.0.0]', 'unspecified'],
  ['169.254.169.254', 'cloud-metadata'],
  ['169.254.43518', 'cloud-metadata'],
  ['169.16689662', 'cloud-metadata'],
  ['0xa9.0xfe.0xa9.0xfe', 'cloud-metadata'],
  ['0xA9FEA9FE', 'cloud-metadata'],
  ['2852039166', 'cloud-metadata'],
  ['0251.0376.0251.0376', 'cloud-metadata'],
  ['025177524776', 'cloud-metadata'],
  ['0251.254.0xa9fe', 'cloud-metadata'],
  ['①⑥⑨.②⑤④.①⑥⑨.②⑤④', 'cloud-metadata'],
  ['169。254。169。254', 'cloud-metadata'],
  ['[::ffff:169.254.169.254]', 'cloud-metadata'],
  ['[::ffff:a9fe:a9fe]', 'cloud-metadata'],
  ['[64:ff9b::a9fe:a9fe]', 'cloud-metadata'],
  ['[2002:a9fe:a9fe::]', '6to4'],
  ['[::ffff:0:a9fe:a9fe]', 'ipv4-translated'],
  ['[fd00:0ec2:0000::0254]', 'cloud-metadata'],
] as const;

// Covers: EV-11
test.each(SPELLINGS)('as a host %s is %s', (spelling, range) => {
  const literal = addressLiteral(host(spelling));
  expect(literal).toBeDefined();
  expect(specialRange(literal ?? '')).toBe(range);
});

// Covers: EV-04; EV-11
test.each([
  '127.0.0.256',
  '4294967296',
  '0x100000000',
  '127.0.0.0.1',
  '09.0.0.1',
  '127.0.0.1\u0000.example.org',
  '127.0.0.1%00',
  '[::1%lo]',
  '[::1%25lo]',
  '[fe80::1%eth0]',
  '[[::1]]',
  '[::1',
  '::1',
  '[127.0.0.1]',
  '[::1].example.org',
])('what looks like an address and is none is no host at all: `%s`', (text) => {
  expect(parseHost(text).ok).toBe(false);
});
