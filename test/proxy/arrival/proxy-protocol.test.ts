import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readProxyHeader } from '../../../src/proxy/arrival/proxy-protocol.ts';
import {
  addresses,
  field,
  LOCAL,
  PROXY,
  TCP4,
  TCP6,
  version2,
  withChecksum,
} from '../../support/proxy-header.ts';

const read = (header: string | Buffer) => readProxyHeader(Buffer.from(header as string, 'latin1'));
const client = (address: string | undefined, length: number) => ({
  kind: 'header',
  header: { client: address, length },
});

describe('version 1', () => {
  test.each([
    ['IPv4', 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 443', '192.0.2.7'],
    ['the largest IPv4', 'PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535', '255.255.255.255'],
    ['port 0', 'PROXY TCP4 192.0.2.7 198.51.100.1 0 0', '192.0.2.7'],
    ['IPv6', 'PROXY TCP6 2001:db8::7 2001:db8::1 56324 443', '2001:db8::7'],
    ['IPv6 in upper case', 'PROXY TCP6 2001:DB8:0:0:0:0:0:7 2001:db8::1 56324 443', '2001:db8::7'],
    ['IPv4-mapped IPv6', 'PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 1 2', '192.0.2.7'],
    [
      'the longest IPv6',
      'PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535',
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ],
    ['UNKNOWN', 'PROXY UNKNOWN', undefined],
    ['UNKNOWN with addresses, which are passed over', 'PROXY UNKNOWN ::1 ::1 1 2', undefined],
    ['the longest line there is', `PROXY UNKNOWN ${'f'.repeat(91)}`, undefined],
  ])('%s', (_name, line, address) => {
    expect(read(`${line}\r\n`)).toEqual(client(address, line.length + 2));
  });

  // Covers: EV-05; EV-14
  test.each([
    ['a NUL in the address', 'PROXY TCP4 192.0.2.7\0 198.51.100.1 1 2\r\n'],
    ['an escape', 'PROXY TCP4 \x1b[31m192.0.2.7 198.51.100.1 1 2\r\n'],
    ['a byte beyond ASCII', 'PROXY TCP4 192.0.2.7\xa0 198.51.100.1 1 2\r\n'],
    ['a NUL after UNKNOWN', 'PROXY UNKNOWN \0\r\n'],
    ['a line feed alone', 'PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n\r\n'],
    ['a carriage return within', 'PROXY TCP4 192.0.2.7\r198.51.100.1 1 2\r\n'],
    ['a tab', 'PROXY\tTCP4 192.0.2.7 198.51.100.1 1 2\r\n'],
    ['two spaces', 'PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n'],
    ['a space at the end', 'PROXY TCP4 192.0.2.7 198.51.100.1 1 2 \r\n'],
    ['lower case', 'proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n'],
    ['another protocol', 'PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n'],
    ['no protocol', 'PROXY \r\n'],
    ['no address', 'PROXY TCP4\r\n'],
    ['no ports', 'PROXY TCP4 192.0.2.7 198.51.100.1\r\n'],
    ['one port', 'PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n'],
    ['three ports', 'PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n'],
    ['a port out of range', 'PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n'],
    ['a port with a zero before it', 'PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n'],
    ['a negative port', 'PROXY TCP4 192.0.2.7 198.51.100.1 -1 2\r\n'],
    ['an address with leading zeros', 'PROXY TCP4 192.0.2.007 198.51.100.1 1 2\r\n'],
    ['an address in hexadecimal', 'PROXY TCP4 0x7f.1 198.51.100.1 1 2\r\n'],
    ['a number in place of an address', 'PROXY TCP4 2130706433 198.51.100.1 1 2\r\n'],
    ['a name in place of an address', 'PROXY TCP4 localhost 198.51.100.1 1 2\r\n'],
    ['an address of the other family', 'PROXY TCP4 ::1 198.51.100.1 1 2\r\n'],
    ['IPv4 as IPv6', 'PROXY TCP6 192.0.2.7 2001:db8::1 1 2\r\n'],
    ['a destination that is none', 'PROXY TCP4 192.0.2.7 198.51.100 1 2\r\n'],
    ['an address with a zone', 'PROXY TCP6 fe80::1%eth0 2001:db8::1 1 2\r\n'],
    ['a line one byte too long', `PROXY UNKNOWN ${'f'.repeat(92)}\r\n`],
    ['a line that goes on', `PROXY UNKNOWN ${'f'.repeat(200)}`],
  ])('refuses %s', (_name, line) => {
    expect(read(line)).toEqual({
      kind: 'broken',
      problem: expect.stringMatching(/^the PROXY line|^no PROXY/),
    });
  });
});

describe('version 2', () => {
  const v4 = addresses('192.0.2.7', '198.51.100.1');
  const v6 = addresses('2001:db8::7', '2001:db8::1');
  const mapped = [...Array<number>(10).fill(0), 0xff, 0xff, 192, 0, 2, 7, ...v6.slice(16)];

  test.each([
    ['IPv4', version2(PROXY, TCP4, v4), '192.0.2.7'],
    ['IPv6', version2(PROXY, TCP6, v6), '2001:db8::7'],
    ['IPv4-mapped IPv6', version2(PROXY, TCP6, mapped), '192.0.2.7'],
    ['LOCAL', version2(LOCAL, 0, []), undefined],
    ['LOCAL with a block, which is passed over', version2(LOCAL, TCP4, v4), undefined],
    ['an unspecified family', version2(PROXY, 0, field(0x04, [1, 2, 3])), undefined],
    [
      'further fields',
      version2(PROXY, TCP4, [...v4, ...field(0x02, [1, 2]), ...field(0xe0, [])]),
      '192.0.2.7',
    ],
    ['a right checksum', withChecksum(PROXY, TCP6, v6), '2001:db8::7'],
    [
      'as many fields as are taken',
      version2(PROXY, TCP4, [...v4, ...field(4, Array(4065).fill(0))]),
      '192.0.2.7',
    ],
  ])('%s', (_name, header, address) => {
    expect(read(header)).toEqual(client(address, header.length));
  });

  const tampered = withChecksum(PROXY, TCP4, v4);
  tampered[19] = 8; // 192.0.2.8
  // Covers: EV-14
  test.each([
    ['another version', version2(0x11, TCP4, v4)],
    ['an unknown command', version2(0x22, TCP4, v4)],
    ['datagrams', version2(PROXY, 0x12, v4)],
    ['a Unix socket', version2(PROXY, 0x31, Array(216).fill(0))],
    ['an unknown family', version2(PROXY, 0x41, v4)],
    ['a block shorter than its addresses', version2(PROXY, TCP4, v4.slice(0, 11))],
    ['a field cut off in its head', version2(PROXY, TCP4, [...v4, 0x04, 0x00])],
    ['a field longer than the header', version2(PROXY, TCP4, [...v4, 0x04, 0x00, 0x02, 0x00])],
    ['a wrong checksum', tampered],
    ['a checksum of a wrong length', version2(PROXY, TCP4, [...v4, ...field(0x03, [1])])],
    ['more than is taken', version2(PROXY, TCP4, [...v4, ...field(4, Array(4066).fill(0))])],
  ])('refuses %s', (_name, header) => {
    expect(read(header)).toEqual({ kind: 'broken', problem: expect.stringMatching(/^the PROXY header/) });
  });

  test('a header that announces too much is refused before it has come', () => {
    const header = version2(PROXY, TCP4, Array(65_535).fill(0));
    expect(read(header.subarray(0, 16))).toEqual({
      kind: 'broken',
      problem: 'the PROXY header is too large',
    });
  });
});

test.each(['GET / HTTP/1.1\r\n\r\n', '\x16\x03\x01', 'PROXZ', '\r\n\r\n\0\r\nQUIX\n', '\0'])(
  'what is no header is told at its first strange byte: %j',
  (bytes) => {
    expect(read(bytes)).toEqual({ kind: 'broken', problem: 'no PROXY protocol header came' });
  },
);

const port = fc.nat(65_535);
const good = fc.oneof(
  fc
    .tuple(fc.ipV4(), fc.ipV4(), port, port)
    .map((fields) => Buffer.from(`PROXY TCP4 ${fields.join(' ')}\r\n`)),
  fc
    .tuple(fc.ipV4(), fc.ipV4(), fc.boolean())
    .map(([source, destination, checked]) =>
      (checked ? withChecksum : version2)(PROXY, TCP4, addresses(source, destination)),
    ),
  fc.array(fc.nat(255), { maxLength: 50 }).map((block) => version2(LOCAL, 0, block)),
);

test('a header is the same however it comes, and what follows it is left alone', () => {
  fc.assert(
    fc.property(good, fc.uint8Array({ maxLength: 40 }), (header, rest) => {
      for (let length = 0; length < header.length; length++)
        expect(readProxyHeader(header.subarray(0, length))).toEqual({ kind: 'incomplete' });
      const whole = readProxyHeader(header);
      expect(whole).toMatchObject({ kind: 'header', header: { length: header.length } });
      expect(readProxyHeader(Buffer.concat([header, rest]))).toEqual(whole);
    }),
  );
});

test('one changed byte under a checksum is always noticed', () => {
  const header = withChecksum(PROXY, TCP4, addresses('192.0.2.7', '198.51.100.1'));
  fc.assert(
    fc.property(
      fc.integer({ min: 16, max: header.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      (at, change) => {
        const changed = Buffer.from(header);
        changed[at] = (changed[at] as number) ^ change;
        fc.pre(at < 28 || at > 30); // without its type and length it is another field
        expect(readProxyHeader(changed)).toMatchObject({ kind: 'broken' });
      },
    ),
  );
});

test('no bytes make it throw, nor give a header longer than they are', () => {
  const signatures = fc.constantFrom(
    '',
    'PROXY ',
    'PROXY TCP4 ',
    '\r\n\r\n\0\r\nQUIT\n',
    '\r\n\r\n\0\r\nQUIT\n\x21\x11\0',
  );
  fc.assert(
    fc.property(signatures, fc.uint8Array({ maxLength: 200 }), (signature, noise) => {
      const bytes = Buffer.concat([Buffer.from(signature, 'latin1'), noise]);
      const reading = readProxyHeader(bytes);
      if (reading.kind === 'header') expect(reading.header.length).toBeLessThanOrEqual(bytes.length);
    }),
  );
});
