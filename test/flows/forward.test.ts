import http from 'node:http';
import type net from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectRaw, exchangeRaw, request } from '../support/client.ts';
import { startHttpOrigin, startRawOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';

test('an allowed request reaches its origin and its answer the client, and the log tells both', async () => {
  const origin = await startHttpOrigin((incoming, response) =>
    response.end(`${incoming.method} ${incoming.url}`),
  );
  const proxy = await startProxy();
  const answer = await request(proxy.port, `http://www.allowed.test:${origin.port}/a%2Fb?q=%7e`);
  expect(answer).toMatchObject({ status: 200, body: 'GET /a%2Fb?q=%7e' });
  const [decision] = await proxy.linesOf('decision', 1);
  expect(decision).toMatchObject({
    v: 1,
    department: 'office',
    client: '127.0.0.1',
    via: 'http',
    method: 'GET',
    host: 'www.allowed.test',
    domain: 'allowed.test',
    port: origin.port,
    path: '/a%2Fb',
    action: 'forward',
    reason: 'default',
    mode: 'enforce',
  });
  const [outcome] = await proxy.linesOf('outcome', 1);
  expect(outcome).toMatchObject({
    id: decision?.id,
    kind: 'response-relayed',
    status: 200,
    bytesUp: 0,
    bytesDown: 16,
  });
});

test('a blocked request gets the page with its incident code, and its origin hears nothing', async () => {
  const origin = await startHttpOrigin((_, response) => response.end());
  const proxy = await startProxy();
  const answer = await request(proxy.port, `http://chat.blocked.test:${origin.port}/`);
  expect(answer.status).toBe(403);
  expect(answer.headers['cache-control']).toBe('no-store');
  const [decision] = await proxy.linesOf('decision', 1);
  expect(answer.body).toContain(decision?.code);
  expect(answer.headers['proxy-status']).toContain(decision?.code);
  expect(decision).toMatchObject({
    action: 'block',
    reason: 'rule',
    rule: 'no-blocked',
    source: 'policies/office.yaml:8',
  });
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    id: decision?.id,
    kind: 'block-page-served',
  });
  expect(origin.accepted()).toBe(0);
});

// Covers: EV-03
test('each request on one connection is decided by itself and in its turn, pipelined ones too', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('fine'));
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  const get = (host: string) =>
    `GET http://${host}:${origin.port}/ HTTP/1.1\r\nHost: ${host}\r\nAccept: text/plain\r\n\r\n`;
  client.socket.write(get('allowed.test') + get('blocked.test') + get('allowed.test'));
  await client.until((received) => (received.match(/HTTP\/1\.1 \d{3}/g) ?? []).length === 3);
  expect(client.received().match(/HTTP\/1\.1 \d{3}/g)).toEqual([
    'HTTP/1.1 200',
    'HTTP/1.1 403',
    'HTTP/1.1 200',
  ]);
  const decisions = await proxy.linesOf('decision', 3);
  expect(decisions.map(({ action }) => action)).toEqual(['forward', 'block', 'forward']);
});

// Covers: EV-09; EV-35
test('the origin sees the target as Host, our Via, and no field that was for the proxy', async () => {
  let seen: string[] = [];
  const origin = await startHttpOrigin((incoming, response) => {
    seen = incoming.rawHeaders;
    response.end();
  });
  const proxy = await startProxy();
  await exchangeRaw(
    proxy.port,
    [
      `GET http://allowed.test:${origin.port}/ HTTP/1.1`,
      'Host: blocked.test',
      'Proxy-Authorization: Basic c2VjcmV0',
      'Proxy-Connection: keep-alive',
      'Connection: close, X-Private, Content-Length',
      'Keep-Alive: 300',
      'X-Private: secret',
      'TE: trailers',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
      'X-Kept: a',
      'x-kept: b',
      '',
      '',
    ].join('\r\n'),
  );
  expect(seen.slice(0, 2)).toEqual(['Host', `allowed.test:${origin.port}`]);
  expect(seen.slice(2, 6)).toEqual(['X-Kept', 'a', 'x-kept', 'b']);
  expect(seen[6]).toBe('Via');
  expect(seen[7]).toMatch(/^1\.1 postern-[0-9a-f]{8}$/);
  expect(seen).toHaveLength(8);
});

