import { readdirSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { parseNetwork } from '../../src/policy/network.ts';
import { connectRaw, exchangeRaw, openTunnel, type RawClient, request } from '../support/client.ts';
import { startHttpOrigin, startRawOrigin } from '../support/origin.ts';
import { type Line, startProxy, type TestProxy } from '../support/proxy.ts';

const refusals = (proxy: TestProxy): Line[] => proxy.lines().filter(({ event }) => event === 'refusal');
const refusedInAll = (proxy: TestProxy): number =>
  refusals(proxy).reduce((sum, { refused }) => sum + Number(refused), 0);

/** A connection on which one request was answered, and which stays open. */
async function openConnection(proxy: TestProxy): Promise<RawClient> {
  const client = connectRaw(proxy.port);
  client.socket.write('HEAD http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\n\r\n');
  await client.until((received) => received.includes('\r\n\r\n'));
  return client;
}

describe('connections', () => {
  // Covers: EV-28; EV-32; RFC 6585 section 4
  test('of one client beyond its limit get 429 with all that a person needs, and one line', async () => {
    const proxy = await startProxy({ limits: { connectionsPerClient: 2 } });
    const first = await openConnection(proxy);
    await openConnection(proxy);
    const answer = await request(proxy.port, 'http://allowed.test/', {
      headers: { accept: 'text/html', 'accept-language': 'ko' },
    });
    const [line, ...others] = refusals(proxy);
    expect(answer.status).toBe(429);
    expect(answer.headers).toMatchObject({
      'retry-after': '10',
      connection: 'close',
      'cache-control': 'no-store',
      'content-language': 'ko',
      'proxy-status': `postern; error=http_request_denied; details="limit connectionsPerClient, incident ${line?.code}"`,
    });
    expect(answer.body).toContain('요청이 너무 많습니다');
    expect(answer.body).toContain('help@office.test');
    expect(line).toMatchObject({
      client: '127.0.0.1',
      department: 'office',
      limit: 'connectionsPerClient',
      status: 429,
      refused: 1,
    });
    expect(others).toEqual([]);

    first.socket.destroy();
    await vi.waitFor(async () =>
      expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403),
    );
  });

  test('of all clients beyond their limit get 503, as text or JSON too', async () => {
    const proxy = await startProxy({ limits: { connections: 1 } });
    await openConnection(proxy);
    const json = await request(proxy.port, 'http://allowed.test/', {
      headers: { accept: 'application/json' },
    });
    expect(json).toMatchObject({ status: 503, headers: { 'retry-after': '10' } });
    expect(JSON.parse(json.body)).toMatchObject({ type: 'urn:postern:limit-reached', reason: 'connections' });
    const text = await exchangeRaw(
      proxy.port,
      'CONNECT allowed.test:443 HTTP/1.1\r\nHost: allowed.test\r\nAccept: text/plain\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(text).toContain('Too busy: The gateway is too busy');
    await proxy.stop();
    expect(refusals(proxy)).toMatchObject([
      { limit: 'connections', status: 503, refused: 1 },
      { limit: 'connections', status: 503, refused: 1, id: refusals(proxy)[0]?.id },
    ]);
  });

  test('that are turned away and ask nothing, or ask in nonsense, are closed; the line counts them', async () => {
    const proxy = await startProxy({ limits: { connections: 1, lingerMs: 50 } });
    await openConnection(proxy);
    expect((await connectRaw(proxy.port).closed()).received).toBe('');
    expect(await exchangeRaw(proxy.port, '\x01\x02\r\n\r\n')).toBe('');
    await proxy.stop();
    expect(refusedInAll(proxy)).toBe(2);
    expect(proxy.lines().filter(({ reason }) => reason === 'malformed')).toEqual([]);
  });

  // Covers: EV-28; EV-32
  test('in a flood are reset, which costs two lines and nobody else’s requests', async () => {
    const proxy = await startProxy({ limits: { connectionsPerClient: 1 } });
    const kept = await openConnection(proxy);
    const flood = Array.from({ length: 400 }, () => connectRaw(proxy.port));
    await vi.waitFor(() => expect(flood.filter(({ socket }) => socket.destroyed).length).toBe(400 - 256), {
      timeout: 20_000,
    });
    kept.socket.write('HEAD http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\n\r\n');
    await kept.until((received) => received.match(/HTTP\/1\.1 403/g)?.length === 2);
    for (const { socket } of flood) socket.destroy();
    await proxy.stop();
    expect(refusals(proxy).map(({ refused }) => refused)).toEqual([1, 399]);
  });

  test('of exempt networks have no limit of their own', async () => {
    const loopback = parseNetwork('127.0.0.0/8');
    if (!loopback.ok) throw new Error();
    const limits = { connectionsPerClient: 1, tunnelsPerClient: 1, requestBurstPerClient: 1 };
    const proxy = await startProxy({ limits: { ...limits, exempt: [loopback.value] } });
    for (let index = 0; index < 5; index++) await openConnection(proxy);
    expect(refusals(proxy)).toEqual([]);
  });

  test('are taken no more while memory is short, and those that are open go on', async () => {
    const proxy = await startProxy({ limits: { memoryMb: 1 } });
    const open = await openConnection(proxy);
    await vi.waitFor(() => expect(proxy.announcements).toHaveLength(2), { timeout: 10_000 });
    expect(proxy.announcements[1]).toMatchObject({ kind: 'warning', problem: { at: 'limits.memoryMb' } });
    const answer = await request(proxy.port, 'http://allowed.test/');
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '30' } });
    expect(refusals(proxy)).toMatchObject([{ limit: 'memoryMb', status: 503 }]);
    open.socket.write('HEAD http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\n\r\n');
    await open.until((received) => received.match(/HTTP\/1\.1 403/g)?.length === 2);
  });
});

