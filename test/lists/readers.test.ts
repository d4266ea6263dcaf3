import { describe, expect, test } from 'vitest';
import { adblockReader } from '../../src/lists/adblock.ts';
import { dnsmasqReader } from '../../src/lists/dnsmasq.ts';
import { hostsReader } from '../../src/lists/hosts.ts';
import type { LineReader } from '../../src/lists/item.ts';
import { plainReader, squidReader } from '../../src/lists/plain.ts';
import { rpzReader } from '../../src/lists/rpz.ts';
import { squidguardReader } from '../../src/lists/squidguard.ts';
import { v2flyReader } from '../../src/lists/v2fly.ts';
import { entriesOf, refusedOf } from './support.ts';

type Row = readonly [line: string, entries: readonly string[]];

const READERS: Readonly<Record<string, readonly [() => LineReader, readonly Row[], readonly string[]]>> = {
  plain: [
    plainReader,
    [
      ['A.Example', ['a.example']],
      ['.a.example', ['a.example']],
      ['=a.example', ['=a.example']],
      ['*.a.example', ['*.a.example']],
      ['ngrok.*', ['ngrok.*']],
      ['Bücher.example', ['xn--bcher-kva.example']],
      ['a.example # why', ['a.example']],
      ['203.0.113.7', ['203.0.113.7']],
      ['203.0.113.0/24', ['203.0.113.0/24']],
      ['2001:DB8::7', ['[2001:db8::7]']],
      ['[2001:db8::7]', ['[2001:db8::7]']],
      ['2001:db8::/32', ['2001:db8::/32']],
      ['/^ads[0-9]+\\./', ['/^ads[0-9]+\\./']],
      ['# a.example', []],
      ['', []],
    ],
    [
      'com',
      'co.kr',
      '=co.kr',
      '*.co.kr',
      'two words',
      'https://a.example/',
      '/(?=a)/',
      '/.*/',
      '203.0.113.7/24',
    ],
  ],
  squid: [
    squidReader,
    [
      ['.A.Example', ['a.example']],
      ['a.example', ['=a.example']],
      ['a.example # why', ['=a.example']],
      ['*.a.example', ['*.a.example']],
      ['203.0.113.7', ['203.0.113.7']],
      ['203.0.113.0/24', ['203.0.113.0/24']],
      ['# .a.example', []],
    ],
    ['com', 'co.kr', '.co.kr', '..a.example', 'https://a.example/'],
  ],
  hosts: [
    () => hostsReader(false),
    [
      ['0.0.0.0 a.example', ['=a.example']],
      ['127.0.0.1\ta.example b.example # both', ['=a.example', '=b.example']],
      ['::1 a.example', ['=a.example']],
      ['127.0.0.1 localhost', []],
      ['ff02::1 ip6-allnodes', []],
      ['0.0.0.0 0.0.0.0', []],
    ],
    ['192.168.1.1 nas.example', 'a.example', '0.0.0.0 com', '0.0.0.0 a_b..example'],
  ],
  dnsmasq: [
    dnsmasqReader,
    [
      ['address=/a.example/0.0.0.0', ['a.example']],
      ['address=/a.example/b.example/#', ['a.example', 'b.example']],
      ['local=/a.example/', ['a.example']],
      ['server=/.a.example/', ['a.example']],
      ['# server=/a.example/', []],
    ],
    ['address=/#/0.0.0.0', 'server=/a.example/192.0.2.1', 'bogus-nxdomain=192.0.2.1', 'address=//0.0.0.0'],
  ],
  adblock: [
    adblockReader,
    [
      ['||a.example^', ['a.example']],
      ['||a.example^$important', ['a.example']],
      ['||a.example^$all,document', ['a.example']],
      ['||*.a.example^', ['*.a.example']],
      ['||ngrok.*^', ['ngrok.*']],
      ['|https://a.example^', ['=a.example']],
      ['://a.example^', ['=a.example']],
      ['||203.0.113.7^', ['203.0.113.7']],
      ['a.example', ['=a.example']],
      ['0.0.0.0 a.example', ['=a.example']],
      ['/^ad[0-9]+\\.example$/', ['/^ad[0-9]+\\.example$/']],
      ['/^ads\\./$important', ['/^ads\\./']],
      ['! ||a.example^', []],
      ['[Adblock Plus 2.0]', []],
    ],
    [
      '||a.example^$third-party',
      '||a.example^$domain=b.example',
      '||a.example^$script',
      '||a.example^$dnsrewrite=192.0.2.1',
      '||a.example^$denyallow=b.a.example',
      '||a.example^$client=10.0.0.1',
      '||a.example^$badfilter',
      '||a.example/ads/',
      '||a.example:8443^',
      '||ad*.example^',
      '/banner/ads.js',
      '-banner-',
      'a.example##.ad',
      'a.example#@#.ad',
      '###ad',
      '/^https?:\\/\\/ads/',
      '||com^',
    ],
  ],
  'the domains of UT1': [
    () => squidguardReader('domains'),
    [
      ['a.example', ['a.example']],
      ['203.0.113.7', ['203.0.113.7']],
    ],
    ['com'],
  ],
  'the urls of UT1': [
    () => squidguardReader('urls'),
    [
      ['www.a.example', ['=www.a.example']],
      ['http://a.example/', ['=a.example']],
    ],
    ['a.example/path'],
  ],
  'the expressions of UT1': [() => squidguardReader('expressions'), [['# why', []]], ['(^|[-.])casino']],
  rpz: [
    rpzReader,
    [
      ['a.example CNAME .', ['=a.example']],
      ['*.a.example CNAME .', ['*.a.example']],
      ['*.a.example 300 IN CNAME *.', ['*.a.example']],
      ['a.example IN 300 CNAME rpz-drop.', ['=a.example']],
      ['a.example CNAME walled-garden.example.', ['=a.example']],
      ['a.example A 192.0.2.1 ; page', ['=a.example']],
      ['32.7.113.0.203.rpz-ip CNAME .', ['203.0.113.7']],
      ['24.0.113.0.203.rpz-ip CNAME .', ['203.0.113.0/24']],
      ['128.7.zz.db8.2001.rpz-ip CNAME .', ['[2001:db8::7]']],
      ['32.zz.db8.2001.rpz-ip CNAME .', ['2001:db8::/32']],
      ['$TTL 300', []],
      ['@ NS localhost.', []],
      ['; a.example CNAME .', []],
    ],
    [
      'a.example CNAME rpz-tcp-only.',
      '32.7.113.0.203.rpz-client-ip CNAME .',
      'ns.a.example.rpz-nsdname CNAME .',
      '$INCLUDE other.zone',
      'a.example',
    ],
  ],
  v2fly: [
    () => v2flyReader([]),
    [
      ['a.example', ['a.example']],
      ['domain:a.example @cn &other', ['a.example']],
      ['full:a.example', ['=a.example']],
      ['keyword:a.b', ['/a\\.b/']],
      ['regexp:^a[0-9]+\\.example$', ['/^a[0-9]+\\.example$/']],
      ['# a', []],
    ],
    ['regexp:(?!a)', 'unknown:a.example', 'a.example b.example', 'com', 'include:../../etc/passwd'],
  ],
};

