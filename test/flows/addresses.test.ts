import http from 'node:http';
import type net from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startBlackhole } from '../support/blackhole.ts';
import { connectRaw, openTunnel, request } from '../support/client.ts';
import { type DnsReply, type NameServer, type Question, startNameServer } from '../support/name-server.ts';
import { startHttpOrigin, startRawOrigin } from '../support/origin.ts';
import { BLOCKING_POLICY, type ProxySetup, startProxy, type TestProxy } from '../support/proxy.ts';

/** A web server at an address of loopback that says where it is. */
async function listenAt(address: string, port = 0) {
  let hits = 0;
  const server = http.createServer((_, response) => response.end(address));
  server.on('connection', () => {
    hits += 1;
  });
  server.on('upgrade', (_, socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as net.AddressInfo).port, hits: () => hits };
}

/** A proxy that asks the test's name server; 127.0.0.2 stands for all that is public, 127.0.0.1 is internal. */
async function proxyAsking(
  reply: (question: Question) => DnsReply | Promise<DnsReply>,
  setup: ProxySetup = {},
): Promise<{ proxy: TestProxy; dns: NameServer }> {
  const dns = await startNameServer(reply);
  const egress = { internalNetworks: ['127.0.0.2/32'], dns: { servers: [dns.address] }, ...setup.egress };
  return { proxy: await startProxy({ ...setup, egress }), dns };
}

const WAYS = ['GET', 'CONNECT', 'websocket'] as const;