describe('tunnels', () => {
  // Covers: EV-32
  test('that stand idle end at their limit; descriptors come back when they close', async () => {
    const origin = await startRawOrigin((socket) => socket.resume());
    const proxy = await startProxy({ plainPorts: [origin.port], limits: { tunnelsPerClient: 40 } });
    const authority = `allowed.test:${origin.port}`;
    const baseline = readdirSync('/proc/self/fd').length;
    const tunnels: RawClient[] = [];
    for (let index = 0; index < 40; index++) tunnels.push(await openTunnel(proxy.port, authority));
    for (let index = 0; index < 5; index++)
      await expect(openTunnel(proxy.port, authority)).rejects.toThrow(/^HTTP\/1\.1 429 /);
    expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403);
    expect(origin.accepted()).toBe(40);

    for (const { socket } of tunnels) socket.destroy();
    await vi.waitFor(() => expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(baseline));
    expect((await openTunnel(proxy.port, authority)).socket.destroyed).toBe(false);
    await proxy.stop();
    expect(refusedInAll(proxy)).toBe(5);
    expect(refusals(proxy)[0]).toMatchObject({ limit: 'tunnelsPerClient', status: 429 });
  });

  test('are WebSockets too', async () => {
    const proxy = await startProxy({ limits: { tunnelsPerClient: 1 } });
    const upgrade =
      'GET ws://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const origin = await startRawOrigin((socket) => socket.resume());
    const held = connectRaw(proxy.port);
    held.socket.write(upgrade.replaceAll('blocked.test', `allowed.test:${origin.port}`));
    await vi.waitFor(() => expect(origin.open()).toBe(1));
    expect(await exchangeRaw(proxy.port, upgrade)).toMatch(/^HTTP\/1\.1 429 /);
  });
});