// Covers: EV-41
test('the client sees our Via, and no field that would lead it around the proxy', async () => {
  const origin = await startHttpOrigin((_, response) => {
    response.writeHead(200, [
      'Alt-Svc',
      'h3=":443"',
      'X-Hop',
      '1',
      'Connection',
      'X-Hop',
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
    ]);
    response.end('x');
  });
  const proxy = await startProxy();
  const answer = await request(proxy.port, `http://allowed.test:${origin.port}/`);
  expect(answer.headers.via).toMatch(/^1\.1 postern-/);
  expect(answer.headers['alt-svc']).toBeUndefined();
  expect(answer.headers['x-hop']).toBeUndefined();
  expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
});

test('a body and its trailers pass in both directions', async () => {
  const origin = await startHttpOrigin((incoming, response) => {
    let received = '';
    incoming.on('data', (chunk) => {
      received += chunk;
    });
    incoming.on('end', () => {
      response.writeHead(200, { trailer: 'X-Checksum' });
      response.write(received.toUpperCase());
      response.addTrailers([['X-Checksum', `${incoming.trailers['x-sum']}-back`]]);
      response.end();
    });
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(
    `POST http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n` +
      '3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 42\r\n\r\n',
  );
  const received = await client.until((text) => text.includes('\r\n0\r\n') && text.endsWith('\r\n\r\n'));
  expect(received).toContain('ABCDE');
  expect(received).toContain('X-Checksum: 42-back');
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ bytesUp: 5, bytesDown: 5 });
});

test('interim responses pass: 103 at once, 100 when the origin says so', async () => {
  const origin = await startHttpOrigin((incoming, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    incoming.resume().on('end', () => response.end('done'));
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(
    `PUT http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n`,
  );
  await client.until((text) => text.includes('HTTP/1.1 100 Continue\r\n\r\n'));
  await client.until((text) => /HTTP\/1\.1 103 .*\r\nlink: <\/style\.css>/i.test(text));
  client.socket.write('body');
  const received = await client.until((text) => text.includes('done'));
  expect(received.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 103', 'HTTP/1.1 200']);
});

test('a client that expects 100 and is blocked sends no body', async () => {
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(
    'PUT http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n',
  );
  expect(await client.until((text) => text.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 403 /);
});

test('HEAD, 204 and 304 have no body and keep their fields', async () => {
  const origin = await startHttpOrigin((incoming, response) => {
    if (incoming.url === '/304') response.writeHead(304, { etag: '"1"' });
    else if (incoming.url === '/204') response.writeHead(204);
    else response.writeHead(200, { 'content-length': 1234 });
    response.end();
  });
  const proxy = await startProxy();
  const url = `http://allowed.test:${origin.port}`;
  expect(await request(proxy.port, `${url}/`, { method: 'HEAD' })).toMatchObject({
    status: 200,
    body: '',
    headers: { 'content-length': '1234' },
  });
  expect(await request(proxy.port, `${url}/204`)).toMatchObject({ status: 204, body: '' });
  expect(await request(proxy.port, `${url}/304`)).toMatchObject({
    status: 304,
    body: '',
    headers: { etag: '"1"' },
  });
});

test('an HTTP/1.0 client gets a body that ends with the connection', async () => {
  const origin = await startHttpOrigin((_, response) => {
    response.write('streamed, ');
    response.end('without a length');
  });
  const proxy = await startProxy();
  const received = await exchangeRaw(proxy.port, `GET http://allowed.test:${origin.port}/ HTTP/1.0\r\n\r\n`);
  expect(received).toMatch(/^HTTP\/1\.1 200 /);
  expect(received).not.toMatch(/transfer-encoding/i);
  expect(received.endsWith('\r\n\r\nstreamed, without a length')).toBe(true);
});

// Covers: EV-10
test('DELETE with a chunked body and a second request hidden in it reaches the origin as one request', async () => {
  const seen: string[] = [];
  const origin = await startHttpOrigin((incoming, response) => {
    seen.push(`${incoming.method} ${incoming.url}`);
    let body = '';
    incoming.on('data', (chunk) => {
      body += chunk;
    });
    incoming.on('end', () => {
      seen.push(body);
      response.end();
    });
  });
  const proxy = await startProxy();
  const hidden = 'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n';
  const received = await exchangeRaw(
    proxy.port,
    `DELETE http://allowed.test:${origin.port}/it HTTP/1.1\r\nHost: allowed.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n` +
      `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`,
  );
  expect(received).toMatch(/^HTTP\/1\.1 200 /);
  expect(seen).toEqual(['DELETE /it', hidden]);
});

test.for([
  ['with a length', 'Content-Length: 100\r\n\r\nhalf'],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n64\r\nhalf'],
])('an origin that dies mid-body, %s, ends the client transfer as broken', async ([, rest]) => {
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${rest}`, () => socket.destroy()));
  });
  const proxy = await startProxy();
  await expect(request(proxy.port, `http://allowed.test:${origin.port}/`)).rejects.toMatchObject({
    code: 'ECONNRESET',
  });
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({
    kind: 'upstream-failed',
    cause: 'http_response_incomplete',
  });
});

test.for([
  ['a chunk that is none', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n'],
  ['a first chunk that is none', 'Transfer-Encoding: chunked\r\n\r\nzz\r\n'],
])(
  'an origin that sends %s in the segment of its head breaks the transfer, and nothing hangs',
  async ([, rest]) => {
    const origin = await startRawOrigin((socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${rest}`));
    });
    const proxy = await startProxy();
    const outcome = request(proxy.port, `http://allowed.test:${origin.port}/`).then(
      ({ status }) => status,
      ({ code }) => code,
    );
    expect([502, 'ECONNRESET']).toContain(await outcome);
    expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'upstream-failed' });
  },
);

test('an HTTP/1.0 client, too, learns that an origin died mid-body', async () => {
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', () =>
        socket.destroy(),
      ),
    );
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(`GET http://allowed.test:${origin.port}/ HTTP/1.0\r\n\r\n`);
  expect((await client.closed()).error?.code).toBe('ECONNRESET');
});

