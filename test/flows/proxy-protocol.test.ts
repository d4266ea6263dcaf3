import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { connectRaw, exchangeRaw } from '../support/client.ts';
import { startHttpOrigin, startRawOrigin } from '../support/origin.ts';
import { BLOCKING_POLICY, type ProxySetup, startProxy } from '../support/proxy.ts';
import { addresses, LOCAL, PROXY, TCP4, TCP6, version2, withChecksum } from '../support/proxy-header.ts';

const NEVER_MS = 1_000_000;
const OFFICE = BLOCKING_POLICY.replace('127.0.0.1', '10.1.0.0/16, "2001:db8:1::/48"');
const BALANCER =
  'department: balancer\ntitle: Balancer\nmembers: { networks: [127.0.0.1] }\ndefault: block\n';

/** A Postern behind a load balancer on 127.0.0.1, whose clients are those of the office. */
const startBehind = ({ config, ...setup }: ProxySetup = {}, from: readonly string[] = ['127.0.0.1']) =>
  startProxy({
    policies: { 'office.yaml': OFFICE, 'balancer.yaml': BALANCER },
    config: { listen: [{ host: '127.0.0.1', port: 0, proxyProtocol: { from } }], ...config },
    ...setup,
  });

const V1 = 'PROXY TCP4 10.1.2.3 10.0.0.1 56324 3128\r\n';
const get = (port: number, path = '/'): string =>
  `GET http://allowed.test:${port}${path} HTTP/1.1\r\nHost: allowed.test:${port}\r\nConnection: close\r\n\r\n`;

const HEADERS: readonly (readonly [string, Buffer, string])[] = [
  ['version 1', Buffer.from(V1), '10.1.2.3'],
  ['version 1, IPv6', Buffer.from('PROXY TCP6 2001:DB8:1::7 ::1 1 2\r\n'), '2001:db8:1::7'],
  ['version 2', version2(PROXY, TCP4, addresses('10.1.2.3', '10.0.0.1')), '10.1.2.3'],
  ['version 2, IPv6', version2(PROXY, TCP6, addresses('2001:db8:1::7', '::1')), '2001:db8:1::7'],
  ['version 2 with a checksum', withChecksum(PROXY, TCP4, addresses('10.1.2.3', '10.0.0.1')), '10.1.2.3'],
];

test.each(HEADERS)(
  '%s says who is asking, and every byte after it arrives',
  async (_name, header, client) => {
    const origin = await startHttpOrigin((request, response) => response.end(`you asked for ${request.url}`));
    const proxy = await startBehind();
    const received = await exchangeRaw(proxy.port, header.toString('latin1') + get(origin.port, '/a'));
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(received).toContain('you asked for /a');
    expect(await proxy.linesOf('decision', 1)).toMatchObject([
      { client, department: 'office', action: 'forward' },
    ]);
  },
);

test.each(HEADERS)('%s is understood byte by byte, with its request', async (_name, header, client) => {
  const origin = await startHttpOrigin((_, response) => response.end('here'));
  const proxy = await startBehind();
  const peer = connectRaw(proxy.port);
  peer.socket.setNoDelay(true);
  for (const byte of Buffer.concat([header, Buffer.from(get(origin.port))]))
    await new Promise((resolve) => peer.socket.write(Uint8Array.of(byte), resolve));
  expect((await peer.closed()).received).toContain('here');
  expect(await proxy.linesOf('decision', 1)).toMatchObject([{ client, department: 'office' }]);
});

test('a tunnel whose header, CONNECT and first bytes come at once loses none of them', async () => {
  const origin = await startRawOrigin((socket) => socket.pipe(socket));
  const proxy = await startBehind({ plainPorts: [origin.port] });
  const peer = connectRaw(proxy.port);
  const authority = `allowed.test:${origin.port}`;
  peer.socket.write(`${V1}CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\nearly bytes`);
  await peer.until((received) => received.endsWith('\r\n\r\nearly bytes'));
  peer.socket.end();
  await peer.closed();
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'tunnel-closed', bytesUp: 11 });
});

test.each([
  ['version 1', Buffer.from('PROXY UNKNOWN\r\n')],
  ['version 2', version2(LOCAL, 0, [])],
])('a health check of the load balancer (%s) speaks for itself', async (_name, header) => {
  const proxy = await startBehind();
  const received = await exchangeRaw(proxy.port, header.toString('latin1') + get(80));
  expect(received).toMatch(/^HTTP\/1\.1 403 /);
  expect(await proxy.linesOf('decision', 1)).toMatchObject([
    { client: '127.0.0.1', department: 'balancer', reason: 'default' },
  ]);
});

