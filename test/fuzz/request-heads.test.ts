import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connectRaw, request } from '../support/client.ts';
import { type Line, startProxy, type TestProxy } from '../support/proxy.ts';
import { type RecordingOrigin, startRecordingOrigin } from '../support/recording-origin.ts';
import { readMessages } from './message-reader.ts';

/** Enough to meet each pair of oddities now and then; FUZZ_RUNS=10000 for a long search. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 400);

const METHODS = ['GET', 'POST', 'PUT', 'HEAD', 'OPTIONS', 'TRACE', 'DELETE', 'BREW', 'get', 'PRI', ''];
const TARGETS = [
  'http://HOST/',
  'http://HOST/a?b',
  'HTTP://HOST',
  'http://HOST:99999/',
  'https://HOST/',
  'ws://HOST/x',
  '/',
  '*',
  'HOST',
  'http:///',
  'http://u@HOST/',
  'http://blocked.test/',
  'http://[::1]/',
  'http://HOST/#f',
  '//HOST/',
];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'http/1.1', 'HTTP/1.1 ', ''];
const FIELDS = [
  'Host: allowed.test',
  'Host: blocked.test',
  'host:',
  'Content-Length: 0',
  'Content-Length: 5',
  'Content-Length: +5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip',
  'Transfer-Encoding : chunked',
  'Connection: close',
  'Connection: keep-alive, X-A',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Expect: x',
  'Max-Forwards: 0',
  'Max-Forwards: x',
  'Via: 1.1 postern-00000000',
  'TE: trailers',
  'Trailer: X',
  'Proxy-Authorization: Basic eDp5',
  'X-A: 1',
  ' folded',
  'no colon',
  ': no name',
  'X-Long: LONG',
  'Cookie: a=1',
  'X-Bytes: \x80\xff',
];
const ODD_BYTES = [
  '\0',
  '\r',
  '\n',
  '\r\n',
  ' ',
  '\t',
  '\x0b',
  '\x7f',
  '\xff',
  ':',
  '\r\n\r\n',
  'HTTP/1.1',
  '%00',
  ',',
];

/** A request head, most of it sound, with up to two odd bytes put into it or over it. */
const heads = (targets: readonly string[], methods: readonly string[]): fc.Arbitrary<string> =>
  fc
    .record({
      line: fc.tuple(
        fc.constantFrom(...methods),
        fc.constantFrom(...targets),
        fc.constantFrom('HTTP/1.1', 'HTTP/1.1', ...VERSIONS),
      ),
      fields: fc.array(fc.constantFrom('Host: allowed.test', ...FIELDS), { maxLength: 6 }),
      oddities: fc.array(
        fc.record({ at: fc.nat(300), bytes: fc.constantFrom(...ODD_BYTES), replaces: fc.nat(3) }),
        { maxLength: 2 },
      ),
      body: fc.constantFrom('', '', '', '5\r\nhello\r\n0\r\n\r\n', 'hello', 'GET / HTTP/1.1\r\n\r\n'),
    })
    .map(({ line, fields, oddities, body }) => {
      let text = `${[line.join(' '), ...fields].join('\r\n')}\r\n\r\n${body}`;
      for (const { at, bytes, replaces } of oddities) {
        const place = at % text.length;
        text = text.slice(0, place) + bytes + text.slice(place + replaces);
      }
      return text.replace('LONG', 'a'.repeat(70_000));
    });

const isDecision = ({ event }: Line): boolean => event === 'decision';

/** Sends bytes, waits for the end, and checks what holds whatever they are. */
async function holdsFor(bytes: string, proxy: TestProxy, origin: RecordingOrigin): Promise<void> {
  const decidedBefore = proxy.lines().filter(isDecision).length;
  const connectionsBefore = origin.connections().length;
  const client = connectRaw(proxy.port);
  client.socket.end(bytes, 'latin1');
  const { received } = await client.closed();
  const decisions = proxy.lines().filter(isDecision).slice(decidedBefore);
  const forwarded = decisions.filter(({ action }) => action === 'forward').length;
  const arrived = origin.connections().slice(connectionsBefore);
  // What passes through a tunnel is the client's own affair; without one, nothing does.
  const isTunnel = decisions.some(({ method }) => method === 'CONNECT');
  const whole = isTunnel
    ? arrived.filter((text) => text !== '')
    : arrived.flatMap((text) => readMessages(text, 'request')).filter(({ isComplete }) => isComplete);
  // Each request at the origin was decided to be forwarded, and whatever was answered was told in the log.
  expect(whole.length).toBeLessThanOrEqual(forwarded);
  if (!isTunnel)
    expect([...received.matchAll(/HTTP\/1\.1 ([2-5]\d\d) /g)].length).toBeLessThanOrEqual(decisions.length);
  const isOneHead = bytes.indexOf('\r\n\r\n') === bytes.length - 4 && bytes.trim() !== '';
  if (isOneHead) expect([decisions.length, whole.length <= 1]).toEqual([1, true]);
}

async function staysWhole(proxy: TestProxy, origin: RecordingOrigin): Promise<void> {
  expect((await request(proxy.port, `http://allowed.test:${origin.port}/`)).status).toBe(200);
  const decided = proxy
    .lines()
    .filter((line) => isDecision(line) && line.reason !== 'malformed')
    .map(({ id }) => id);
  const outcomes = await proxy.linesOf('outcome', decided.length);
  expect(outcomes.map(({ id }) => id).sort()).toEqual(decided.sort());
}

// Covers: EV-10; EV-19; EV-28
test('whatever a request head is, it is one decision or one refusal, at most one request at its origin, and no crash', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy({ limits: { lingerMs: 50, exchangeIdleMs: 2_000, halfClosedMs: 200 } });
  const targets = TARGETS.map((target) =>
    target.replace('HOST', target.includes('99999') ? 'allowed.test' : `allowed.test:${origin.port}`),
  );
  await fc.assert(
    fc.asyncProperty(heads(targets, METHODS), (bytes) => holdsFor(bytes, proxy, origin)),
    { numRuns: RUNS },
  );
  await staysWhole(proxy, origin);
}, 300_000);

// Covers: EV-04; EV-05; EV-16; EV-19; EV-28
test('whatever a CONNECT asks for, it is one decision or one refusal, and no crash', async () => {
  const origin = await startRecordingOrigin();
  const proxy = await startProxy({
    plainPorts: [origin.port],
    limits: { lingerMs: 50, blockPageMs: 200, tunnelIdleMs: 500 },
  });
  const host = fc.constantFrom(
    'allowed.test',
    'ALLOWED.test.',
    'blocked.test',
    'b%6Cocked.test',
    '127.0.0.1',
    '0x7f.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    'a..b',
    '',
    '*',
    'x@allowed.test',
    '①②⑦.⓪.⓪.①',
  );
  const port = fc.constantFrom(
    `:${origin.port}`,
    ':443',
    ':0',
    ':65979',
    ':-1',
    ':',
    '',
    ':https',
    `:0${origin.port}`,
    `:${origin.port}/x`,
  );
  const targets = fc.tuple(host, port).map(([name, suffix]) => Buffer.from(name + suffix).toString('latin1'));
  await fc.assert(
    fc.asyncProperty(
      targets.chain((target) => heads([target], ['CONNECT'])),
      (bytes) => holdsFor(bytes, proxy, origin),
    ),
    { numRuns: RUNS },
  );
  await staysWhole(proxy, origin);
}, 300_000);
