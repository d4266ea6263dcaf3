import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { connectRaw, exchangeRaw, openTunnel, request } from '../support/client.ts';
import { startHttpOrigin, startHttpsOrigin, startRawOrigin } from '../support/origin.ts';
import { certify, closedPort, startAnsweringParent, startParent, startTlsParent } from '../support/parent.ts';
import { BLOCKING_POLICY, type ProxySetup, startProxy, type TestProxy } from '../support/proxy.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

type Entry = Record<string, unknown>;

/** A Postern with these parents, none of whose networks are open: only parents may be on loopback. */
function startChild(upstream: readonly Entry[], setup: ProxySetup = {}): Promise<TestProxy> {
  return startProxy({
    plainPorts: [443],
    ...setup,
    egress: { internalNetworks: [], upstream, ...setup.egress },
  });
}

const by = (...ports: readonly number[]): Entry => ({
  proxies: ports.map((port) => ({ url: `http://127.0.0.1:${port}` })),
});

const connectTo = (authority: string): string =>
  `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`;

const nameOf = (port: number): string => `127.0.0.1:${port}`;

function passwordFile(text = 'pa:ss wörd\n'): string {
  const file = writeIn(folderWith(), 'parent.password', text);
  chmodSync(file, 0o640);
  return file;
}

const echo = () => startRawOrigin((socket) => socket.pipe(socket));

test('a tunnel goes through the parent, which sees the name and our Via, and the log names the parent', async () => {
  const origin = await echo();
  const parent = await startParent();
  const proxy = await startChild([by(parent.port)], { plainPorts: [origin.port] });
  const tunnel = await openTunnel(proxy.port, `only-the-parent-knows.test:${origin.port}`);
  tunnel.socket.write('hello');
  await tunnel.until((received) => received.endsWith('hello'));
  tunnel.socket.end();
  expect(parent.requests).toMatchObject([{ line: `CONNECT only-the-parent-knows.test:${origin.port}` }]);
  expect(parent.requests[0]?.rawHeaders).toEqual([
    'Host',
    `only-the-parent-knows.test:${origin.port}`,
    'Via',
    expect.stringMatching(/^1\.1 postern-[0-9a-f]{8}$/),
  ]);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    kind: 'tunnel-closed',
    bytesUp: 5,
    bytesDown: 5,
    upstream: nameOf(parent.port),
  });
});

test('a plain request goes to the parent in absolute-form, with the target as Host, and comes back whole', async () => {
  const origin = await startHttpOrigin((incoming, response) => {
    incoming.resume().once('end', () => response.end(`${incoming.method} ${incoming.url}`));
  });
  const parent = await startParent();
  const proxy = await startChild([by(parent.port)]);
  const url = `http://only-the-parent-knows.test:${origin.port}/a%2Fb?q=%7e`;
  expect(await request(proxy.port, url)).toMatchObject({ status: 200, body: 'GET /a%2Fb?q=%7e' });
  const posted = await request(proxy.port, url, { method: 'POST', body: ['a', 'b'] });
  expect(posted.body).toBe('POST /a%2Fb?q=%7e');
  expect(parent.requests[0]).toMatchObject({
    line: `GET ${url}`,
    headers: {
      host: `only-the-parent-knows.test:${origin.port}`,
      via: expect.stringMatching(/^1\.1 postern-/),
    },
  });
  expect((await proxy.linesOf('outcome', 2))[1]).toMatchObject({
    kind: 'response-relayed',
    status: 200,
    bytesUp: 2,
    upstream: nameOf(parent.port),
  });
});

// Covers: RFC 9112 section 3.2.4
test('an OPTIONS for the server as a whole goes to the parent without a path, and only the last hop sends the star', async () => {
  const parent = await startAnsweringParent('HTTP/1.1 204 No Content\r\n\r\n');
  const proxy = await startChild([by(parent.port)]);
  await exchangeRaw(
    proxy.port,
    'OPTIONS http://allowed.test:8080 HTTP/1.1\r\nHost: allowed.test:8080\r\nConnection: close\r\n\r\n',
  );
  expect(parent.received()).toMatch(/^OPTIONS http:\/\/allowed\.test:8080 HTTP\/1\.1\r\n/);
});

