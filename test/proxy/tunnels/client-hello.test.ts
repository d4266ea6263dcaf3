import { describe, expect, test } from 'vitest';
import { type ParsedHello, parseClientHello } from '../../../src/proxy/tunnels/client-hello.ts';
import {
  type Extension,
  firstFlight,
  GREASE_ECH,
  helloFor,
  helloMessage,
  inRecords,
  messageIn,
  serverName,
  vector,
} from '../../support/client-hello.ts';

const MAX_BYTES = 16_384;
const parse = (bytes: Buffer): ParsedHello => parseClientHello(bytes, MAX_BYTES);
const parseExtensions = (...extensions: readonly Extension[]): ParsedHello =>
  parse(inRecords(helloMessage(extensions)));

const named = (host: string, hasEch = false) => ({
  kind: 'hello',
  serverName: { kind: 'host', host },
  hasEch,
});

describe("the hello of Node's own TLS client", () => {
  test.each([
    ['TLS 1.2 and 1.3, with a post-quantum key share', {}],
    ['TLS 1.3 alone', { minVersion: 'TLSv1.3' }],
    ['TLS 1.2 alone', { maxVersion: 'TLSv1.2' }],
    ['with ALPN', { ALPNProtocols: ['h2', 'http/1.1'] }],
    ['with a small key share', { ecdhCurve: 'X25519' }],
  ] as const)('gives its server name: %s', async (_name, options) => {
    const bytes = await firstFlight({ ...options, servername: 'www.example.org' });
    expect(parse(bytes)).toEqual(named('www.example.org'));
  });

  test('that offers a post-quantum key share is longer than a TCP segment, and is read all the same', async () => {
    const bytes = await firstFlight({ ecdhCurve: 'X25519MLKEM768', servername: 'www.example.org' });
    expect(bytes.length).toBeGreaterThan(1460);
    expect(parse(bytes.subarray(0, 1460))).toMatchObject({ kind: 'need-more', atLeast: bytes.length });
    expect(parse(bytes)).toEqual(named('www.example.org'));
  });

  test('without a server name has none', async () => {
    expect(parse(await firstFlight({}))).toEqual({
      kind: 'hello',
      serverName: { kind: 'absent' },
      hasEch: false,
    });
  });

  // Covers: EV-08; RFC 8446 section 5.1
  test.each([1, 2, 3, 4, 7, 100])('reads alike in records of %i bytes', async (size) => {
    const message = messageIn(await firstFlight({ servername: 'www.example.org', ecdhCurve: 'X25519' }));
    expect(parse(inRecords(message, size))).toEqual(named('www.example.org'));
  });
});

test('a hello that ends before its extensions, as TLS 1.2 allows, has no server name', () => {
  expect(parse(inRecords(helloMessage()))).toMatchObject({ serverName: { kind: 'absent' } });
});

test('what comes behind the hello does not matter: a client may send early data', () => {
  const earlyData = Buffer.concat([Buffer.from([23, 3, 3]), vector(2, Buffer.alloc(100))]);
  expect(parse(Buffer.concat([helloFor('a.example'), earlyData]))).toEqual(named('a.example'));
});

test('an encrypted ClientHello is noticed, beside the name that can be read', () => {
  expect(parseExtensions(serverName('a.example'), GREASE_ECH)).toEqual(named('a.example', true));
});

