import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { connectRaw, connectTls, openTunnelOn, type RawClient } from '../support/client.ts';
import { helloFor } from '../support/client-hello.ts';
import { issueClient, issueServer, newCa, type TestCa } from '../support/credentials.ts';
import { startHttpOrigin, startHttpsOrigin, startRawOrigin } from '../support/origin.ts';
import { hasCommand, run } from '../support/process.ts';
import { BLOCKING_POLICY, type ProxySetup, startProxy } from '../support/proxy.ts';

const NEVER_MS = 1_000_000;

type Setup = ProxySetup & { readonly clientCa?: TestCa; readonly proxyProtocol?: boolean };

/** A Postern that speaks TLS to its clients, and a way to connect to it. */
async function startSecured({ clientCa, proxyProtocol = false, ...setup }: Setup = {}) {
  const ca = newCa();
  const files = issueServer(ca);
  const listener = {
    host: '127.0.0.1',
    port: 0,
    tls: { ...files, ...(clientCa === undefined ? {} : { clientCa: clientCa.file }) },
    ...(proxyProtocol ? { proxyProtocol: { from: ['127.0.0.1'] } } : {}),
  };
  const proxy = await startProxy({ ...setup, config: { listen: [listener] } });
  const connect = (options: tls.ConnectionOptions = {}): RawClient =>
    connectTls(proxy.port, { ca: readFileSync(ca.file), ...options });
  return { proxy, ca, files, connect };
}

const get = (port: number, connection = 'close'): string =>
  `GET http://allowed.test:${port}/ HTTP/1.1\r\nHost: allowed.test:${port}\r\nConnection: ${connection}\r\n\r\n`;

const secure = async ({ socket }: RawClient): Promise<tls.TLSSocket> => {
  await once(socket, 'secureConnect');
  return socket as tls.TLSSocket;
};