test('requests of one client share a connection to the parent, whatever their hosts; other clients do not', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('x'));
  const parent = await startParent();
  const proxy = await startChild([by(parent.port)]);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  await request(proxy.port, `http://a.test:${origin.port}/`, { agent });
  await request(proxy.port, `http://b.test:${origin.port}/`, { agent });
  expect(parent.accepted()).toBe(1);
  await request(proxy.port, `http://a.test:${origin.port}/`);
  expect(parent.accepted()).toBe(2);
});

test('a WebSocket in the clear goes through the parent by a tunnel', async () => {
  const sockets = new WebSocketServer({ noServer: true });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
  const origin = await startRawOrigin((socket) => server.emit('connection', socket));
  const server = http.createServer();
  server.on('upgrade', (incoming, socket, head) =>
    sockets.handleUpgrade(incoming, socket, head, (ready) => sockets.emit('connection', ready)),
  );
  const parent = await startParent();
  const proxy = await startChild([by(parent.port)]);
  const url = `ws://only-the-parent-knows.test:${origin.port}/chat`;
  const socket = new WebSocket(url, {
    createConnection: () => net.connect(proxy.port, '127.0.0.1'),
    finishRequest: (outgoing) => {
      outgoing.path = url.replace(/^ws/, 'http');
      outgoing.end();
    },
  });
  onTestFinished(() => void socket.on('error', () => {}).terminate());
  const echoed = new Promise((resolve, reject) => {
    socket.on('message', (data) => resolve(String(data))).on('error', reject);
  });
  socket.on('open', () => socket.send('hello'));
  expect(await echoed).toBe('echo hello');
  socket.close();
  expect(parent.requests[0]?.line).toBe(`CONNECT only-the-parent-knows.test:${origin.port}`);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    kind: 'tunnel-closed',
    upstream: nameOf(parent.port),
  });
});

test('the first entry whose domains and departments fit carries a request; none fits: direct', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('direct'));
  const [first, second] = [await answering('first'), await answering('second')];
  const proxy = await startChild(
    [
      { domains: ['a.test'], departments: ['elsewhere'], ...by(first.port) },
      { domains: ['in.a.test'], proxies: ['direct'] },
      { domains: ['a.test'], departments: ['office'], ...by(second.port) },
    ],
    {
      policies: {
        'office.yaml': BLOCKING_POLICY,
        'elsewhere.yaml':
          'department: elsewhere\ntitle: E\nmembers: { networks: [10.0.0.0/8] }\ndefault: allow\n',
      },
      egress: {
        internalNetworks: ['127.0.0.0/8'],
        dns: { hosts: { 'in.a.test': ['127.0.0.1'], 'b.test': ['127.0.0.1'] } },
      },
    },
  );
  const bodyFrom = async (host: string) => (await request(proxy.port, `http://${host}:${origin.port}/`)).body;
  expect(await bodyFrom('www.a.test')).toBe('second');
  expect(await bodyFrom('in.a.test')).toBe('direct');
  expect(await bodyFrom('b.test')).toBe('direct');
  expect(first.accepted()).toBe(0);
  const outcomes = await proxy.linesOf('outcome', 3);
  expect(outcomes.map(({ upstream }) => upstream)).toEqual([nameOf(second.port), undefined, undefined]);
});

const answering = (body: string) => startHttpOrigin((_, response) => response.end(body));

// Covers: EV-35
test('our credentials go to the parent alone, and those of the client to nobody', async () => {
  const seen: string[][] = [];
  const origin = await startHttpOrigin((incoming, response) => {
    seen.push(incoming.rawHeaders);
    response.end();
  });
  const parent = await startParent();
  const proxy = await startChild(
    [
      {
        proxies: [
          { url: `http://127.0.0.1:${parent.port}`, username: 'postern', passwordFile: passwordFile() },
        ],
      },
    ],
    { plainPorts: [origin.port] },
  );
  const headers = { 'Proxy-Authorization': 'Basic b3duOm93bg==' };
  await request(proxy.port, `http://x.test:${origin.port}/`, { headers });
  await openTunnel(proxy.port, `x.test:${origin.port}`);
  const basic = `Basic ${Buffer.from('postern:pa:ss wörd').toString('base64')}`;
  expect(parent.requests.map((asked) => asked.headers['proxy-authorization'])).toEqual([basic, basic]);
  const log = readFileSync(proxy.logFile, 'utf8');
  expect(log).not.toContain('pa:ss');
  expect(log).not.toContain(basic.slice(6));
});