describe.each(Object.entries(READERS))('%s', (_format, [reader, rows, refused]) => {
  test.each(rows)('%s', (line, entries) => {
    expect(entriesOf(reader(), line)).toEqual(entries);
    expect(refusedOf(reader(), line)).toEqual([]);
  });

  test.each(refused)('is refused with a reason: %s', (line) => {
    expect(entriesOf(reader(), line)).toEqual([]);
    expect(refusedOf(reader(), line)).toEqual([expect.stringMatching(/^1: .{10,}/)]);
  });
});

test('a hosts file can be widened to the names below its names', () => {
  expect(entriesOf(hostsReader(true), '0.0.0.0 a.example')).toEqual(['a.example']);
});

test('a zone says its names relative to $ORIGIN or to the name of its SOA, and may spread the SOA over lines', () => {
  const records =
    '@ 60 IN SOA ns.example. admin.example. (\n 1 ; serial\n 2 3\n 4 5 )\n @ NS ns.example.\na.example CNAME .';
  expect(entriesOf(rpzReader(), `$ORIGIN rpz.example.\n${records}\nb.example.rpz.example. CNAME .`)).toEqual([
    '=a.example',
    '=b.example',
  ]);
  expect(entriesOf(rpzReader(), `rpz.example. SOA a. b. 1 2 3 4 5\nc.example.rpz.example. CNAME .`)).toEqual([
    '=c.example',
  ]);
});

test('an SOA that never ends swallows no more than its seven fields', () => {
  const text = '@ SOA (\n1\n2\n3\n4\n5\n6\n7\na.example CNAME .';
  expect(entriesOf(rpzReader(), text)).toEqual(['=a.example']);
});

test('with an attribute only the v2fly lines that have it count', () => {
  const text = 'a.example @cn\nb.example @!cn\nc.example';
  expect(entriesOf(v2flyReader(['cn']), text)).toEqual(['a.example']);
  expect(entriesOf(v2flyReader(['!cn']), text)).toEqual(['b.example']);
  expect(entriesOf(v2flyReader(['-cn']), text)).toEqual(['b.example', 'c.example']);
});
