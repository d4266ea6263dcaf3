import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { startPostern } from '../../src/app.ts';
import { loadConfig } from '../../src/config/load.ts';
import { exchangeRaw, openTunnel, request } from '../support/client.ts';
import { startNameServer } from '../support/name-server.ts';
import { startHttpOrigin, startRawOrigin } from '../support/origin.ts';
import { closedPort } from '../support/parent.ts';
import { type ProxySetup, startProxy, type TestProxy } from '../support/proxy.ts';
import { folderWith } from '../support/temp-dir.ts';

/** A Postern whose parent is another one. */
const childOf = (parent: TestProxy, setup: ProxySetup = {}): Promise<TestProxy> =>
  startProxy({
    ...setup,
    egress: { upstream: [{ proxies: [{ url: `http://127.0.0.1:${parent.port}` }] }], ...setup.egress },
  });

const ELSEWHERE = {
  'office.yaml': 'department: office\ntitle: Office\nmembers: { networks: [127.0.0.1] }\ndefault: allow\n',
};

test('two Posterns in a chain: both name themselves in Via, and each leaves its two lines', async () => {
  let via: string | undefined;
  const origin = await startHttpOrigin((incoming, response) => {
    via = incoming.headers.via;
    response.end('through two');
  });
  const parent = await startProxy();
  const child = await childOf(parent);
  const answer = await request(child.port, `http://allowed.test:${origin.port}/`);
  expect(answer.body).toBe('through two');
  expect(via).toMatch(/^1\.1 postern-[0-9a-f]{8}, 1\.1 postern-[0-9a-f]{8}$/);
  expect(new Set(via?.split(', ')).size).toBe(2);
  expect(answer.headers.via?.split(', ').reverse()).toEqual(via?.split(', '));
  expect((await child.linesOf('outcome', 1))[0]).toMatchObject({ upstream: `127.0.0.1:${parent.port}` });
  expect((await parent.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'response-relayed' });
});

test('a tunnel through two Posterns reaches its origin', async () => {
  const origin = await startRawOrigin((socket) => socket.pipe(socket));
  const parent = await startProxy({ plainPorts: [origin.port] });
  const child = await childOf(parent, { plainPorts: [origin.port] });
  const tunnel = await openTunnel(child.port, `allowed.test:${origin.port}`);
  tunnel.socket.write('hello');
  await tunnel.until((received) => received.endsWith('hello'));
});

test('what the child blocks gets the page of the child, and the parent hears nothing of it', async () => {
  const parent = await startProxy();
  const child = await childOf(parent);
  const answer = await request(child.port, 'http://blocked.test/', { headers: { accept: 'text/plain' } });
  expect(answer.status).toBe(403);
  expect(answer.body).toContain((await child.linesOf('decision', 1))[0]?.code);
  expect(parent.lines()).toEqual([]);
});

test('what the parent blocks gets the page of the parent over plain HTTP, and by CONNECT a 502 of the child', async () => {
  const parent = await startProxy({ config: { blockPage: { https: 'refuse' } } });
  const child = await childOf(parent, { policies: ELSEWHERE });
  const answer = await request(child.port, 'http://blocked.test/', { headers: { accept: 'text/plain' } });
  expect(answer.status).toBe(403);
  expect(answer.body).toContain((await parent.linesOf('decision', 1))[0]?.code);
  const received = await exchangeRaw(child.port, 'CONNECT blocked.test:443 HTTP/1.1\r\nHost: x\r\n\r\n');
  expect(received).toMatch(/^HTTP\/1\.1 502 /);
  expect(received).toContain('error=http_request_denied; received-status=403');
});