test("a department's port is that of the listener, whatever the header says of ports", async () => {
  const proxy = await startBehind();
  const byPort = `department: annex\ntitle: Annex\nmembers: { ports: [${proxy.port}] }\ndefault: block\n`;
  proxy.writePolicy('annex.yaml', byPort);
  proxy.reload();
  await vi.waitUntil(() => proxy.announcements.some(({ kind }) => kind === 'reloaded'), { timeout: 10_000 });
  await exchangeRaw(proxy.port, `PROXY TCP4 192.0.2.9 10.0.0.1 1 2\r\n${get(80)}`);
  expect(await proxy.linesOf('decision', 1)).toMatchObject([{ client: '192.0.2.9', department: 'annex' }]);
});

const REFUSED: readonly (readonly [string, string, string])[] = [
  ['no header', get(80), 'no PROXY protocol header came'],
  ['a broken header', 'PROXY TCP4 10.1.2.3\r\n', 'the PROXY line has no two valid ports'],
  [
    'a NUL in the address',
    V1.replace('.3 ', '.3\0 '),
    'the PROXY line holds a byte that is not printable ASCII',
  ],
];

// Covers: EV-05; EV-28
test.each(REFUSED)(
  'a listed peer that sends %s is closed, and told of once',
  async (_name, bytes, problem) => {
    const proxy = await startBehind();
    expect(await exchangeRaw(proxy.port, bytes)).toBe('');
    expect(proxy.lines()).toMatchObject([
      {
        event: 'decision',
        action: 'block',
        reason: 'malformed',
        client: '127.0.0.1',
        department: 'balancer',
        problem,
      },
    ]);
    expect(proxy.lines()[0]).not.toHaveProperty('status');
  },
);

// Covers: EV-31
test.each([
  ['nothing', ''],
  ['half a header', V1.slice(0, 20)],
])('a listed peer that sends %s and waits is closed in time, and told of once', async (_name, bytes) => {
  const proxy = await startBehind({ limits: { proxyHeaderMs: 100 } });
  expect(await exchangeRaw(proxy.port, bytes)).toBe('');
  expect(proxy.lines()).toMatchObject([{ problem: 'no whole PROXY header came in time' }]);
});

test('a peer that leaves within its header is told of; one that only looked in is not', async () => {
  const proxy = await startBehind();
  const lookedIn = connectRaw(proxy.port);
  lookedIn.socket.end();
  await lookedIn.closed();
  const left = connectRaw(proxy.port);
  left.socket.end(V1.slice(0, 20));
  await left.closed();
  expect(proxy.lines()).toMatchObject([{ problem: 'the connection ended within its PROXY header' }]);
});

// Covers: EV-14
test('a PROXY header of a peer that is not listed never changes who is asking', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('here'));
  const proxy = await startBehind({}, ['192.0.2.0/24']);
  expect(await exchangeRaw(proxy.port, V1 + get(origin.port))).toBe('');
  expect(origin.accepted()).toBe(0);
  expect(proxy.lines()).toMatchObject([
    { client: '127.0.0.1', problem: 'the peer is not one that may send a PROXY header' },
  ]);
});

// Covers: EV-14
test('a listener without the setting takes a PROXY header for a broken request', async () => {
  const proxy = await startProxy();
  expect(await exchangeRaw(proxy.port, V1 + get(80))).toMatch(/^HTTP\/1\.1 400 /);
  expect(proxy.lines()).toMatchObject([{ client: '127.0.0.1', reason: 'malformed', status: 400 }]);
});

// Covers: EV-31
test('a head that does not end is 408 behind a load balancer too, for the client that the header names', async () => {
  const proxy = await startBehind({ limits: { requestHeadMs: 100 } });
  expect(await exchangeRaw(proxy.port, `${V1}GET http://allowed.test/ HT`)).toMatch(/^HTTP\/1\.1 408 /);
  expect(proxy.lines()).toMatchObject([{ client: '10.1.2.3', department: 'office', status: 408 }]);
});

test('a connection that says nothing after its header is closed without a line', async () => {
  const proxy = await startBehind({ limits: { requestHeadMs: 100 } });
  expect(await exchangeRaw(proxy.port, V1)).toBe('');
  expect(proxy.lines()).toEqual([]);
});

test('a stop does not wait for connections that have not asked for anything', async () => {
  const proxy = await startBehind({ limits: { drainMs: NEVER_MS, proxyHeaderMs: NEVER_MS } });
  const silent = connectRaw(proxy.port);
  const half = connectRaw(proxy.port);
  half.socket.write(V1.slice(0, 10));
  const greeted = connectRaw(proxy.port);
  greeted.socket.write(V1);
  await Promise.all([silent, half, greeted].map(({ socket }) => once(socket, 'connect')));
  await proxy.stop();
  for (const peer of [silent, half, greeted]) expect((await peer.closed()).received).toBe('');
});