// Covers: EV-35; RFC 9110 section 9.3.8
test('a TRACE, which the parent may send back, goes to it without our credentials', async () => {
  const parent = await startHttpOrigin((incoming, response) => response.end(incoming.rawHeaders.join('\n')));
  const url = `http://127.0.0.1:${parent.port}`;
  const proxy = await startChild([{ proxies: [{ url, username: 'postern', passwordFile: passwordFile() }] }]);
  const ask = (method: string) =>
    request(proxy.port, 'http://x.test/', { method, headers: { 'Max-Forwards': '1' } });
  expect((await ask('GET')).body).toContain('Proxy-Authorization');
  const traced = await ask('TRACE');
  expect(traced.body).toMatch(/Max-Forwards\n0/i);
  expect(traced.body).not.toMatch(/proxy-authorization/i);
});

test.for([
  [407, 'proxy_configuration_error'],
  [403, 'http_request_denied'],
  [302, 'http_request_denied'],
])(
  'a parent that answers CONNECT with %i is a 502 to the client, and no other parent is asked',
  async ([status, error]) => {
    const parent = await startAnsweringParent(
      `HTTP/1.1 ${status} No\r\nProxy-Authenticate: Basic realm="parent"\r\nContent-Length: 6\r\n\r\nsecret`,
    );
    const other = await startParent();
    const proxy = await startChild([by(parent.port, other.port)]);
    const received = await exchangeRaw(proxy.port, connectTo('x.test:443'));
    expect(received).toMatch(/^HTTP\/1\.1 502 /);
    expect(received).toContain(`Proxy-Status: postern; error=${error}; received-status=${status};`);
    expect(received).not.toMatch(/Proxy-Authenticate|secret/i);
    expect(received).not.toContain(nameOf(parent.port));
    expect(other.accepted()).toBe(0);
    expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
      kind: 'upstream-failed',
      cause: error,
      status,
      upstream: nameOf(parent.port),
    });
    await vi.waitFor(() => expect(parent.open()).toBe(0));
  },
);

test('a parent that answers a plain request with 407 is a 502 to the client', async () => {
  const parent = await startHttpOrigin((_, response) =>
    response.writeHead(407, { 'proxy-authenticate': 'Basic realm="parent"' }).end('secret'),
  );
  const proxy = await startChild([by(parent.port)]);
  const answer = await request(proxy.port, 'http://x.test/');
  expect(answer.status).toBe(502);
  expect(answer.headers['proxy-status']).toContain('error=proxy_configuration_error; received-status=407');
  expect(answer.headers['proxy-authenticate']).toBeUndefined();
  expect(answer.body).not.toContain('secret');
  await proxy.linesOf('outcome', 1);
  await vi.waitFor(() => expect(parent.open()).toBe(0));
});

test.for([
  ['a head that is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', 'http_protocol_error'],
  ['a status that is none', 'HTTP/1.1 abc\r\n\r\n', 'http_protocol_error'],
  ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'http_protocol_error'],
  ['an endless head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`, 'http_protocol_error'],
  ['half a head', 'HTTP/1.1 200 OK\r\nX: ', 'http_response_timeout'],
  ['nothing', '', 'http_response_timeout'],
] as const)('a parent that answers CONNECT with %s fails within its bounds', async ([, bytes, error]) => {
  const parent = await startAnsweringParent(bytes);
  const proxy = await startChild([by(parent.port)], { limits: { parentAnswerMs: 200 } });
  const received = await exchangeRaw(proxy.port, connectTo('x.test:443'));
  expect(received).toMatch(/^HTTP\/1\.1 50[24] /);
  expect(received).toContain(`error=${error}`);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'upstream-failed', cause: error });
  await vi.waitFor(() => expect(parent.open()).toBe(0));
});

