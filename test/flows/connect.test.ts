import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import tls from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectRaw, exchangeRaw, openTunnel } from '../support/client.ts';
import { firstFlight, helloFor } from '../support/client-hello.ts';
import { startHttpOrigin, startHttpsOrigin, startRawOrigin } from '../support/origin.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';

test('an allowed tunnel carries bytes both ways and closes with both sides', async () => {
  const origin = await startRawOrigin((socket) => socket.pipe(socket));
  const proxy = await startProxy({ plainPorts: [origin.port] });
  const tunnel = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
  tunnel.socket.write('there and back');
  await tunnel.until((received) => received.endsWith('there and back'));
  tunnel.socket.end();
  expect((await tunnel.closed()).error).toBeUndefined();
  expect((await proxy.linesOf('decision', 1))[0]).toMatchObject({
    via: 'connect',
    method: 'CONNECT',
    host: 'allowed.test',
    port: origin.port,
    action: 'forward',
  });
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    kind: 'tunnel-closed',
    bytesUp: 14,
    bytesDown: 14,
  });
});

test('a real TLS client reaches a real TLS origin through a tunnel, end to end', async () => {
  const origin = await startHttpsOrigin('allowed.test', (_, response) => response.end('secret'));
  const proxy = await startProxy({ connectPorts: [origin.port] });
  const { socket } = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
  socket.removeAllListeners('data');
  const body = await httpsGet(socket, 'allowed.test', origin.ca);
  expect(body).toMatchObject({ status: 200, body: 'secret' });
});

// Covers: EV-32; RFC 9110 section 9.3.6 tunnel-close
test('half-close: a client that has said all still hears the rest', async () => {
  const origin = await startRawOrigin((socket) => {
    socket.allowHalfOpen = true;
    socket.resume();
    socket.once('end', () => socket.end('after your end'));
  });
  const proxy = await startProxy({ plainPorts: [origin.port] });
  const tunnel = await openTunnel(proxy.port, `allowed.test:${origin.port}`, { allowHalfOpen: true });
  tunnel.socket.end('all I have to say');
  const { received, error } = await tunnel.closed();
  expect(error).toBeUndefined();
  expect(received).toContain('after your end');
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    kind: 'tunnel-closed',
    bytesUp: 17,
    bytesDown: 14,
  });
});

// Covers: EV-32
test('half-close the other way: an origin that has said all still hears the client', async () => {
  const heard = Promise.withResolvers<string>();
  const origin = await startRawOrigin((socket) => {
    socket.allowHalfOpen = true;
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.once('end', () => heard.resolve(received));
    socket.end('mine is said');
  });
  const proxy = await startProxy({ plainPorts: [origin.port] });
  const tunnel = await openTunnel(proxy.port, `allowed.test:${origin.port}`, { allowHalfOpen: true });
  await tunnel.until((received) => received.endsWith('mine is said'));
  tunnel.socket.end('so I go on');
  expect(await heard.promise).toBe('so I go on');
});

test('an origin that resets a tunnel resets the client: nobody takes half for whole', async () => {
  const origin = await startRawOrigin((socket) => socket.once('data', () => socket.resetAndDestroy()));
  const proxy = await startProxy({ plainPorts: [origin.port] });
  const tunnel = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
  tunnel.socket.write('x');
  expect((await tunnel.closed()).error?.code).toBe('ECONNRESET');
});

// Covers: EV-19; EV-32
test('150 clients that reset their tunnels leave no upstream connection', async () => {
  const origin = await startRawOrigin((socket) => socket.write('x'.repeat(100_000)));
  const proxy = await startProxy({ plainPorts: [origin.port] });
  await Promise.all(
    Array.from({ length: 150 }, async () => {
      const tunnel = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
      tunnel.socket.resetAndDestroy();
    }),
  );
  await proxy.linesOf('outcome', 150);
  await vi.waitFor(() => expect(origin.open()).toBe(0), { timeout: 10_000 });
});