function requestFor(way: (typeof WAYS)[number], host: string, port: number): string {
  const authority = `${host}:${port}`;
  switch (way) {
    case 'GET':
      return `GET http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\nConnection: close\r\n\r\n`;
    case 'CONNECT':
      return `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;
    case 'websocket':
      return `GET ws://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  }
}

/** Asks for a host and port in one of the three ways; gives the head of the answer. */
async function ask(
  proxy: TestProxy,
  way: (typeof WAYS)[number],
  host: string,
  port: number,
): Promise<string> {
  const client = connectRaw(proxy.port);
  client.socket.write(requestFor(way, host, port));
  const answer = await client.until((received) => received.includes('\r\n\r\n'));
  client.socket.destroy();
  return answer;
}

const SUCCESS = { GET: 200, CONNECT: 200, websocket: 101 } as const;

// Covers: EV-12
test.each(WAYS)('by %s, the addresses that were checked are those that are dialled', async (way) => {
  const origin = await listenAt('127.0.0.2');
  const inside = await listenAt('127.0.0.1', origin.port);
  let questions = 0;
  // The first answer leads outside, and every later one inside.
  const { proxy, dns } = await proxyAsking(
    ({ type }) => {
      if (type === 'A') questions += 1;
      return { records: [{ address: questions > 1 ? '127.0.0.1' : '127.0.0.2', ttl: 0 }] };
    },
    { connectPorts: [origin.port] },
  );
  expect(await ask(proxy, way, 'rebound.test', origin.port)).toContain(`HTTP/1.1 ${SUCCESS[way]} `);
  expect(
    dns
      .askedFor('rebound.test')
      .map(({ type }) => type)
      .toSorted(),
  ).toEqual(['A', 'AAAA']);

  await vi.waitFor(
    async () =>
      expect(await ask(proxy, way, 'rebound.test', origin.port)).toContain('error=destination_ip_prohibited'),
    { timeout: 20_000, interval: 50 },
  );
  expect(inside.hits()).toBe(0);
  expect((await proxy.linesOf('decision', 2)).at(-1)).toMatchObject({
    address: '127.0.0.1',
    range: 'loopback',
  });
});

// Covers: EV-12
test('of a name that leads inside and outside only the outside is dialled', async () => {
  const origin = await listenAt('127.0.0.2');
  const inside = await listenAt('127.0.0.1', origin.port);
  const addresses = ['127.0.0.1', '::1', '::ffff:7f00:1', '169.254.169.254', '127.0.0.2', '0.0.0.0'];
  const { proxy } = await proxyAsking(() => ({ records: addresses.map((address) => ({ address })) }), {
    connectPorts: [origin.port],
  });
  for (const way of WAYS)
    expect(await ask(proxy, way, 'mixed.test', origin.port)).toContain(`HTTP/1.1 ${SUCCESS[way]} `);
  expect(origin.hits()).toBe(3);
  expect(inside.hits()).toBe(0);
});

const SPECIAL_ANSWERS = [
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['0.0.0.0', 'unspecified'],
  ['10.0.0.1', 'private'],
  ['100.64.0.1', 'carrier-grade-nat'],
  ['169.254.1.1', 'link-local'],
  ['169.254.169.254', 'cloud-metadata'],
  ['100.100.100.200', 'cloud-metadata'],
  ['168.63.129.16', 'cloud-metadata'],
  ['192.0.0.8', 'reserved'],
  ['192.0.2.1', 'reserved'],
  ['198.18.0.1', 'reserved'],
  ['224.0.0.1', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['::7f00:1', 'not-global-unicast'],
  ['::ffff:7f00:1', 'loopback'],
  ['::ffff:a9fe:a9fe', 'cloud-metadata'],
  ['::ffff:0:7f00:1', 'ipv4-translated'],
  ['64:ff9b::7f00:1', 'loopback'],
  ['64:ff9b:1::1', 'reserved'],
  ['2002:7f00:1::', '6to4'],
  ['2001:0:7f00:1::1', 'teredo'],
  ['2001:db8::1', 'reserved'],
  ['fc00::1', 'unique-local'],
  ['fd00:ec2::254', 'cloud-metadata'],
  ['fe80::1', 'link-local'],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
] as const;

// Covers: EV-11; EV-12
test('a name that leads to a special address is refused for it, in all three ways', async () => {
  const inside = await listenAt('127.0.0.1');
  const { proxy } = await proxyAsking(
    ({ name }) => {
      const [address] = SPECIAL_ANSWERS[Number.parseInt(name, 10)] ?? ['127.0.0.1'];
      return { records: [{ address }] };
    },
    { connectPorts: [inside.port] },
  );
  for (const [index, [address]] of SPECIAL_ANSWERS.entries())
    for (const way of WAYS) {
      const answer = await ask(proxy, way, `${index}.inside.test`, inside.port);
      expect(answer, address).toMatch(/^HTTP\/1\.1 502 /);
      expect(answer, address).toContain('error=destination_ip_prohibited');
    }
  const decisions = await proxy.linesOf('decision', SPECIAL_ANSWERS.length * WAYS.length);
  for (const decision of decisions) {
    const [address, range] = SPECIAL_ANSWERS[Number.parseInt(String(decision.host), 10)] ?? [];
    expect(decision, address).toMatchObject({ action: 'block', reason: 'address-forbidden', range });
  }
  expect(inside.hits()).toBe(0);
});

const SPELLINGS = [
  '127.0.0.1',
  '127.1',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '2130706433',
  '0x7f000001',
  '127.0.0.1.',
  '%31%32%37.0.0.1',
  '0',
  '0.0.0.0',
  '[::]',
  '[::1]',
  '[::127.0.0.1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[2002:7f00:1::]',
  '169.254.169.254',
  '169.254.43518',
  '0xa9fea9fe',
  '2852039166',
  '0251.0376.0251.0376',
  '[::ffff:169.254.169.254]',
  '[64:ff9b::a9fe:a9fe]',
  '[fd00:ec2::254]',
];

// Covers: EV-04; EV-11
test('a special address is refused however it is written, in all three ways, and nobody is asked for it', async () => {
  const inside = await listenAt('127.0.0.1');
  const { proxy, dns } = await proxyAsking(() => ({ records: [{ address: '127.0.0.2' }] }), {
    connectPorts: [inside.port],
  });
  for (const spelling of SPELLINGS)
    for (const way of WAYS)
      expect(await ask(proxy, way, spelling, inside.port), spelling).toContain(
        'error=destination_ip_prohibited',
      );
  for (const decision of await proxy.linesOf('decision', SPELLINGS.length * WAYS.length))
    expect(decision).toMatchObject({ action: 'block', reason: 'address-forbidden' });
  expect(inside.hits()).toBe(0);
  expect(dns.asked).toEqual([]);
});

const NO_HOSTS = [
  '127.0.0.256',
  '0x100000000',
  '127.0.0.1%00',
  'localhost%00.allowed.test',
  '[::1%25lo]',
  '[::1%lo]',
  '[[::1]]',
  '[127.0.0.1]',
  'user@127.0.0.1',
];

// Covers: EV-05; EV-11
test('what looks like an address and is none is malformed, in all three ways, and nobody is asked for it', async () => {
  const { proxy, dns } = await proxyAsking(() => ({ records: [{ address: '127.0.0.2' }] }));
  for (const text of NO_HOSTS)
    for (const way of WAYS) expect(await ask(proxy, way, text, 443), text).toMatch(/^HTTP\/1\.1 400 /);
  for (const decision of await proxy.linesOf('decision', NO_HOSTS.length * WAYS.length))
    expect(decision).toMatchObject({ action: 'block', reason: 'malformed' });
  expect(dns.asked).toEqual([]);
});

// Covers: EV-12
test('no question leaves for a request that is blocked, whatever blocks it and however it came', async () => {
  const policies = {
    'office.yaml': `${BLOCKING_POLICY}  - id: no-port
    block: { domains: [port.test] }
    ports: [444]
`,
  };
  const { proxy, dns } = await proxyAsking(() => ({ rcode: 'NXDOMAIN' }), {
    policies,
    connectPorts: [443, 444],
    config: { blockPage: { https: 'refuse' } },
  });
  for (const way of WAYS)
    for (const host of ['blocked.test', 'a.b.blocked.test', 'BLOCKED.test.', 'bl%6Fcked.test'])
      await ask(proxy, way, host, 443);
  for (const way of WAYS) await ask(proxy, way, 'port.test', 444);
  await ask(proxy, 'CONNECT', 'mail.test', 25); // a port that no tunnel may lead to
  await proxy.linesOf('outcome', 3 * 4 + 3 + 1);
  expect(dns.asked).toEqual([]);
  await ask(proxy, 'GET', 'other.example', 80);
  expect(dns.askedFor('other.example').length).toBeGreaterThan(0); // the server is there to be asked
});

// Covers: EV-12; EV-13
test.each([
  ['default: block', 'department: a\ntitle: A\nmembers: { networks: [127.0.0.1] }\ndefault: block\n'],
  ['no department', 'department: a\ntitle: A\nmembers: { networks: [10.0.0.0/8] }\ndefault: allow\n'],
])('no question leaves for a client with %s', async (_name, policy) => {
  const { proxy, dns } = await proxyAsking(() => ({ records: [{ address: '127.0.0.2' }] }), {
    policies: { 'a.yaml': policy },
    config: { blockPage: { https: 'refuse' } },
  });
  for (const way of WAYS) expect(await ask(proxy, way, 'any.test', 443)).toMatch(/^HTTP\/1\.1 403 /);
  expect(dns.asked).toEqual([]);
});

// Covers: EV-42
test('a redirect to an internal address is passed on, never followed, and refused when the client follows it', async () => {
  const inside = await listenAt('127.0.0.1');
  const location = `http://127.0.0.1:${inside.port}/latest/meta-data/`;
  const origin = await startHttpOrigin((_, response) => response.writeHead(302, { location }).end());
  const { proxy } = await proxyAsking(() => ({ rcode: 'NXDOMAIN' }), {
    egress: {
      internalNetworks: [],
      internalNames: ['allowed.test'],
      dns: { hosts: { 'allowed.test': ['127.0.0.1'] } },
    },
  });
  const answer = await request(proxy.port, `http://allowed.test:${origin.port}/`);
  expect(answer).toMatchObject({ status: 302, headers: { location } });
  expect(inside.hits()).toBe(0);
  expect((await request(proxy.port, location)).status).toBe(502);
  expect((await request(proxy.port, 'http://169.254.169.254/latest/meta-data/')).status).toBe(502);
  expect(inside.hits()).toBe(0);
});

// Covers: EV-34
test('a name that leads to the proxy itself is refused, though all is opened', async () => {
  const { proxy } = await proxyAsking(
    ({ type }) => ({ records: type === 'A' ? [{ address: '127.0.0.7' }] : [] }),
    { egress: { internalNetworks: ['127.0.0.0/8'], internalNames: ['alias.test'] } },
  );
  for (const way of ['GET', 'websocket'] as const)
    expect(await ask(proxy, way, 'alias.test', proxy.port)).toContain('error=destination_ip_prohibited');
  for (const decision of await proxy.linesOf('decision', 2))
    expect(decision).toMatchObject({ address: '127.0.0.7', range: 'own-listener' });
});

// Covers: RFC 9209 section 2.3.1; RFC 9209 section 2.3.2
test.each([
  ['a name that does not exist', { rcode: 'NXDOMAIN' }, 502, 'dns_error'],
  ['a name without addresses', { records: [] }, 502, 'dns_error'],
  ['a server that fails', { rcode: 'SERVFAIL' }, 502, 'dns_error'],
  ['a server that is silent', 'silence', 504, 'dns_timeout'],
  ['an alias that leads nowhere', { records: [{ alias: 'gone.test' }] }, 502, 'dns_error'],
  ['an alias that leads to itself', { records: [{ alias: 'a.test' }] }, 502, 'dns_error'],
] as const)('%s is told to the client, and ends nothing', async (_name, reply, status, error) => {
  const { proxy } = await proxyAsking(() => reply, { limits: { resolveMs: 300 } });
  for (const way of WAYS) {
    const answer = await ask(proxy, way, 'a.test', 443);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain(`error=${error}`);
  }
  for (const outcome of await proxy.linesOf('outcome', 3))
    expect(outcome).toMatchObject({ kind: 'upstream-failed', cause: error });
});

// Covers: EV-19
test.each(WAYS)(
  'by %s, nothing is dialled for a client that left while its name was looked up',
  async (way) => {
    const origin = await listenAt('127.0.0.2');
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { proxy, dns } = await proxyAsking(
      async () => {
        await released;
        return { records: [{ address: '127.0.0.2' }] };
      },
      { connectPorts: [origin.port] },
    );
    const client = connectRaw(proxy.port);
    client.socket.write(requestFor(way, 'slow.test', origin.port));
    await vi.waitFor(() => expect(dns.asked.length).toBeGreaterThan(0), { timeout: 10_000 });
    client.socket.resetAndDestroy();
    await ask(proxy, 'GET', 'blocked.test', 80); // by the time this is answered the proxy has seen the reset
    release();
    const outcomes = await proxy.linesOf('outcome', 2);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['block-page-served', 'client-left']);
    expect(origin.hits()).toBe(0);
  },
);

// Covers: RFC 8305 section 5
test('an address that does not answer holds up no tunnel, request, upload or WebSocket for long', async () => {
  const { port } = await startBlackhole('127.0.0.3');
  await listenAt('127.0.0.2', port);
  const { proxy } = await proxyAsking(
    () => ({ records: [{ address: '127.0.0.3' }, { address: '127.0.0.2' }] }),
    { connectPorts: [port], egress: { internalNetworks: ['127.0.0.2/32', '127.0.0.3/32'] } },
  );
  for (const way of WAYS)
    expect(await ask(proxy, way, 'half-dead.test', port)).toContain(`HTTP/1.1 ${SUCCESS[way]} `);
  const url = `http://half-dead.test:${port}/`;
  expect(await request(proxy.port, url, { method: 'POST', body: 'a body' })).toMatchObject({
    body: '127.0.0.2',
  });
});

// Covers: RFC 9209 section 2.3.9
test('when no address answers within the limit the client gets 504, in all three ways', async () => {
  const { port } = await startBlackhole('127.0.0.2');
  const { proxy } = await proxyAsking(() => ({ records: [{ address: '127.0.0.2' }] }), {
    connectPorts: [port],
    limits: { dialMs: 200 },
  });
  for (const way of WAYS) {
    const answer = await ask(proxy, way, 'dead.test', port);
    expect(answer).toMatch(/^HTTP\/1\.1 504 /);
    expect(answer).toContain('error=connection_timeout');
  }
});

// Covers: EV-19
test('clients that leave while their origin is dialled leave nothing behind', async () => {
  const { port } = await startBlackhole('127.0.0.2');
  const { proxy } = await proxyAsking(() => ({ records: [{ address: '127.0.0.2' }] }), {
    connectPorts: [port],
  });
  for (const way of WAYS) {
    const client = connectRaw(proxy.port);
    client.socket.write(requestFor(way, 'dead.test', port));
    await proxy.linesOf('decision', WAYS.indexOf(way) + 1);
    client.socket.resetAndDestroy();
  }
  for (const outcome of await proxy.linesOf('outcome', 3))
    expect(outcome).toMatchObject({ kind: 'client-left' });
});

test('a tunnel goes on after a name has changed: only new ones are looked up', async () => {
  const origin = await startRawOrigin((socket) => socket.pipe(socket));
  let address = '127.0.0.1';
  const { proxy } = await proxyAsking(() => ({ records: [{ address, ttl: 0 }] }), {
    plainPorts: [origin.port],
    egress: { internalNetworks: ['127.0.0.1/32'] },
  });
  const tunnel = await openTunnel(proxy.port, `moving.test:${origin.port}`);
  address = '127.0.0.9';
  await vi.waitFor(
    async () => expect(await ask(proxy, 'CONNECT', 'moving.test', origin.port)).toContain(' 502 '),
    { timeout: 20_000, interval: 50 },
  );
  tunnel.socket.write('still here');
  await tunnel.until((received) => received.endsWith('still here'));
});