test.for([
  ['ends', (socket: net.Socket) => socket.end()],
  ['resets', (socket: net.Socket) => socket.resetAndDestroy()],
] as const)('a parent that %s the connection in place of an answer is one failure', async ([, end]) => {
  const parent = await startRawOrigin((socket) => socket.once('data', () => end(socket)));
  const proxy = await startChild([by(parent.port)]);
  const received = await exchangeRaw(proxy.port, connectTo('x.test:443'));
  expect(received).toContain('error=connection_terminated');
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ cause: 'connection_terminated' });
});

// Covers: RFC 9110 section 9.3.6; RFC 9110 section 15.2
test('what stands behind the head of the 200 belongs to the tunnel, and interim responses before it to nobody', async () => {
  const parent = await startAnsweringParent(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nearly bytes',
  );
  const proxy = await startChild([by(parent.port)]);
  const tunnel = await openTunnel(proxy.port, 'x.test:443');
  const received = await tunnel.until((text) => text.endsWith('early bytes'));
  expect(received).toBe('HTTP/1.1 200 Connection Established\r\n\r\nearly bytes');
});

test('a parent that closes right after its 200 and some bytes: the client gets them, and an orderly end', async () => {
  const parent = await startAnsweringParent('HTTP/1.1 200 OK\r\n\r\nlast words', (socket) => socket.end());
  const proxy = await startChild([by(parent.port)]);
  const received = await exchangeRaw(proxy.port, connectTo('x.test:443'));
  expect(received).toMatch(/^HTTP\/1\.1 200 .*last words$/s);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'tunnel-closed', bytesDown: 10 });
});

const LEAVING = [
  ['resets', (socket: net.Socket) => socket.resetAndDestroy()],
  ['ends', (socket: net.Socket) => socket.end()],
] as const;

// Covers: EV-32
test.for(LEAVING)(
  'a client that %s its connection while the parent thinks leaves no connection and no open question',
  async ([, leave]) => {
    const parent = await startAnsweringParent('');
    const proxy = await startChild([by(parent.port)]);
    const client = connectRaw(proxy.port);
    client.socket.write(connectTo('x.test:443'));
    await vi.waitFor(() => expect(parent.received()).toContain('\r\n\r\n'));
    leave(client.socket);
    expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'client-left' });
    await vi.waitFor(() => expect(parent.open()).toBe(0));
    await client.closed();
  },
);

// Covers: EV-32
test.for(LEAVING)(
  'a client that %s its connection during the handshake with the parent is not waited for, and no other is asked',
  async ([, leave]) => {
    const silent = await startRawOrigin((socket) => socket.resume());
    const other = await startParent();
    const proxies = [`https://127.0.0.1:${silent.port}`, `http://127.0.0.1:${other.port}`];
    const proxy = await startChild([{ proxies: proxies.map((url) => ({ url })) }]);
    const client = connectRaw(proxy.port);
    client.socket.write(connectTo('x.test:443'));
    await vi.waitFor(() => expect(silent.accepted()).toBe(1));
    leave(client.socket);
    expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'client-left' });
    await vi.waitFor(() => expect(silent.open()).toBe(0));
    expect(other.accepted()).toBe(0);
  },
);

test('a client that ends its side with something said is waited for, and its words go on', async () => {
  const answers: (() => void)[] = [];
  const parent = await startRawOrigin((socket) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (received.endsWith('\r\n\r\n')) answers.push(() => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      if (received.endsWith('all I say')) socket.end('heard');
    });
  });
  const proxy = await startChild([by(parent.port)]);
  const client = connectRaw(proxy.port, { allowHalfOpen: true });
  client.socket.end(`${connectTo('x.test:443')}all I say`);
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  answers[0]?.();
  expect((await client.closed()).received).toMatch(/^HTTP\/1\.1 200 .*heard$/s);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'tunnel-closed', bytesUp: 9 });
});

test('a parent that does not answer at all is left for the next, and then skipped', async () => {
  const dead = await closedPort();
  const origin = await startHttpOrigin((_, response) => response.end('served'));
  const parent = await startParent();
  const proxy = await startChild([by(dead, parent.port)], { plainPorts: [origin.port] });
  const url = `http://x.test:${origin.port}/`;
  expect((await request(proxy.port, url, { method: 'POST', body: 'once' })).body).toBe('served');
  await openTunnel(proxy.port, `x.test:${origin.port}`);
  expect(parent.requests.map(({ line }) => line)).toEqual([`POST ${url}`, `CONNECT x.test:${origin.port}`]);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ upstream: nameOf(parent.port) });
});