// Covers: EV-19; EV-32
test('150 client aborts leave no upstream connection', async () => {
  const origin = await startHttpOrigin((_, response) => {
    response.writeHead(200, { 'content-length': 1e9 });
    response.write('x'.repeat(1_000));
  });
  const proxy = await startProxy();
  const abort = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const url = `http://allowed.test:${origin.port}/`;
      const outgoing = http.get({
        host: '127.0.0.1',
        port: proxy.port,
        path: url,
        headers: { host: 'allowed.test' },
        agent: false,
      });
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        incoming.on('error', () => {});
        incoming.once('data', () => {
          outgoing.destroy();
          resolve();
        });
      });
    });
  await Promise.all(Array.from({ length: 150 }, abort));
  await vi.waitFor(() => expect(origin.open()).toBe(0), { timeout: 10_000 });
  expect(origin.accepted()).toBe(150);
  const outcomes = await proxy.linesOf('outcome', 150);
  expect(outcomes.filter(({ kind }) => kind !== 'client-left')).toEqual([]);
});

test('a client that leaves while its request is still on its way ends it upstream', async () => {
  const reached = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () => reached.resolve());
    socket.once('close', () => left.resolve());
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(`GET http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\n\r\n`);
  await reached.promise;
  client.socket.resetAndDestroy();
  await left.promise;
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'client-left' });
});

test.for([
  ['GET', 2],
  ['POST', 1],
])(
  'a %s on a connection that the origin has given up is sent %i time(s) at most',
  async ([method, times]) => {
    let seen = 0;
    const origin = await startRawOrigin((socket) => {
      let answered = 0;
      socket.on('data', () => {
        seen += 1;
        answered += 1;
        if (answered === 1 && seen <= 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
        else if (seen === 2) socket.resetAndDestroy();
        else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nagain');
      });
    });
    const proxy = await startProxy();
    const url = `http://allowed.test:${origin.port}/`;
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    await request(proxy.port, url, { agent });
    const answer = await request(proxy.port, url, {
      agent,
      method: String(method),
      ...(method === 'POST' ? { body: 'x' } : {}),
    });
    expect(seen - 1).toBe(times);
    expect(answer.status).toBe(method === 'GET' ? 200 : 502);
  },
);

test('connections to an origin are reused', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('x'));
  const proxy = await startProxy();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const url = `http://allowed.test:${origin.port}/`;
  for (let index = 0; index < 5; index++) await request(proxy.port, url, { agent });
  expect(origin.accepted()).toBe(1);
  agent.destroy();
});