// Covers: EV-34; RFC 9110 section 7.6.3
test.for([
  ['a request', 'GET http://allowed.test/', /error=proxy_loop_detected/],
  ['a tunnel', 'CONNECT allowed.test:443', /error=destination_unavailable; received-status=502/],
] as const)(
  'two Posterns that are parents of each other: %s goes round once, and ends as a loop',
  async ([, asked, error]) => {
    const ports = [await closedPort(), await closedPort()];
    const [first, second] = await Promise.all(
      ports.map((port, index) =>
        startProxy({
          config: { listen: [{ host: '127.0.0.1', port }] },
          egress: { upstream: [{ proxies: [{ url: `http://127.0.0.1:${ports[1 - index]}` }] }] },
        }),
      ),
    );
    const received = await exchangeRaw(
      ports[0] ?? 0,
      `${asked} HTTP/1.1\r\nHost: x\r\nVia: 1.0 somebody\r\nConnection: close\r\n\r\n`,
    );
    expect(received).toMatch(/^HTTP\/1\.1 502 /);
    expect(received).toMatch(error);
    const decisions = await first?.linesOf('decision', 2);
    expect(decisions?.map(({ reason }) => reason)).toEqual(['default', 'proxy-loop']);
    expect(await second?.linesOf('outcome', 1)).toHaveLength(1);
  },
);

// Covers: EV-34
test('a parent that is this Postern itself keeps it from starting, by address and by name', async () => {
  const port = await closedPort();
  for (const host of ['127.0.0.1', 'self.test']) {
    const config = configIn(
      `listen: [{ host: 127.0.0.1, port: ${port} }]
egress:
  dns: { hosts: { self.test: [127.0.0.1] } }
  upstream: [{ proxies: [{ url: "http://${host}:${port}" }] }]
`,
    );
    const started = await startPostern(config, () => {});
    expect(started).toMatchObject({
      ok: false,
      error: [
        {
          at: expect.stringMatching(/postern\.yaml:4:33$/),
          problem: `the parent proxy ${host}:${port} is this Postern itself`,
        },
      ],
    });
  }
});

// Covers: EV-34
test('a parent whose name comes to lead to this Postern is not dialled', async () => {
  const port = await closedPort();
  let isThere = false;
  const dns = await startNameServer(() =>
    isThere ? { records: [{ address: '127.0.0.1' }] } : { rcode: 'SERVFAIL' },
  );
  const proxy = await startProxy({
    config: { listen: [{ host: '127.0.0.1', port }] },
    egress: {
      dns: { servers: [dns.address] },
      upstream: [{ proxies: [{ url: `http://later.test:${port}` }] }],
    },
  });
  isThere = true;
  // What a name server could not say is kept for a moment.
  await vi.waitFor(
    async () => {
      const answer = await request(proxy.port, 'http://allowed.test/');
      expect(answer.headers['proxy-status']).toContain('error=proxy_loop_detected');
    },
    { timeout: 20_000, interval: 100 },
  );
  expect((await proxy.linesOf('outcome', 1)).map(({ kind }) => kind)).not.toContain('response-relayed');
  expect(new Set(proxy.lines().map(({ reason }) => reason))).toEqual(new Set(['default', undefined]));
});

test('a parent whose name has no address at start is a warning: it may come to have one', async () => {
  const proxy = await startProxy({
    egress: { upstream: [{ proxies: [{ url: 'http://nowhere.test:3128' }] }] },
  });
  expect(proxy.announcements.filter(({ kind }) => kind === 'warning')).toMatchObject([
    {
      problem: {
        problem: expect.stringMatching(/^the parent proxy nowhere\.test:3128 cannot be looked up: dns_/),
      },
    },
  ]);
});

test('a department that no policy has keeps Postern from starting: those who were meant would go another way', async () => {
  const config = configIn('egress: { upstream: [{ departments: [ofice], proxies: [direct] }] }');
  expect(await startPostern(config, () => {})).toMatchObject({
    ok: false,
    error: [{ at: expect.stringMatching(/postern\.yaml:1:38$/), problem: 'there is no department `ofice`' }],
  });
});

function configIn(text: string) {
  const cwd = folderWith({ 'policies/office.yaml': ELSEWHERE['office.yaml'], 'postern.yaml': text });
  const config = loadConfig({ file: join(cwd, 'postern.yaml'), flags: [], environment: {}, cwd });
  if (!config.ok) throw new Error(JSON.stringify(config.error));
  return config.value;
}