test.for([502, 503, 504])('a parent that answers CONNECT with %i lets the next one try', async (status) => {
  const origin = await echo();
  const failing = await startAnsweringParent(`HTTP/1.1 ${status} Trouble\r\n\r\n`);
  const parent = await startParent();
  const proxy = await startChild([by(failing.port, parent.port)], { plainPorts: [origin.port] });
  await openTunnel(proxy.port, `x.test:${origin.port}`);
  await openTunnel(proxy.port, `x.test:${origin.port}`);
  expect(failing.accepted()).toBe(2); // it is up: what it said was about the target
  expect(parent.requests).toHaveLength(2);
});

test('when all parents fail the request fails, and nothing goes direct', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('direct'));
  const [first, second] = [await closedPort(), await closedPort()];
  const proxy = await startChild([by(first, second)], {
    egress: { internalNetworks: ['127.0.0.0/8'] },
    plainPorts: [origin.port],
  });
  const answer = await request(proxy.port, `http://allowed.test:${origin.port}/`);
  expect(answer.status).toBe(502);
  expect(answer.headers['proxy-status']).toContain('error=connection_refused; details="by a parent proxy, ');
  const refused = await exchangeRaw(proxy.port, connectTo(`allowed.test:${origin.port}`));
  expect(refused).toMatch(/^HTTP\/1\.1 502 /);
  for (const text of [answer.body, refused]) {
    expect(text).toContain('The next gateway on the way to');
    expect(text).not.toContain('The server of');
    for (const parent of [first, second]) expect(text).not.toContain(`${parent}`);
  }
  expect(origin.accepted()).toBe(0);
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    cause: 'connection_refused',
    upstream: nameOf(second),
  });
});

test('direct is a way where it is listed, by checked addresses only', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('direct'));
  const proxies = [{ url: `http://127.0.0.1:${await closedPort()}` }, 'direct'];
  const open = await startChild([{ proxies }], { egress: { internalNetworks: ['127.0.0.0/8'] } });
  expect((await request(open.port, `http://allowed.test:${origin.port}/`)).body).toBe('direct');
  expect((await open.linesOf('outcome', 1))[0]).not.toHaveProperty('upstream');
  const closed = await startChild([{ proxies }]);
  const answer = await request(closed.port, `http://allowed.test:${origin.port}/`);
  expect(answer.headers['proxy-status']).toContain('error=destination_ip_prohibited');
  expect((await closed.linesOf('decision', 1))[0]).toMatchObject({ reason: 'address-forbidden' });
});

test('where direct is listed and the name has no address here, the parents are asked all the same', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('by parent'));
  const parent = await startParent();
  const proxy = await startChild([{ proxies: ['direct', { url: `http://127.0.0.1:${parent.port}` }] }]);
  const answer = await request(proxy.port, `http://only-the-parent-knows.test:${origin.port}/`);
  expect(answer.body).toBe('by parent');
});

test('a request that has gone out to a parent is not sent again to another, whatever becomes of it', async () => {
  const first = await startRawOrigin((socket) => socket.once('data', () => socket.resetAndDestroy()));
  const second = await startParent();
  const proxy = await startChild([by(first.port, second.port)]);
  for (const method of ['POST', 'GET'])
    expect((await request(proxy.port, 'http://x.test/', { method })).status).toBe(502);
  expect(second.accepted()).toBe(0);
});

// Covers: EV-11
test.for([
  ['an internal address', '169.254.9.9', 'link-local'],
  ['a loopback address in IPv6', '[::1]', 'loopback'],
  ['the metadata of a cloud', '169.254.169.254', 'cloud-metadata'],
])('%s stays forbidden by way of a parent', async ([, host, range]) => {
  const parent = await startParent();
  const proxy = await startChild([by(parent.port)]);
  const answer = await request(proxy.port, `http://${host}/`);
  expect(answer.headers['proxy-status']).toContain('error=destination_ip_prohibited');
  expect((await proxy.linesOf('decision', 1))[0]).toMatchObject({ reason: 'address-forbidden', range });
  expect(parent.accepted()).toBe(0);
});