describe('a server name', () => {
  // Covers: EV-04; RFC 6066 section 3
  test.each([
    ['Chat.DeepSeek.COM', 'chat.deepseek.com'],
    ['chat.deepseek.com.', 'chat.deepseek.com'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['under_score.example', 'under_score.example'],
  ])('is made canonical like every host: %s', (written, host) => {
    expect(parseExtensions(serverName(written))).toEqual(named(host));
  });

  // Covers: EV-05; EV-23
  test.each([
    ['a NUL', 'chat.deepseek.com\0.ok.example'],
    ['a NUL at its end', 'ok.example\0'],
    ['a line break', 'ok.example\r\nx'],
    ['a space', 'a b.example'],
    ['two dots at its end', 'ok.example..'],
    ['an empty label', 'ok..example'],
    ['a wildcard', '*.example'],
    ['a port', 'ok.example:443'],
    ['user information', 'ok@chat.deepseek.com'],
    ['a path', 'ok.example/x'],
    ['brackets', '[[ok.example]]'],
    ['bytes that are not ASCII', 'chát.example'],
    ['UTF-8', '\xe3\x80\x82.example'],
    ['255 characters', 'a'.repeat(255)],
    ['an IPv4 address', '192.0.2.1'],
    ['an IPv4 address in hexadecimal', '0x7f.1'],
    ['an IPv4 address as one number', '2130706433'],
    ['an IPv6 address', '[2001:db8::1]'],
    ['an IPv6 address without brackets', '2001:db8::1'],
  ])('is none with %s, and is kept as it was sent', (_what, text) => {
    expect(parseExtensions(serverName(text))).toMatchObject({ serverName: { kind: 'invalid', text } });
  });
});

test.each([
  ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['SMTP', 'EHLO client.example\r\n'],
  ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
  ['an alert', '\x15\x03\x01\x00\x02\x01\x00'],
  ['SSL 2', '\x80\x2e\x01\x00\x02'],
])('%s is not TLS from its first byte on', (_name, text) => {
  const bytes = Buffer.from(text, 'latin1');
  for (let length = 1; length <= bytes.length; length++)
    expect(parse(bytes.subarray(0, length))).toEqual({ kind: 'not-tls' });
});

describe('is malformed', () => {
  const message = helloMessage([serverName('a.example')]);
  const record = (type: number, major: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([type, major, 1]), vector(2, content)]);
  const withByte = (at: number, value: number): Buffer => {
    const changed = Buffer.from(message);
    changed[at] = value;
    return inRecords(changed);
  };
  const nameOfType = (type: number): Extension => [
    0,
    vector(2, Buffer.concat([Buffer.from([type]), vector(2, Buffer.from('a.example'))])),
  ];
  const withExtensions = (...extensions: readonly Extension[]): Buffer => inRecords(helloMessage(extensions));

  // Covers: EV-08; RFC 8446 section 5.1; RFC 8446 section 4.2; RFC 6066 section 3
  test.each<[string, Buffer, string]>([
    ['a record of another version', record(22, 2, message), 'no version of TLS'],
    ['an empty record', record(22, 3, Buffer.alloc(0)), 'empty'],
    ['a record longer than records may be', Buffer.from([22, 3, 1, 0x40, 0x01]), 'too long'],
    [
      'an alert between two of its records',
      Buffer.concat([inRecords(message.subarray(0, 9)), record(21, 3, Buffer.from([1, 0]))]),
      'another type',
    ],
    ['another handshake message', withByte(0, 2), 'another'],
    ['a second message in its last record', inRecords(Buffer.concat([message, message])), 'more than'],
    ['a session id beyond its end', withByte(38, 255), 'beyond its end'],
    ['a body without the fixed fields', inRecords(Buffer.from([1, 0, 0, 2, 3, 3])), 'beyond its end'],
    ['a byte behind the extensions', inRecords(lengthened(message)), 'do not end where it ends'],
    ['an extension that leads beyond its end', withByte(message.length - 15, 15), 'an extension leads'],
    [
      'two server_name extensions',
      withExtensions(serverName('a.example'), serverName('b.example')),
      'two ext',
    ],
    [
      'two extensions of any one type',
      withExtensions([99, Buffer.alloc(0)], [99, Buffer.alloc(1)]),
      'type 99',
    ],
    ['two host names', withExtensions(serverName('a.example', 'b.example')), 'not one host name'],
    ['no host name in server_name', withExtensions(serverName()), 'not one host name'],
    ['an empty server_name', withExtensions([0, Buffer.alloc(0)]), 'not one host name'],
    ['an empty host name', withExtensions(serverName('')), 'not one host name'],
    ['a name of another type', withExtensions(nameOfType(1)), 'not one host name'],
    [
      'a byte behind the name',
      withExtensions([0, Buffer.concat([serverName('a.example')[1], Buffer.alloc(1)])]),
      'not one host name',
    ],
  ])('with %s', (_what, bytes, problem) => {
    expect(parse(bytes)).toEqual({ kind: 'malformed', problem: expect.stringContaining(problem) });
  });
});

/** The message with one more byte, which its length counts and its extensions do not. */
function lengthened(message: Buffer): Buffer {
  const longer = Buffer.concat([message, Buffer.alloc(1)]);
  longer.writeUIntBE(longer.length - 4, 1, 3);
  return longer;
}

describe('the size is bounded', () => {
  const padded = (bytes: number): Buffer =>
    inRecords(helloMessage([serverName('a.example'), [21, Buffer.alloc(bytes)]]));

  test('a hello of up to so many bytes is read', () => {
    const bytes = padded(2_000);
    expect(parseClientHello(bytes, bytes.length)).toEqual(named('a.example'));
  });

  // Covers: EV-08
  test.each([
    ['as soon as its record says so', padded(2_000).subarray(0, 5), 2_000],
    ['as soon as its length says so', Buffer.from([22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff]), MAX_BYTES],
    ['when its records come to more', inRecords(helloMessage([[21, Buffer.alloc(400)]]), 1), 2_000],
  ])('a longer one is malformed %s', (_when, bytes, maxBytes) => {
    expect(parseClientHello(bytes, maxBytes)).toEqual({
      kind: 'malformed',
      problem: `it is longer than ${maxBytes} bytes`,
    });
  });
});