describe('what a client can do over TLS', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('a request over %s', async (version) => {
    const origin = await startHttpOrigin((_, response) => response.end('here'));
    const { proxy, connect } = await startSecured();
    const client = connect({ minVersion: version, maxVersion: version });
    expect((await secure(client)).getProtocol()).toBe(version);
    client.socket.write(get(origin.port));
    expect((await client.closed()).received).toMatch(/^HTTP\/1\.1 200 .*here/s);
    expect(await proxy.linesOf('decision', 1)).toMatchObject([{ client: '127.0.0.1', department: 'office' }]);
  });

  test('a tunnel, with half-close and bytes counted as they were inside of TLS', async () => {
    const origin = await startRawOrigin((socket) => {
      socket.allowHalfOpen = true;
      socket.resume();
      socket.once('end', () => socket.end('after your end'));
    });
    const { proxy, connect } = await startSecured({ plainPorts: [origin.port] });
    const raw = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    const tunnel = await openTunnelOn(connect({ socket: raw }), `allowed.test:${origin.port}`);
    tunnel.socket.end('all I have to say');
    const { received, error } = await tunnel.closed();
    expect(error).toBeUndefined();
    expect(received).toContain('after your end');
    expect(await proxy.linesOf('outcome', 1)).toMatchObject([
      { kind: 'tunnel-closed', bytesUp: 17, bytesDown: 14 },
    ]);
  });

  test('TLS with the origin inside of TLS with the proxy', async () => {
    const origin = await startHttpsOrigin('allowed.test', (_, response) => response.end('secret'));
    const { connect } = await startSecured({ connectPorts: [origin.port] });
    const { socket } = await openTunnelOn(connect(), `allowed.test:${origin.port}`);
    expect(await askInside(socket, 'allowed.test', origin.ca)).toMatch(/^HTTP\/1\.1 200 .*secret/s);
  });

  // Covers: EV-07
  test('the alert for a tunnel that names another host', async () => {
    const origin = await startRawOrigin((socket) => socket.resume());
    const { proxy, connect } = await startSecured({ connectPorts: [origin.port] });
    const tunnel = await openTunnelOn(connect(), `allowed.test:${origin.port}`);
    tunnel.socket.write(helloFor('other.test'));
    const { received, error } = await tunnel.closed();
    expect(error).toBeUndefined();
    expect(received).toMatch(/\r\n\r\n\x15\x03\x03\0\x02\x02\x70$/); // a fatal alert, unrecognized_name
    expect((await proxy.linesOf('decision', 2))[1]).toMatchObject({ via: 'tls', reason: 'sni-mismatch' });
    await vi.waitFor(() => expect(origin.open()).toBe(0));
  });

  test('the block page, in TLS of its own inside', async () => {
    const { proxy, connect } = await startSecured();
    const { socket } = await openTunnelOn(connect(), 'blocked.test:443');
    const page = await askInside(socket, 'blocked.test', readFileSync(proxy.caFile, 'utf8'));
    expect(page).toMatch(/^HTTP\/1\.1 403 .*It is blocked for a test/s);
    expect(await proxy.linesOf('outcome', 1)).toMatchObject([{ kind: 'block-page-served' }]);
  });

  test('a WebSocket in the clear', async () => {
    const echo = await startRawOrigin((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        socket.pipe(socket);
      });
    });
    const { connect } = await startSecured();
    const client = connect();
    const host = `allowed.test:${echo.port}`;
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    client.socket.write(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n`);
    await client.until((received) => received.includes('101 ') && received.endsWith('\r\n\r\n'));
    client.socket.write('there and back');
    await client.until((received) => received.endsWith('there and back'));
  });
});

/** A request in TLS over a tunnel, and all that comes back. */
async function askInside(tunnel: net.Socket, host: string, ca: string): Promise<string> {
  tunnel.removeAllListeners('data');
  const inner = tls.connect({ socket: tunnel, servername: host, ca });
  onTestFinished(() => void inner.destroy());
  let received = '';
  inner.setEncoding('utf8');
  inner.on('data', (text: string) => {
    received += text;
  });
  inner.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nAccept: text/plain\r\nConnection: close\r\n\r\n`);
  await once(inner, 'close');
  return received;
}

describe('how a connection over TLS ends', () => {
  test('an origin that breaks off resets the client: it is never ended in an orderly way', async () => {
    const origin = await startRawOrigin((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nthe first part', () =>
          socket.resetAndDestroy(),
        );
      });
    });
    const { proxy, connect } = await startSecured();
    const client = connect();
    client.socket.write(get(origin.port));
    expect((await client.closed()).error?.code).toBe('ECONNRESET');
    expect(await proxy.linesOf('outcome', 1)).toMatchObject([
      { kind: 'upstream-failed', cause: 'http_response_incomplete' },
    ]);
  });

  test('a reset inside a tunnel goes on to the client, and one of the client to the origin', async () => {
    const endings: (string | undefined)[] = [];
    const origin = await startRawOrigin((socket) => {
      socket.on('error', (error: NodeJS.ErrnoException) => endings.push(error.code));
      socket.on('data', (data) => {
        if (String(data) === 'reset me') socket.resetAndDestroy();
      });
    });
    const { proxy, connect } = await startSecured({ plainPorts: [origin.port] });
    const first = await openTunnelOn(connect(), `allowed.test:${origin.port}`);
    first.socket.write('reset me');
    expect((await first.closed()).error?.code).toBe('ECONNRESET');
    const raw = net.connect({ port: proxy.port, host: '127.0.0.1' });
    const second = await openTunnelOn(connect({ socket: raw }), `allowed.test:${origin.port}`);
    raw.resetAndDestroy();
    await second.closed();
    await proxy.linesOf('outcome', 2);
    await vi.waitUntil(() => endings.includes('ECONNRESET'), { timeout: 10_000 });
    expect(origin.open()).toBe(0);
  });

  // Covers: EV-31
  test('a head that does not end is 408', async () => {
    const { proxy, connect } = await startSecured({ limits: { requestHeadMs: 100 } });
    const client = connect();
    client.socket.write('GET http://allowed.test/ HT');
    expect((await client.closed()).received).toMatch(/^HTTP\/1\.1 408 /);
    expect(proxy.lines()).toMatchObject([{ client: '127.0.0.1', reason: 'malformed', status: 408 }]);
  });

  test('a client that only shook hands is closed without a line', async () => {
    const { proxy, connect } = await startSecured({ limits: { requestHeadMs: 100 } });
    const { received, error } = await connect().closed();
    expect({ received, error }).toEqual({ received: '', error: undefined });
    expect(proxy.lines()).toEqual([]);
  });

  test('a stop does not wait for connections that have not asked for anything', async () => {
    const { proxy, connect } = await startSecured({
      limits: { drainMs: NEVER_MS, tlsHandshakeMs: NEVER_MS },
    });
    const shaken = connect();
    await secure(shaken);
    const silent = connectRaw(proxy.port);
    const half = connectRaw(proxy.port);
    half.socket.write(CLIENT_HELLO.subarray(0, 20));
    await Promise.all([silent, half].map(({ socket }) => once(socket, 'connect')));
    await proxy.stop();
    for (const client of [shaken, silent, half]) expect((await client.closed()).received).toBe('');
  });
});