// Covers: EV-11
test.for(['localhost', 'db.localhost'])('%s is this machine, which no parent is asked for', async (host) => {
  const parent = await startParent();
  const proxy = await startChild([by(parent.port)]);
  expect((await request(proxy.port, `http://${host}/`)).status).toBe(502);
  expect(parent.accepted()).toBe(0);
});

test('with resolve: local names are looked up here, and what has no address or a forbidden one goes to no parent', async () => {
  const parent = await startParent();
  const proxy = await startChild([{ resolve: 'local', ...by(parent.port) }], {
    egress: { dns: { hosts: { 'inside.test': ['10.0.0.1'] }, servers: ['127.0.0.1:1'] } },
  });
  const inside = await request(proxy.port, 'http://inside.test/');
  expect(inside.headers['proxy-status']).toContain('error=destination_ip_prohibited');
  const unknown = await request(proxy.port, 'http://unknown.test/');
  expect(unknown.headers['proxy-status']).toContain('error=dns_error');
  expect(parent.accepted()).toBe(0);
});

test('where a rule names addresses a name is looked up here, and one without an address fails', async () => {
  const parent = await startParent();
  const proxy = await startChild([by(parent.port)], {
    policies: {
      'office.yaml': `${BLOCKING_POLICY}  - { id: net, block: { addresses: [203.0.113.0/24] } }\n`,
    },
    egress: { dns: { hosts: { 'listed.test': ['203.0.113.9'] }, servers: ['127.0.0.1:1'] } },
  });
  expect((await request(proxy.port, 'http://listed.test/')).status).toBe(403);
  const unknown = await request(proxy.port, 'http://unknown.test/');
  expect(unknown.headers['proxy-status']).toContain('error=dns_error');
  expect(parent.accepted()).toBe(0);
});

test('a blocked host goes to no parent', async () => {
  const parent = await startParent();
  const proxy = await startChild([by(parent.port)]);
  expect((await request(proxy.port, 'http://blocked.test/')).status).toBe(403);
  expect(parent.accepted()).toBe(0);
});

const overTls = (port: number, more: Entry = {}): Entry => ({
  proxies: [{ url: `https://parent.test:${port}`, ...more }],
});
const PARENT_TEST = { egress: { dns: { hosts: { 'parent.test': ['127.0.0.1'] } } } };

test('an https parent is spoken to over TLS, tunnels and plain requests alike', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('over tls'));
  const parent = await startTlsParent('parent.test');
  const proxy = await startChild([overTls(parent.port, { ca: parent.caFile })], {
    ...PARENT_TEST,
    plainPorts: [origin.port],
  });
  expect((await request(proxy.port, `http://x.test:${origin.port}/`)).body).toBe('over tls');
  const tunnel = await openTunnel(proxy.port, `x.test:${origin.port}`);
  tunnel.socket.write('GET / HTTP/1.1\r\nHost: x.test\r\nConnection: close\r\n\r\n');
  const { received, error } = await tunnel.closed();
  expect(error).toBeUndefined();
  expect(received).toContain('over tls');
  const outcome = (await proxy.linesOf('outcome', 2))[1];
  expect(outcome).toMatchObject({
    kind: 'tunnel-closed',
    bytesUp: 51,
    upstream: `parent.test:${parent.port}`,
  });
  await vi.waitFor(() => expect(parent.open()).toBe(0), { timeout: 10_000 }); // an idle one is kept for 4 s
});

test('half-close passes through an https parent', async () => {
  const origin = await startRawOrigin((socket) => {
    socket.allowHalfOpen = true;
    socket.resume().once('end', () => socket.end('after your end'));
  });
  const parent = await startTlsParent('parent.test');
  const proxy = await startChild([overTls(parent.port, { ca: parent.caFile })], {
    ...PARENT_TEST,
    plainPorts: [origin.port],
  });
  const tunnel = await openTunnel(proxy.port, `x.test:${origin.port}`, { allowHalfOpen: true });
  tunnel.socket.end('all I have to say');
  const { received, error } = await tunnel.closed();
  expect(error).toBeUndefined();
  expect(received).toContain('after your end');
});