// Covers: EV-31
test('a client that asks many origins leaves six idle connections, and the latest of them are reused', async () => {
  const origins = await Promise.all(
    Array.from({ length: 9 }, () => startHttpOrigin((_, response) => response.end('x'))),
  );
  const proxy = await startProxy();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const ask = (port: number) => request(proxy.port, `http://allowed.test:${port}/`, { agent });
  for (const { port } of origins) await ask(port);
  await vi.waitFor(() => expect(origins.map(({ open }) => open())).toEqual([0, 0, 0, 1, 1, 1, 1, 1, 1]));
  for (const { port } of origins.slice(3)) await ask(port);
  expect(origins.map(({ accepted }) => accepted())).toEqual(Array(9).fill(1));
});

test("no client is sent over a connection that another client's requests may have authenticated", async () => {
  const origin = await startHttpOrigin((incoming, response) =>
    response.end(String(incoming.socket.remotePort)),
  );
  const proxy = await startProxy();
  const url = `http://allowed.test:${origin.port}/`;
  const alice = await request(proxy.port, url, { headers: { authorization: 'NTLM abc' } });
  const bob = await request(proxy.port, url);
  expect(bob.body).not.toBe(alice.body);
});

test.for([
  ['no such name', 'nowhere.invalid', 502, 'dns_error'],
  ['nobody listens', 'allowed.test:2', 502, 'connection_refused'],
])('%s: the client is told, with the type of RFC 9209', async ([, authority, status, error]) => {
  const proxy = await startProxy();
  const answer = await request(proxy.port, `http://${authority}/`);
  expect(answer.status).toBe(status);
  expect(answer.headers['proxy-status']).toContain(`error=${error}`);
  const [outcome] = await proxy.linesOf('outcome', 1);
  expect(outcome).toMatchObject({ kind: 'upstream-failed', cause: error });
  expect(answer.body).toContain((await proxy.linesOf('decision', 1))[0]?.code);
});

test.for([
  ['no HTTP at all', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'an upgrade nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
  ],
  ['a status that is none', 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n'],
  ['a reason phrase with bytes that HTTP forbids', 'HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok'],
  ['the end before an answer', ''],
  ['interim responses without end', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(100)],
])('an origin that answers with %s is a 502, not a hang and not a crash', async ([, bytes]) => {
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () => socket.end(String(bytes), 'latin1'));
  });
  const proxy = await startProxy();
  const answer = await request(proxy.port, `http://allowed.test:${origin.port}/`);
  expect(answer.status).toBe(502);
  await proxy.linesOf('outcome', 1);
});

test.for([
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody'],
  ['GET', 'HTTP/1.1 204 No Content\r\n\r\nbody'],
  ['GET', 'HTTP/1.1 304 Not Modified\r\n\r\nbody'],
  ['GET', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyEXTRA'],
])(
  '%s answered with bytes beyond its end is whole, and the connection serves on: %j',
  async ([method, bytes]) => {
    const origin = await startRawOrigin((socket) => {
      socket.once('data', () => socket.end(String(bytes), 'latin1'));
    });
    const proxy = await startProxy();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let index = 0; index < 2; index++) {
      const answer = await request(proxy.port, `http://allowed.test:${origin.port}/`, {
        method: String(method),
        agent,
      });
      expect(answer.body).toBe(method === 'GET' && bytes?.includes('200') ? 'body' : '');
    }
    agent.destroy();
    const outcomes = await proxy.linesOf('outcome', 2);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['response-relayed', 'response-relayed']);
  },
);

test('a response in a coding that would lose its name here is a 502', async () => {
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'),
    );
  });
  const proxy = await startProxy();
  expect((await request(proxy.port, `http://allowed.test:${origin.port}/`)).status).toBe(502);
});