/** The first record of a handshake, as a client sends it. */
const CLIENT_HELLO = Buffer.concat([Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), Buffer.alloc(511)]);

describe('a handshake that fails leaves one line', () => {
  // Covers: EV-28; RFC 7301 section 3.2
  test.each<[string, tls.ConnectionOptions, string, string]>([
    [
      'only HTTP/2 is offered',
      { ALPNProtocols: ['h2'] },
      'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
      'the TLS handshake failed (ERR_SSL_NO_APPLICATION_PROTOCOL)',
    ],
    [
      'only TLS 1.1 is offered',
      { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' },
      'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      'the TLS handshake failed (ERR_SSL_UNSUPPORTED_PROTOCOL)',
    ],
  ])('when %s', async (_name, options, told, problem) => {
    const { proxy, connect } = await startSecured();
    expect((await connect(options).closed()).error?.code).toBe(told);
    await proxy.linesOf('decision', 1);
    expect(proxy.lines()).toMatchObject([
      {
        event: 'decision',
        action: 'block',
        reason: 'malformed',
        client: '127.0.0.1',
        department: 'office',
        problem,
      },
    ]);
    expect(proxy.lines()[0]).not.toHaveProperty('status');
  });

  test.skipIf(!hasCommand('curl'))('when the client does not trust the certificate', async () => {
    const { proxy } = await startSecured();
    const { code } = await run('curl', [
      '-sS',
      '--proxy',
      `https://localhost:${proxy.port}`,
      'http://allowed.test/',
    ]);
    expect(code).toBe(60);
    expect((await proxy.linesOf('decision', 1))[0]?.problem).toBe(
      "the client does not take the proxy's certificate (ERR_SSL_TLSV1_ALERT_UNKNOWN_CA)",
    );
    expect(proxy.lines()).toHaveLength(1);
  });

  test('when the client speaks plain HTTP', async () => {
    const { proxy } = await startSecured();
    const client = connectRaw(proxy.port);
    client.socket.write(get(80));
    await client.closed();
    expect(await proxy.linesOf('decision', 1)).toMatchObject([
      { problem: 'the client speaks plain HTTP where TLS is spoken' },
    ]);
  });

  // Covers: EV-31
  test('when it takes too long, however busy the client is', async () => {
    const { proxy } = await startSecured({ limits: { tlsHandshakeMs: 150 } });
    const client = connectRaw(proxy.port);
    let at = 0;
    const drip = setInterval(() => client.socket.write(CLIENT_HELLO.subarray(at, ++at)), 10);
    onTestFinished(() => clearInterval(drip));
    await client.closed();
    clearInterval(drip);
    expect(at).toBeLessThan(CLIENT_HELLO.length);
    expect(proxy.lines()).toMatchObject([{ problem: 'the TLS handshake took too long' }]);
  });

  test('but not when nothing was said: browsers connect ahead of need', async () => {
    const { proxy } = await startSecured({ limits: { tlsHandshakeMs: 100 } });
    const waiting = connectRaw(proxy.port);
    const leaving = connectRaw(proxy.port);
    leaving.socket.end();
    await Promise.all([waiting.closed(), leaving.closed()]);
    const reset = connectRaw(proxy.port);
    await once(reset.socket, 'connect');
    reset.socket.resetAndDestroy();
    await reset.closed();
    expect(proxy.lines()).toEqual([]);
  });
});

describe('offers', () => {
  test.each<[string[] | undefined, string | false]>([
    [['h2', 'http/1.1'], 'http/1.1'],
    [['http/1.1'], 'http/1.1'],
    [undefined, false],
  ])('of the protocols %j the answer is %s', async (ALPNProtocols, agreed) => {
    const { connect } = await startSecured();
    const socket = await secure(connect(ALPNProtocols === undefined ? {} : { ALPNProtocols }));
    expect(socket.alpnProtocol).toBe(agreed);
  });
});

describe('where clients need certificates', () => {
  test('one with a certificate of the CA is served', async () => {
    const clientCa = newCa();
    const { connect } = await startSecured({ clientCa });
    const client = connect(issueClient(clientCa));
    client.socket.write(get(2));
    expect((await client.closed()).received).toMatch(/^HTTP\/1\.1 502 /);
  });

  // Covers: EV-28
  test.each<[string, (ca: TestCa) => tls.ConnectionOptions, string]>([
    ['none', () => ({}), 'the client has no certificate'],
    [
      'one of another CA',
      () => issueClient(newCa()),
      "the client's certificate is not valid (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
    ],
    [
      'one that has expired',
      (ca) => issueClient(ca, 0),
      "the client's certificate is not valid (CERT_HAS_EXPIRED)",
    ],
  ])('one with %s is refused before it can ask, and told of once', async (_name, options, problem) => {
    const clientCa = newCa();
    const { proxy, connect } = await startSecured({ clientCa });
    const client = connect(options(clientCa));
    client.socket.write(get(2));
    expect((await client.closed()).received).toBe('');
    expect(await proxy.linesOf('decision', 1)).toMatchObject([{ reason: 'malformed', problem }]);
  });
});

describe('a reload', () => {
  const serialOf = (socket: tls.TLSSocket): string => socket.getPeerCertificate().serialNumber;

  test('takes a new certificate for new connections, and drops nobody', async () => {
    const origin = await startHttpOrigin((_, response) => response.end('here'));
    const { proxy, ca, connect } = await startSecured();
    const old = connect();
    const oldSerial = serialOf(await secure(old));
    issueServer(ca);
    proxy.reload();
    await vi.waitFor(() => expect(proxy.announcements).toContainEqual({ kind: 'certificates-renewed' }));
    expect(serialOf(await secure(connect()))).not.toBe(oldSerial);
    old.socket.write(get(origin.port));
    expect((await old.closed()).received).toContain('here');
  });

  test('of an unchanged certificate is not told of', async () => {
    const { proxy } = await startSecured();
    proxy.reload();
    const kinds = () => proxy.announcements.map(({ kind }) => kind);
    await vi.waitFor(() => expect(kinds()).toContain('reloaded'), { timeout: 10_000 }); // which comes last
    expect(kinds()).not.toContain('certificates-renewed');
  });

  test('keeps the certificate in use when the new one is broken, and says so', async () => {
    const { proxy, files, connect } = await startSecured();
    const serial = serialOf(await secure(connect()));
    writeFileSync(files.cert, 'torn');
    proxy.reload();
    expect(proxy.announcements).toContainEqual({
      kind: 'certificates-refused',
      problems: [
        expect.objectContaining({
          at: expect.stringMatching(/postern\.yaml:\d+:\d+$/),
          problem: `${files.cert}: the file holds no certificate that can be read`,
        }),
      ],
    });
    expect(serialOf(await secure(connect()))).toBe(serial);
  });

  test('that takes the CA of clients away leaves them no session to come back with', async () => {
    const [before, after] = [newCa(), newCa()];
    const { proxy, connect } = await startSecured({ clientCa: before });
    const credentials = issueClient(before);
    const newSession = async (): Promise<Buffer> => (await once(connect(credentials).socket, 'session'))[0];
    const [one, another] = [await newSession(), await newSession()];
    const resumed = await secure(connect({ ...credentials, session: one }));
    expect(resumed.isSessionReused()).toBe(true);
    writeFileSync(before.file, after.authority.certificatePem);
    proxy.reload();
    const client = connect({ ...credentials, session: another });
    client.socket.write(get(2));
    expect((await client.closed()).received).toBe('');
    expect(await proxy.linesOf('decision', 1)).toMatchObject([{ reason: 'malformed' }]);
  });
});

describe('behind a load balancer that passes TLS through', () => {
  const policies = { 'office.yaml': BLOCKING_POLICY.replace('127.0.0.1', '10.1.0.0/16') };

  async function connectBehind(line: string, setup: ProxySetup = {}) {
    const { proxy, connect } = await startSecured({ proxyProtocol: true, policies, ...setup });
    const raw = net.connect({ port: proxy.port, host: '127.0.0.1' });
    onTestFinished(() => void raw.destroy());
    raw.write(line);
    return { proxy, raw, connect };
  }

  test('the PROXY header comes first, and says who is asking', async () => {
    const origin = await startHttpOrigin((_, response) => response.end('here'));
    const { proxy, raw, connect } = await connectBehind('PROXY TCP4 10.1.2.3 10.0.0.1 1 2\r\n');
    const client = connect({ socket: raw });
    client.socket.write(get(origin.port));
    expect((await client.closed()).received).toContain('here');
    expect(await proxy.linesOf('decision', 1)).toMatchObject([{ client: '10.1.2.3', department: 'office' }]);
  });

  test('a handshake that fails is told of the client that the header names', async () => {
    const { proxy, raw, connect } = await connectBehind('PROXY TCP4 10.1.2.3 10.0.0.1 1 2\r\n');
    await connect({ socket: raw, ALPNProtocols: ['h2'] }).closed();
    expect(await proxy.linesOf('decision', 1)).toMatchObject([{ client: '10.1.2.3', reason: 'malformed' }]);
  });

  test('a header with no handshake after it leaves no line', async () => {
    const limits = { tlsHandshakeMs: 100 };
    const { proxy, raw } = await connectBehind('PROXY TCP4 10.1.2.3 10.0.0.1 1 2\r\n', { limits });
    raw.resume();
    await once(raw, 'close');
    expect(proxy.lines()).toEqual([]);
  });
});

describe.skipIf(!hasCommand('curl'))('curl (needs Debian: curl)', () => {
  test('opens a site and reads a block page through the proxy', async () => {
    const origin = await startHttpsOrigin('allowed.test', (_, response) => response.end('secret'));
    const { proxy, ca } = await startSecured({ connectPorts: [origin.port, 443] });
    const through = ['-sS', '--proxy', `https://localhost:${proxy.port}`, '--proxy-cacert', ca.file];
    const url = `https://allowed.test:${origin.port}/`;
    const site = await run('curl', [...through, '--cacert', origin.caFile, url]);
    expect(site).toMatchObject({ code: 0, stdout: 'secret', stderr: '' });
    const page = await run('curl', [...through, '--cacert', proxy.caFile, 'https://blocked.test/']);
    expect(page).toMatchObject({ code: 0, stdout: expect.stringContaining('It is blocked for a test') });
  });

  test('shows the client certificate that the proxy asks for', async () => {
    const clientCa = newCa();
    const origin = await startHttpOrigin((_, response) => response.end('here'));
    const { proxy, ca } = await startSecured({ clientCa });
    const { cert, key } = issueClient(clientCa);
    const files = [join(clientCa.directory, 'kim.crt'), join(clientCa.directory, 'kim.key')] as const;
    writeFileSync(files[0], cert);
    writeFileSync(files[1], key, { mode: 0o600 });
    const through = ['-sS', '--proxy', `https://localhost:${proxy.port}`, '--proxy-cacert', ca.file];
    const own = ['--proxy-cert', files[0], '--proxy-key', files[1]];
    const url = `http://allowed.test:${origin.port}/`;
    expect(await run('curl', [...through, ...own, url])).toMatchObject({ code: 0, stdout: 'here' });
    expect((await run('curl', [...through, url])).code).not.toBe(0);
  });
});

describe('clients that never come to HTTP', () => {
  type Proxy = Awaited<ReturnType<typeof startSecured>>['proxy'];
  const refusals = (proxy: Proxy) => proxy.lines().filter(({ event }) => event === 'refusal');
  const problems = (proxy: Proxy) => proxy.lines().flatMap(({ problem }) => problem ?? []);
  const silent = async (port: number): Promise<RawClient> => {
    const client = connectRaw(port);
    await once(client.socket, 'connect');
    return client;
  };

  // Covers: EV-31; EV-32
  test('are counted like others: beyond the limit they are reset, and told of in one line', async () => {
    const { proxy, connect } = await startSecured({ limits: { connectionsPerClient: 3 } });
    const held = await Promise.all([silent(proxy.port), silent(proxy.port), silent(proxy.port)]);
    expect((await connectRaw(proxy.port).closed()).error?.code).toBe('ECONNRESET');
    expect(refusals(proxy)).toMatchObject([
      { client: '127.0.0.1', limit: 'connectionsPerClient', refused: 1 },
    ]);
    for (const { socket } of held) socket.destroy();
    await vi.waitFor(async () => expect((await secure(connect())).authorized).toBe(true));
  });

  test('are counted before a load balancer has said whose they are', async () => {
    const { proxy } = await startSecured({ proxyProtocol: true, limits: { connections: 2 } });
    await Promise.all([silent(proxy.port), silent(proxy.port)]);
    expect((await connectRaw(proxy.port).closed()).error?.code).toBe('ECONNRESET');
    expect(refusals(proxy)).toMatchObject([{ limit: 'connections', refused: 1 }]);
  });

  test('and end their side are gone at once, whatever they had begun', async () => {
    const { proxy } = await startSecured({ limits: { tlsHandshakeMs: NEVER_MS } });
    const client = connectRaw(proxy.port);
    client.socket.end(Uint8Array.of(22));
    await client.closed();
    await vi.waitFor(() =>
      expect(problems(proxy)).toEqual([expect.stringContaining('left during the TLS handshake')]),
    );
  });

  // Covers: EV-28
  test('and fail again and again have lines up to their rate, and are numbers beyond it', async () => {
    const { proxy } = await startSecured({
      limits: { requestsPerMinutePerClient: 1, requestBurstPerClient: 2 },
    });
    for (let time = 0; time < 5; time++) {
      const client = connectRaw(proxy.port);
      client.socket.write('GET / HTTP/1.1\r\n\r\n');
      await client.closed();
    }
    expect(problems(proxy)).toHaveLength(2);
    expect(refusals(proxy)).toMatchObject([{ limit: 'requestsPerMinutePerClient' }]);
  });
});