describe('requests', () => {
  // Covers: EV-28; RFC 6585 section 4
  test('beyond the rate get 429 and close; each is counted in the log', async () => {
    const proxy = await startProxy({
      limits: { requestsPerMinutePerClient: 1, requestBurstPerClient: 3 },
    });
    const get = 'GET http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\n\r\n';
    const received = await exchangeRaw(proxy.port, get.repeat(5));
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual([...Array(3).fill('HTTP/1.1 403'), 'HTTP/1.1 429']);
    const answer = await request(proxy.port, 'http://blocked.test/');
    expect(answer).toMatchObject({ status: 429, headers: { 'retry-after': '5', connection: 'close' } });
    expect(answer.headers['proxy-status']).toContain(String(refusals(proxy)[0]?.code));
    await proxy.stop();
    expect(refusedInAll(proxy)).toBe(2);
    expect(proxy.lines().filter(({ event }) => event === 'decision')).toHaveLength(3);
  });

  // Covers: EV-31; RFC 6585 section 5
  test('with more header fields than the limit get 431; as many as the limit pass', async () => {
    const origin = await startHttpOrigin((incoming, response) =>
      response.end(`${incoming.rawHeaders.filter((name) => name === 'X').length}`),
    );
    const proxy = await startProxy({ limits: { maxHeaderFields: 50 } });
    const get = (count: number) =>
      `GET http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\nConnection: close\r\n${'X: y\r\n'.repeat(count)}\r\n`;
    expect(await exchangeRaw(proxy.port, get(48))).toMatch(/\r\n\r\n48$/);
    expect(await exchangeRaw(proxy.port, get(49))).toMatch(/^HTTP\/1\.1 431 /);
    expect(proxy.lines().at(-1)).toMatchObject({ reason: 'malformed', status: 431 });
  });

  // Covers: EV-09
  test('cannot hide a second Host behind a thousand fields', async () => {
    const proxy = await startProxy({ limits: { maxHeaderFields: 10_000 } });
    const received = await exchangeRaw(
      proxy.port,
      `GET http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\n${'X: y\r\n'.repeat(3_000)}Host: allowed.test\r\n\r\n`,
    );
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('slow clients', () => {
  const drip = (client: RawClient, text: string): void => {
    const timer = setInterval(() => client.socket.write(text), 10);
    client.socket.once('close', () => clearInterval(timer));
  };

  // Covers: EV-31; RFC 9110 section 15.5.9
  test('that drip their heads get 408 each, while others are served', async () => {
    const proxy = await startProxy({ limits: { requestHeadMs: 300 } });
    const clients = Array.from({ length: 20 }, () => connectRaw(proxy.port));
    for (const client of clients) {
      client.socket.write('GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\n');
      drip(client, 'X: y\r\n');
    }
    expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403);
    for (const client of clients) expect((await client.closed()).received).toMatch(/^HTTP\/1\.1 408 /);
    expect(proxy.lines().filter(({ status }) => status === 408)).toHaveLength(20);
  });

  // Covers: EV-31; RFC 9110 section 15.5.9
  test('that drip their bodies get 408 each, while others are served, and the origin is let go', async () => {
    const origin = await startHttpOrigin((incoming, response) => {
      incoming.resume().on('end', () => response.end('thanks'));
    });
    const proxy = await startProxy({
      limits: { requestBodyMs: 300, minRequestBodyBytes: 10_000, lingerMs: 50 },
    });
    const url = `http://allowed.test:${origin.port}/`;
    const clients = Array.from({ length: 10 }, () => connectRaw(proxy.port));
    for (const client of clients) {
      client.socket.write(`POST ${url} HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: 1000000\r\n\r\n`);
      drip(client, 'x');
    }
    expect(await request(proxy.port, url, { method: 'POST', body: 'whole' })).toMatchObject({
      status: 200,
      body: 'thanks',
    });
    for (const client of clients) {
      const { received } = await client.closed();
      expect(received).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
      expect(received).toContain('Connection: close');
    }
    const outcomes = await proxy.linesOf('outcome', 11);
    expect(outcomes.filter(({ kind }) => kind === 'client-too-slow')).toHaveLength(10);
    await vi.waitFor(() => expect(origin.open()).toBe(0));
  });

  // Covers: EV-31
  test('that drip on after a part of their answer came are cut off', async () => {
    const origin = await startRawOrigin((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart'));
    });
    const proxy = await startProxy({ limits: { requestBodyMs: 100 } });
    const client = connectRaw(proxy.port);
    client.socket.write(
      `POST http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: 1000\r\n\r\n`,
    );
    drip(client, 'x');
    await client.until((received) => received.includes('part'));
    await client.closed();
    expect(await proxy.linesOf('outcome', 1)).toMatchObject([{ kind: 'client-left' }]);
    await vi.waitFor(() => expect(origin.open()).toBe(0));
  });

  // Covers: EV-31
  test('that do not read their answers end at the idle limit, and so does their origin', async () => {
    const origin = await startHttpOrigin((_, response) => response.end(Buffer.alloc(50_000_000)));
    const proxy = await startProxy({ limits: { exchangeIdleMs: 300 } });
    const client = connectRaw(proxy.port);
    client.socket.write(`GET http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\n\r\n`);
    await client.until((received) => received.includes('\r\n\r\n'));
    client.socket.pause();
    expect(await proxy.linesOf('outcome', 1)).toMatchObject([{ kind: 'client-left' }]);
    await vi.waitFor(() => expect(origin.open()).toBe(0));
  });

  // Covers: EV-31; RFC 9110 section 10.1.1
  test.for([
    ['1.1', '100-continue', 'x'],
    ['1.1', 'something', ''],
    ['1.0', '100-continue', ''],
  ])(
    'of HTTP/%s that expect %s and drip "%s" get 408 where no 100 comes',
    async ([version, expected, body]) => {
      const origin = await startRawOrigin((socket) => socket.resume());
      const proxy = await startProxy({ limits: { requestBodyMs: 200, lingerMs: 50 } });
      const client = connectRaw(proxy.port);
      client.socket.write(
        `POST http://allowed.test:${origin.port}/ HTTP/${version}\r\nHost: allowed.test\r\nExpect: ${expected}\r\nContent-Length: 1000\r\n\r\n${body}`,
      );
      expect((await client.closed()).received).toMatch(/^HTTP\/1\.1 408 /);
      expect(await proxy.linesOf('outcome', 1)).toMatchObject([{ kind: 'client-too-slow' }]);
      await vi.waitFor(() => expect(origin.open()).toBe(0));
    },
  );

  test('that wait for the origin’s 100, as they said they would, are not slow', async () => {
    const origin = await startRawOrigin((socket) => {
      socket.once('data', () => {
        setTimeout(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), 400);
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nthanks'));
      });
    });
    const proxy = await startProxy({ limits: { requestBodyMs: 50 } });
    const client = connectRaw(proxy.port);
    client.socket.write(
      `POST http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`,
    );
    await client.until((received) => received.includes('100 Continue'));
    client.socket.write('body');
    await client.until((received) => received.endsWith('thanks'));
  });

  test('whose origin is what is slow are not punished for it', async () => {
    const origin = await startHttpOrigin((incoming, response) => {
      let received = 0;
      setTimeout(() => {
        incoming.on('data', (chunk: Buffer) => {
          received += chunk.length;
        });
        incoming.on('end', () => response.end(`${received}`));
      }, 600);
    });
    const proxy = await startProxy({ limits: { requestBodyMs: 100 } });
    const answer = await request(proxy.port, `http://allowed.test:${origin.port}/`, {
      method: 'POST',
      body: ['x'.repeat(8_000_000)],
    });
    expect(answer).toMatchObject({ status: 200, body: '8000000' });
  });
});

// Covers: EV-28
test('requests that are none count too: beyond the rate they leave no line each', async () => {
  const proxy = await startProxy({ limits: { requestsPerMinutePerClient: 1, requestBurstPerClient: 3 } });
  for (let time = 0; time < 6; time++) await exchangeRaw(proxy.port, 'GET /x HTTP/9\r\n\r\n');
  expect(proxy.lines().flatMap(({ problem }) => problem ?? [])).toHaveLength(3);
  expect(refusals(proxy)).toMatchObject([{ limit: 'requestsPerMinutePerClient', refused: 1 }]);
});