test('a client that resets its tunnel resets the connection to an https parent, and leaves nothing open', async () => {
  const origin = await startRawOrigin((socket) => socket.write('x'.repeat(100_000)));
  const parent = await startTlsParent('parent.test');
  const proxy = await startChild([overTls(parent.port, { ca: parent.caFile })], {
    ...PARENT_TEST,
    plainPorts: [origin.port],
  });
  for (let round = 0; round < 20; round++) {
    const tunnel = await openTunnel(proxy.port, `x.test:${origin.port}`);
    tunnel.socket.resetAndDestroy();
  }
  await proxy.linesOf('outcome', 20);
  await vi.waitFor(() => expect([parent.open(), origin.open()]).toEqual([0, 0]), { timeout: 10_000 });
});

// Covers: EV-21
test.for(['direct', 'an http parent', 'an https parent'])(
  'a client meets the certificate of the origin itself, which it may refuse, by way of %s',
  async (way) => {
    const origin = await startHttpsOrigin('elsewhere.test', (_, response) => response.end('never'));
    const [http, https] = [await startParent(), await startTlsParent('parent.test')];
    const entries: Record<string, Entry> = {
      direct: { proxies: ['direct'] },
      'an http parent': by(http.port),
      'an https parent': overTls(https.port, { ca: https.caFile }),
    };
    const hosts = { 'parent.test': ['127.0.0.1'], 'allowed.test': ['127.0.0.1'] };
    const proxy = await startChild([entries[way] ?? {}], {
      plainPorts: [],
      connectPorts: [origin.port],
      egress: { internalNetworks: ['127.0.0.0/8'], dns: { servers: ['127.0.0.1:1'], hosts } },
    });
    const asking = async (servername: string, ca: string): Promise<tls.TLSSocket> => {
      const { socket } = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
      const secured = tls.connect({ socket, servername, ca });
      await once(secured, 'secureConnect');
      return secured;
    };
    await expect(asking('allowed.test', origin.ca)).rejects.toThrow(/altnames/);
    await expect(
      asking('allowed.test', readFileSync(certify('allowed.test').caFile, 'utf8')),
    ).rejects.toThrow(/certificate/);
  },
);

// Covers: EV-21
test('an https parent without the right certificate is never spoken to', async () => {
  const parent = await startTlsParent('parent.test');
  const other = await startTlsParent('other.test');
  const cases: [Entry, string][] = [
    [overTls(parent.port), 'tls_certificate_error'], // of a CA that nobody here trusts
    [overTls(parent.port, { ca: certify('x.test').caFile }), 'tls_certificate_error'], // of another CA
    [overTls(other.port, { ca: other.caFile }), 'tls_certificate_error'], // for another name
  ];
  for (const [entry, error] of cases) {
    const proxy = await startChild([entry], PARENT_TEST);
    expect(await exchangeRaw(proxy.port, connectTo('x.test:443'))).toContain(`error=${error}`);
    expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ cause: error });
  }
  expect([...parent.requests, ...other.requests]).toEqual([]);
});

test('an https parent that speaks no TLS, an old one, or nothing, fails with its type', async () => {
  const plain = await startRawOrigin((socket) =>
    socket.on('data', () => socket.end('HTTP/1.1 400 Bad\r\n\r\n')),
  );
  const old = await startTlsParent('parent.test', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' });
  const silent = await startRawOrigin((socket) => socket.resume());
  const cases: [Entry, RegExp][] = [
    [overTls(plain.port), /error=tls_protocol_error/],
    [overTls(old.port, { ca: old.caFile }), /error=tls_(alert_received|protocol_error)/],
    [overTls(silent.port), /error=connection_timeout/],
  ];
  for (const [entry, error] of cases) {
    const proxy = await startChild([entry], { ...PARENT_TEST, limits: { dialMs: 500 } });
    expect(await exchangeRaw(proxy.port, connectTo('x.test:443'))).toMatch(error);
  }
  await vi.waitFor(() => expect([plain.open(), old.open(), silent.open()]).toEqual([0, 0, 0]));
});