test('a large response head passes, and a stream of events begins at once', async () => {
  const origin = await startHttpOrigin((_, response) => {
    response.writeHead(200, { 'x-large': 'x'.repeat(40_000) });
    response.flushHeaders(); // and nothing more
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(`GET http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\n\r\n`);
  await client.until((received) => received.includes('\r\n\r\n'));
});

test('an origin that stays silent is given up after the idle limit', async () => {
  const origin = await startRawOrigin((socket) => socket.resume());
  const proxy = await startProxy({ limits: { exchangeIdleMs: 100 } });
  const answer = await request(proxy.port, `http://allowed.test:${origin.port}/`);
  expect(answer.status).toBe(504);
  expect(answer.headers['proxy-status']).toContain('error=http_response_timeout');
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

// Covers: EV-31
test('an answer that begins before its upload has ended may flow for longer than the idle limit', async () => {
  const chunk = '1\r\nx\r\n';
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`));
    socket.on('data', (data) => {
      if (!data.toString().endsWith('0\r\n\r\n')) return;
      let left = 14;
      const more = setInterval(() => {
        socket.write(chunk);
        left -= 1;
        if (left === 0) socket.write('0\r\n\r\n');
        if (left === 0) clearInterval(more);
      }, 50);
      socket.once('close', () => clearInterval(more));
    });
  });
  const proxy = await startProxy({ limits: { exchangeIdleMs: 500 } });
  const client = connectRaw(proxy.port);
  const authority = `allowed.test:${origin.port}`;
  client.socket.write(
    `POST http://${authority}/ HTTP/1.1\r\nHost: ${authority}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
  );
  await client.until((received) => received.includes(chunk));
  client.socket.write('0\r\n\r\n');
  await client.until((received) => received.endsWith('\r\n0\r\n\r\n'));
  expect((await proxy.linesOf('outcome', 1))[0]).toMatchObject({ kind: 'response-relayed', bytesDown: 15 });
});

test('a segment of many chunks leaves no listener for each of them when the client takes none', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const chunks = `10\r\n${'x'.repeat(16)}\r\n`.repeat(200_000);
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () =>
      socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`),
    );
  });
  const proxy = await startProxy();
  const answer = await request(proxy.port, `http://allowed.test:${origin.port}/`);
  expect(answer.body).toHaveLength(3_200_000);
  expect(warnings).toEqual([]);
});

test('a slow client holds the origin back instead of filling the memory', async () => {
  let written = 0;
  const origin = await startHttpOrigin((_, response) => {
    const block = Buffer.alloc(64 * 1024);
    const writeMore = (): void => {
      let hasRoom = true;
      while (written < 400 && hasRoom) {
        hasRoom = response.write(block);
        written += 1;
      }
      if (written < 400) response.once('drain', writeMore);
      else response.end();
    };
    writeMore();
  });
  const proxy = await startProxy();
  const stalled = await new Promise<{ incoming: http.IncomingMessage; socket: net.Socket }>((resolve) => {
    const url = `http://allowed.test:${origin.port}/`;
    http.get(
      { host: '127.0.0.1', port: proxy.port, path: url, headers: { host: 'allowed.test' }, agent: false },
      (incoming) => resolve({ incoming, socket: incoming.socket }),
    );
  });
  const settled = await settle(() => written);
  expect(settled).toBeLessThan(400);
  let received = 0;
  for await (const chunk of stalled.incoming) received += (chunk as Buffer).length;
  expect(received).toBe(400 * 64 * 1024);
});

test('a slow origin holds an uploading client back', async () => {
  const sockets: net.Socket[] = [];
  const origin = await startHttpOrigin((incoming) => {
    incoming.pause();
    sockets.push(incoming.socket);
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(
    `PUT http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: 104857600\r\n\r\n`,
  );
  let sent = 0;
  const block = Buffer.alloc(256 * 1024);
  const send = (): void => {
    if (sent < 400 && !client.socket.destroyed)
      client.socket.write(block, () => {
        sent += 1;
        send();
      });
  };
  send();
  expect(await settle(() => sent)).toBeLessThan(400);
});

test('a client that is answered early and goes on sending does not hang, and its connection serves on', async () => {
  const origin = await startHttpOrigin((incoming, response) => {
    if (incoming.method === 'GET') response.end('next');
    else response.writeHead(413).end('too large');
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(
    `POST http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: 10\r\n\r\nabc`,
  );
  await client.until((text) => text.includes('too large'));
  client.socket.write(
    `defghijGET http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\n\r\n`,
  );
  await client.until((text) => text.includes('next'));
});

test('an upload that was answered early ends upstream with the answer', async () => {
  const origin = await startRawOrigin((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n'));
  });
  const proxy = await startProxy();
  const client = connectRaw(proxy.port);
  client.socket.write(
    `POST http://allowed.test:${origin.port}/ HTTP/1.1\r\nHost: allowed.test\r\nContent-Length: 10\r\n\r\nabc`,
  );
  await client.until((text) => text.includes('413'));
  await vi.waitFor(() => expect(origin.open()).toBe(0));
});

// Covers: EV-31
test('a client that never ends its body after the answer is cut off', async () => {
  const proxy = await startProxy({ limits: { lingerMs: 50 } });
  const client = connectRaw(proxy.port);
  client.socket.write(
    'POST http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\nContent-Length: 10\r\n\r\nabc',
  );
  expect((await client.closed()).received).toMatch(/^HTTP\/1\.1 403 /);
});

// Covers: EV-34; RFC 9110 section 7.6.3
test('our own Via in a request is a loop, and ends there', async () => {
  let via = '';
  const origin = await startHttpOrigin((incoming, response) => {
    via = String(incoming.headers.via);
    response.end();
  });
  const proxy = await startProxy();
  const url = `http://allowed.test:${origin.port}/`;
  await request(proxy.port, url);
  const answer = await request(proxy.port, url, { headers: { via: `1.0 other, ${via.toUpperCase()}` } });
  expect(answer.status).toBe(502);
  expect(answer.headers['proxy-status']).toContain('error=proxy_loop_detected');
  expect(origin.accepted()).toBe(1);
});

// Covers: EV-11; EV-34
test('the proxy does not reach itself, by whatever name', async () => {
  const proxy = await startProxy();
  for (const host of ['allowed.test', '127.0.0.1', '0.0.0.0', '[::ffff:127.0.0.1]']) {
    const answer = await request(proxy.port, `http://${host}:${proxy.port}/`);
    expect(answer.headers['proxy-status']).toContain('error=destination_ip_prohibited');
  }
});

// Covers: EV-11
test('an internal address is not dialled unless it was opened', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('inside'));
  const closed = await startProxy({ egress: { internalNetworks: [] } });
  const opened = await startProxy({ egress: { internalNetworks: [], internalNames: ['www.allowed.test'] } });
  const url = (host: string) => `http://${host}:${origin.port}/`;
  const refused = await request(closed.port, url('www.allowed.test'));
  expect(refused.status).toBe(502);
  expect(refused.headers['proxy-status']).toContain('error=destination_ip_prohibited');
  expect((await closed.linesOf('decision', 1))[0]).toMatchObject({
    action: 'block',
    reason: 'address-forbidden',
    address: '127.0.0.1',
    range: 'loopback',
  });
  expect((await request(opened.port, url('www.allowed.test'))).body).toBe('inside');
  expect((await request(opened.port, url('other.test'))).status).toBe(502);
  expect(origin.accepted()).toBe(1);
});

test('without name servers of its own the proxy asks the system, whose hosts file it honours', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('by name'));
  const proxy = await startProxy({ egress: { dns: { servers: [] } } });
  expect((await request(proxy.port, `http://localhost:${origin.port}/`)).body).toBe('by name');
});

// Covers: EV-12
test('of mixed answers only the allowed addresses are dialled', async () => {
  const origin = await startHttpOrigin((_, response) => response.end('reached'));
  const proxy = await startProxy({
    egress: {
      internalNetworks: ['127.0.0.1/32'],
      dns: { hosts: { 'mixed.test': ['10.255.255.1', '127.0.0.1'] } },
    },
  });
  expect((await request(proxy.port, `http://mixed.test:${origin.port}/`)).body).toBe('reached');
});

/** The value a counter comes to rest at: unchanged over ten turns of timers that see I/O pass. */
async function settle(counter: () => number): Promise<number> {
  let previous = -1;
  let still = 0;
  return vi.waitFor(
    () => {
      still = counter() === previous ? still + 1 : 0;
      previous = counter();
      if (still < 10) throw new Error('still moving');
      return previous;
    },
    { timeout: 20_000, interval: 30 },
  );
}