test('a client that ends its side and is then gone by a reset leaves no upstream connection', async () => {
  const heardEnd: (() => void)[] = [];
  const origin = await startRawOrigin((socket) => {
    socket.allowHalfOpen = true;
    socket.resume().once('end', () => {
      socket.write('x'.repeat(10), () => heardEnd.shift()?.());
      const more = setInterval(() => socket.write('x'), 10); // each byte asks the client's kernel whether it is there
      socket.once('close', () => clearInterval(more));
    });
  });
  const proxy = await startProxy({ connectPorts: [origin.port] });
  for (let round = 0; round < 60; round++) {
    const answered = new Promise<void>((resolve) => heardEnd.push(resolve));
    const client = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    client.write(`CONNECT allowed.test:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
    await new Promise((resolve) => client.once('data', resolve));
    client.pause();
    client.end();
    await answered;
    client.destroy();
  }
  await proxy.linesOf('outcome', 60);
  await vi.waitFor(() => expect(origin.open()).toBe(0), { timeout: 10_000 });
});

// Covers: EV-32
test('a tunnel that nobody uses is closed after the idle limit', async () => {
  const origin = await startRawOrigin(() => {});
  const proxy = await startProxy({ plainPorts: [origin.port], limits: { tunnelIdleMs: 100 } });
  const tunnel = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
  await tunnel.closed();
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

// Covers: EV-32
test('a tunnel is broken off when its time is up, however busy it is', async () => {
  const origin = await startRawOrigin((socket) => {
    const more = setInterval(() => socket.write('x'), 10);
    socket.once('close', () => clearInterval(more));
  });
  const proxy = await startProxy({ plainPorts: [origin.port], limits: { tunnelTotalMs: 200 } });
  const tunnel = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
  expect((await tunnel.closed()).error?.code).toBe('ECONNRESET');
  const [outcome] = await proxy.linesOf('outcome', 1);
  expect(outcome).toMatchObject({ kind: 'tunnel-closed', bytesUp: 0 });
  expect(outcome?.bytesDown).toBeGreaterThan(0);
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

test.for([
  ['text/html', 'text/html; charset=utf-8'],
  ['application/json', 'application/problem+json; charset=utf-8'],
  ['text/plain', 'text/plain; charset=utf-8'],
])(
  'a blocked CONNECT shows the page over TLS to a client that trusts the CA, as %s',
  async ([accept, type]) => {
    const proxy = await startProxy();
    const answer = await blockedPage(proxy, { accept: String(accept) });
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers['proxy-status']).toContain('error=http_request_denied');
    const [decision] = await proxy.linesOf('decision', 1);
    expect(answer.body).toContain(decision?.code);
    expect(decision).toMatchObject({
      via: 'connect',
      action: 'block',
      reason: 'rule',
      rule: 'no-blocked',
      host: 'blocked.test',
    });
    expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
      id: decision?.id,
      kind: 'block-page-served',
    });
  },
);

test('the page over TLS answers in the language of the browser, to any method and path', async () => {
  const proxy = await startProxy();
  const answer = await blockedPage(proxy, { 'accept-language': 'ko-KR,ko;q=0.9' }, 'POST');
  expect(answer.headers['content-language']).toBe('ko');
  expect(answer.body).toContain('시험을 위해 차단되었습니다.');
});

test('a HEAD is answered over TLS with the head of the page', async () => {
  const proxy = await startProxy();
  const answer = await blockedPage(proxy, {}, 'HEAD');
  expect(answer).toMatchObject({ status: 403, body: '' });
  expect(Number(answer.headers['content-length'])).toBeGreaterThan(5000);
});

// Covers: RFC 9112 section 9.6
test('the page over TLS reaches a client that goes on with its upload', async () => {
  const proxy = await startProxy();
  const secured = await secureTunnel(proxy);
  secured.write('POST / HTTP/1.1\r\nHost: blocked.test\r\nContent-Length: 32000000\r\n\r\n');
  // It does not look at its answer before; and that is more than the kernel holds for a server that does not read.
  await new Promise<void>((resolve, reject) =>
    secured.write(Buffer.alloc(32_000_000), (error) => (error ? reject(error) : resolve())),
  );
  let received = '';
  for await (const chunk of secured.setEncoding('utf8')) received += chunk;
  expect(received).toMatch(/^HTTP\/1\.1 403 .*<\/html>\n$/s);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'block-page-served' });
});

// Covers: EV-19; EV-31
test.for([
  ['no HTTP request', 'SSH-2.0-OpenSSH_9.2\r\n\r\n', 'client-left'],
  ['a head without end', `GET / HTTP/1.1\r\nX: ${'x'.repeat(100_000)}`, 'client-left'],
  ['half a head', 'GET / HTTP/1.1\r\nHost:', 'deadline'],
  ['nothing', '', 'deadline'],
])('a blocked client that sends %s over TLS sees no page, and the log tells so', async ([, bytes, cause]) => {
  const proxy = await startProxy({ limits: { blockPageMs: cause === 'deadline' ? 300 : 30_000 } });
  const secured = await secureTunnel(proxy);
  secured.on('error', () => {}); // that it is reset is all right
  secured.write(String(bytes));
  let received = '';
  secured.on('data', (chunk) => {
    received += chunk;
  });
  await new Promise((resolve) => secured.once('close', resolve));
  expect(received).toBe('');
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'block-page-unseen', cause });
});

test('a blocked client that ends its side without a request has not seen the page', async () => {
  const proxy = await startProxy();
  const secured = await secureTunnel(proxy);
  secured.end();
  await once(secured.resume(), 'close');
  const [outcome] = await proxy.linesOf('outcome', 1);
  expect(outcome).toMatchObject({ kind: 'block-page-unseen', cause: 'left-at-certificate' });
});

// Covers: EV-18
test('a blocked CONNECT whose TLS handshake comes in the same segment sees the page, and nothing is dialled', async () => {
  const origin = await startRawOrigin(() => {});
  const proxy = await startProxy({ connectPorts: [origin.port] });
  const socket = net.connect(proxy.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const hello = await firstFlight({ servername: 'blocked.test' });
  socket.write(
    Buffer.concat([Buffer.from(`CONNECT blocked.test:${origin.port} HTTP/1.1\r\nHost: x\r\n\r\n`), hello]),
  );
  const received = await new Promise<Buffer>((resolve) => {
    let all = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      all = Buffer.concat([all, chunk]);
      if (all.length > 200) resolve(all);
    });
  });
  const head = received.indexOf('\r\n\r\n') + 4;
  expect(received.subarray(0, head).toString()).toMatch(/^HTTP\/1\.1 200 /);
  expect(received[head]).toBe(22); // a TLS handshake record: our ServerHello
  expect(origin.accepted()).toBe(0);
});

// Covers: EV-23
test.for([
  ['another host', 'other.test'],
  ['a wildcard over it', '*.test'],
  ['a host below it', 'www.blocked.test'],
  ['it with a port', 'blocked.test:443'],
  ['it with a NUL', 'blocked.test\0'],
  ['255 characters', 'a'.repeat(255)],
])('a blocked client whose handshake names %s gets an alert and no certificate', async ([, name]) => {
  const proxy = await startProxy();
  const tunnel = await openTunnel(proxy.port, 'blocked.test:443', { allowHalfOpen: true });
  tunnel.socket.end(helloFor(String(name)));
  const { received, error } = await tunnel.closed();
  expect(error).toBeUndefined();
  expect(received).toMatch(/\r\n\r\n\x15\x03\x03\0\x02\x02\x70$/); // a fatal alert, unrecognized_name
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    kind: 'block-page-unseen',
    cause: 'sni-mismatch',
  });
  expect(proxy.lines()).toHaveLength(2);
});

test('the page is shown to a handshake that spells the host otherwise, or names none', async () => {
  const proxy = await startProxy();
  for (const servername of ['Blocked.TEST', undefined]) {
    const { socket } = await openTunnel(proxy.port, 'blocked.test:443');
    socket.removeAllListeners('data');
    const ca = readFileSync(proxy.caFile);
    const named = servername === undefined ? {} : { servername };
    const checkServerIdentity = (_: string, certificate: tls.PeerCertificate): Error | undefined =>
      tls.checkServerIdentity('blocked.test', certificate);
    const secured = tls.connect({ socket, ca, checkServerIdentity, ...named });
    secured.write('GET / HTTP/1.1\r\nHost: blocked.test\r\n\r\n');
    const answer = await new Promise<Buffer>((resolve) => secured.once('data', resolve));
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 403 /);
  }
});

// Covers: EV-31
test.for([
  ['says nothing', ''],
  ['drips a handshake', '\x16\x03\x01'],
])('a blocked client that %s is let go at the deadline', async ([, bytes]) => {
  const proxy = await startProxy({ limits: { blockPageMs: 100 } });
  const tunnel = await openTunnel(proxy.port, 'blocked.test:443');
  tunnel.socket.write(String(bytes), 'latin1');
  await tunnel.closed();
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    kind: 'block-page-unseen',
    cause: 'deadline',
  });
});

// Covers: EV-19
test('a blocked client that leaves, or speaks something else than TLS, is one outcome and no crash', async () => {
  const proxy = await startProxy();
  const leaver = await openTunnel(proxy.port, 'blocked.test:443');
  leaver.socket.resetAndDestroy();
  const ssh = await openTunnel(proxy.port, 'blocked.test:443');
  ssh.socket.write('SSH-2.0-OpenSSH_9.2\r\n');
  await ssh.closed();
  const outcomes = await proxy.linesOf('outcome', 2);
  expect(outcomes.map(({ kind }) => kind)).toEqual(['block-page-unseen', 'block-page-unseen']);
});

// Covers: EV-06; EV-11; EV-16
test.for([
  ['a port that is not listed', 'allowed.test:22', 403, 'http_request_denied'],
  ['a forbidden address', '10.0.0.1:443', 502, 'destination_ip_prohibited'],
  ['a blocked address literal', '192.0.2.9:443', 403, 'http_request_denied'],
  ['no such name', 'nowhere.invalid:443', 502, 'dns_error'],
  ['a port where nobody listens', 'allowed.test:1', 502, 'connection_refused'],
])('CONNECT to %s is refused at once, with its type', async ([, authority, status, error]) => {
  const proxy = await startProxy({
    connectPorts: [443, 1],
    policies: {
      'a.yaml':
        'department: a\ntitle: A\nmembers: { networks: [127.0.0.1] }\ndefault: allow\nrules: [{ id: literal, block: { domains: [192.0.2.9] } }]',
    },
  });
  const received = await exchangeRaw(
    proxy.port,
    `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`,
  );
  expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(received).toContain(`error=${error}`);
  const [decision] = await proxy.linesOf('decision', 1);
  expect(received).toContain(decision?.code);
  await proxy.linesOf('outcome', 1);
});

// Covers: EV-13
test('a client of no department is blocked, and told its address', async () => {
  const origin = await startHttpOrigin((_, response) => response.end());
  const proxy = await startProxy({
    policies: { 'a.yaml': 'department: a\ntitle: A\nmembers: { networks: [10.0.0.0/8] }\ndefault: allow\n' },
  });
  const answer = await blockedPage(proxy, { accept: 'text/plain' }, 'GET', 'allowed.test');
  expect(answer.status).toBe(403);
  expect(answer.body).toContain('127.0.0.1');
  expect((await proxy.linesOf('decision', 1))[0]).toMatchObject({
    department: null,
    reason: 'department-unknown',
  });
  expect(origin.accepted()).toBe(0);
});

// Covers: EV-12
test('a blocked name is never looked up', async () => {
  const asked: string[] = [];
  const dns = await import('node:dgram').then(({ createSocket }) => createSocket('udp4'));
  await new Promise<void>((resolve) => dns.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void dns.close());
  dns.on('message', (message) => asked.push(message.toString('latin1')));
  const proxy = await startProxy({
    egress: { dns: { servers: [`127.0.0.1:${dns.address().port}`] } },
    limits: { resolveMs: 300 },
  });
  await blockedPage(proxy, { accept: 'text/plain' });
  await exchangeRaw(proxy.port, 'CONNECT unknown.test:443 HTTP/1.1\r\nHost: unknown.test\r\n\r\n');
  expect(asked.some((question) => question.includes('unknown'))).toBe(true);
  expect(asked.some((question) => question.includes('blocked'))).toBe(false);
});

test('an observed block is forwarded, and the log says what would have happened', async () => {
  const origin = await startRawOrigin((socket) => socket.pipe(socket));
  const proxy = await startProxy({
    connectPorts: [origin.port],
    policies: {
      'a.yaml':
        'department: a\ntitle: A\nmembers: { networks: [127.0.0.1] }\ndefault: allow\nmode: observe\nrules: [{ id: r, block: { domains: [blocked.test] } }]',
    },
  });
  await openTunnel(proxy.port, `blocked.test:${origin.port}`);
  expect((await proxy.linesOf('decision', 1))[0]).toMatchObject({
    action: 'forward',
    mode: 'observe',
    wouldBlock: { reason: 'rule', rule: 'r' },
  });
});

type Page = { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string };

/** What a client that trusts the CA is shown for an https URL of a blocked host. */
async function blockedPage(
  proxy: TestProxy,
  headers: Record<string, string>,
  method = 'GET',
  host = 'blocked.test',
): Promise<Page> {
  const { socket } = await openTunnel(proxy.port, `${host}:443`);
  socket.removeAllListeners('data');
  return httpsGet(socket, host, readFileSync(proxy.caFile, 'utf8'), { headers, method });
}

/** A client that has come as far as to send its request to the page's server. */
async function secureTunnel(proxy: TestProxy): Promise<tls.TLSSocket> {
  const { socket } = await openTunnel(proxy.port, 'blocked.test:443');
  socket.removeAllListeners('data');
  const secured = tls.connect({ socket, servername: 'blocked.test', ca: readFileSync(proxy.caFile) });
  await once(secured, 'secureConnect');
  return secured;
}

function httpsGet(
  socket: net.Socket,
  host: string,
  ca: string | string[],
  options: https.RequestOptions = {},
): Promise<Page> {
  return new Promise((resolve, reject) => {
    const createConnection = () => tls.connect({ socket, servername: host, ca });
    const outgoing = https.request({ ...options, host, path: '/any/path', createConnection }, (incoming) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        body += chunk;
      });
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(options.method === 'POST' ? 'a body' : undefined);
  });
}

test('two clients are served at once: one that stalls holds up nobody', async () => {
  const origin = await startRawOrigin((socket) => socket.pipe(socket));
  const proxy = await startProxy({ plainPorts: [origin.port] });
  const stalled = connectRaw(proxy.port);
  stalled.socket.write('CONNECT allowed.test');
  const tunnel = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
  tunnel.socket.write('hello');
  await tunnel.until((received) => received.endsWith('hello'));
});
