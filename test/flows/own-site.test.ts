import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { type Answer, connectRaw, exchangeRaw, openTunnel, request } from '../support/client.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { BLOCKING_POLICY, startProxy, type TestProxy } from '../support/proxy.ts';
import { serverCredentials } from '../support/tls-peers.ts';
import { startServeWorkers } from '../support/workers.ts';

const SITE = 'http://postern.internal';

/** Of a second department, whose client 127.0.0.2 is. */
const OTHER_POLICY = `
department: annex
title: The Annex
members: { networks: [127.0.0.2] }
default: block
rules:
  - id: annex-secret
    block: { domains: [secret.test] }
    reason: { en: Only the annex may know. }
`;

const visit = (proxy: TestProxy, path: string, setup: Parameters<typeof request>[2] = {}): Promise<Answer> =>
  request(proxy.port, `${SITE}${path}`, setup);

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The decision and the outcome of the only request. */
async function bothLines(proxy: TestProxy) {
  const [outcome] = await proxy.linesOf('outcome', 1);
  const [decision] = await proxy.linesOf('decision', 1);
  expect(proxy.lines()).toHaveLength(2);
  return { decision, outcome };
}

describe('the proxy’s own site', () => {
  test('tells who one is, and how that was found, with one decision and one outcome', async () => {
    const proxy = await startProxy();
    const answer = await visit(proxy, '/');
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('127.0.0.1');
    expect(answer.body).toContain('The Office');
    expect(answer.body).toContain('the network 127.0.0.1/32');
    expect(answer.body).toContain('mailto:help@office.test');
    const { decision, outcome } = await bothLines(proxy);
    expect(decision).toMatchObject({
      department: 'office',
      via: 'http',
      host: 'postern.internal',
      path: '/',
      action: 'forward',
      reason: 'own-site',
    });
    expect(outcome).toMatchObject({ id: decision?.id, kind: 'answered-by-proxy', status: 200 });
  });

  test('speaks Korean to who reads that, and English to who reads neither', async () => {
    const proxy = await startProxy();
    const korean = await visit(proxy, '/', { headers: { 'accept-language': 'ko-KR,ko;q=0.9' } });
    expect(korean.headers['content-language']).toBe('ko');
    expect(korean.body).toContain('사무실');
    const french = await visit(proxy, '/', { headers: { 'accept-language': 'fr' } });
    expect(french.headers['content-language']).toBe('en');
  });

  test('is there for who belongs to no department, and says so', async () => {
    const proxy = await startProxy();
    const answer = await visit(proxy, '/', { localAddress: '127.0.0.9' });
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('127.0.0.9');
    expect(answer.body).toContain('belongs to no department');
  });

  test('names the listener’s port where that tells the department', async () => {
    const free = await freePort();
    const proxy = await startProxy({
      config: { listen: [{ host: '127.0.0.1', port: free }] },
      policies: {
        'guests.yaml': `department: guests\ntitle: Guests\nmembers: { ports: [${free}] }\ndefault: allow\n`,
      },
    });
    expect((await visit(proxy, '/')).body).toContain(`port ${free} of the gateway`);
  });

  test('is reserved: no policy, no fixed address and no parent proxy reaches another of that name', async () => {
    let visits = 0;
    const origin = await startHttpOrigin((_, response) => {
      visits += 1;
      response.end('an impostor');
    });
    const proxy = await startProxy({
      policies: {
        'office.yaml': `${BLOCKING_POLICY}  - { id: no-site, block: { domains: [internal] } }\n`,
      },
      egress: {
        dns: { servers: ['127.0.0.1:1'], hosts: { 'postern.internal': ['127.0.0.1'] } },
        upstream: [{ proxies: [{ url: `http://127.0.0.1:${origin.port}` }] }],
      },
    });
    for (const spelling of ['postern.internal', 'POSTERN.Internal', 'postern.internal:80']) {
      const answer = await exchangeRaw(
        proxy.port,
        `GET http://${spelling}/ HTTP/1.1\r\nHost: postern.internal\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(visits).toBe(0);
  });

  test.each([
    [
      'another port',
      'GET http://postern.internal:8080/ HTTP/1.1\r\nHost: postern.internal:8080\r\n\r\n',
      'http',
    ],
    [
      'https’ port in the clear',
      'GET http://postern.internal:443/ HTTP/1.1\r\nHost: postern.internal:443\r\n\r\n',
      'http',
    ],
    [
      'a tunnel to another port',
      'CONNECT postern.internal:80 HTTP/1.1\r\nHost: postern.internal:80\r\n\r\n',
      'connect',
    ],
    [
      'a tunnel to SSH',
      'CONNECT postern.internal:22 HTTP/1.1\r\nHost: postern.internal:22\r\n\r\n',
      'connect',
    ],
    [
      'a WebSocket',
      'GET http://postern.internal/ HTTP/1.1\r\nHost: postern.internal\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
      'websocket',
    ],
  ])('is not to be had by %s', async (_, bytes, via) => {
    const proxy = await startProxy({ connectPorts: [443, 80, 22] });
    const client = connectRaw(proxy.port);
    client.socket.write(bytes);
    expect(await client.until((received) => received.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 403 /);
    client.socket.destroy();
    const { decision } = await bothLines(proxy);
    expect(decision).toMatchObject({ via, action: 'block', reason: 'own-site' });
  });

  test('takes GET and HEAD alone', async () => {
    const proxy = await startProxy();
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
      const answer = await visit(proxy, '/', { method });
      expect(answer.status).toBe(405);
      expect(answer.headers.allow).toBe('GET, HEAD');
    }
    const [page, head] = [await visit(proxy, '/'), await visit(proxy, '/', { method: 'HEAD' })];
    expect(head.body).toBe('');
    expect(head.headers['content-length']).toBe(page.headers['content-length']);
  });

  test.each(['/nowhere', '/ca.key', '/try/', '//', '/incident/a/b', '/proxy.pac/'])(
    'has no page at %s',
    async (path) => {
      expect((await visit(await startProxy(), path)).status).toBe(404);
    },
  );

  test('answers under its own name only', async () => {
    const proxy = await startProxy();
    for (const host of [
      'evil.example',
      'postern.internal.evil.example',
      '127.0.0.1',
      'postern.internal:8080',
    ])
      expect((await visit(proxy, '/', { headers: { host } })).status).toBe(421);
  });

  test('tells other sites nothing, and may be framed, cached and kept by nobody', async () => {
    const proxy = await startProxy();
    for (const site of ['cross-site', 'same-site', 'whatever'])
      expect((await visit(proxy, '/', { headers: { 'sec-fetch-site': site } })).status).toBe(403);
    const { status, headers } = await visit(proxy, '/', { headers: { 'sec-fetch-site': 'same-origin' } });
    expect(status).toBe(200);
    expect(headers['set-cookie']).toBeUndefined();
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = headers['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-');
  });
});

describe('try a site', () => {
  const tried = async (proxy: TestProxy, url: string, setup = {}) =>
    visit(proxy, `/try?url=${encodeURIComponent(url)}`, setup);

  test('says that a site is blocked, by which rule, and why', async () => {
    const { status, body } = await tried(await startProxy(), 'https://www.blocked.test/a');
    expect(status).toBe(200);
    expect(body).toContain('class="kind blocked"');
    expect(body).toContain('no-blocked');
    expect(body).toContain('It is blocked for a test.');
  });

  test('says that a site is allowed, takes a bare name for one, and looks none up', async () => {
    const { status, body } = await tried(await startProxy(), 'never-looked-up.test');
    expect(status).toBe(200);
    expect(body).toContain('class="kind allowed"');
    expect(body).toContain('https://never-looked-up.test:443/');
  });

  test('says it of one’s own department alone', async () => {
    const proxy = await startProxy({
      policies: { 'office.yaml': BLOCKING_POLICY, 'annex.yaml': OTHER_POLICY },
    });
    const own = await tried(proxy, 'secret.test');
    expect(own.body).toContain('class="kind allowed"');
    expect(own.body).not.toContain('annex');
    const theirs = await tried(proxy, 'secret.test', { localAddress: '127.0.0.2' });
    expect(theirs.body).toContain('Only the annex may know.');
  });

  test('says of a port that it is closed, as the door would', async () => {
    const { body } = await tried(await startProxy(), 'https://allowed.test:22/');
    expect(body).toContain('This port is not allowed');
  });

  test('says of what is no address that it is none', async () => {
    const { status, body } = await tried(await startProxy(), 'ftp://x');
    expect(status).toBe(400);
    expect(body).toContain('not an address of a site');
  });

  test('writes what was tried into the log without the query it came in', async () => {
    const proxy = await startProxy();
    await tried(proxy, 'https://private.test/');
    const { decision } = await bothLines(proxy);
    expect(decision).toMatchObject({ path: '/try' });
    expect(JSON.stringify(proxy.lines())).not.toContain('private.test');
  });
});

describe('an incident code', () => {
  async function blockedCode(proxy: TestProxy, setup = {}): Promise<string> {
    const page = await request(proxy.port, 'http://blocked.test/', {
      ...setup,
      headers: { accept: 'text/plain' },
    });
    return /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(page.body)?.[0] ?? '';
  }

  test('of one’s own is told: what was asked, and why it was blocked', async () => {
    const proxy = await startProxy();
    const code = await blockedCode(proxy);
    for (const path of [
      `/incident/${code}`,
      `/incident/${code.replace('-', '').toLowerCase()}`,
      `/incident?code=${code}`,
    ]) {
      const { status, body } = await visit(proxy, path);
      expect(status).toBe(200);
      expect(body).toContain('blocked.test');
      expect(body).toContain('It is blocked for a test.');
    }
  });

  test('of somebody else’s is as if it were not there', async () => {
    const proxy = await startProxy({
      policies: { 'office.yaml': BLOCKING_POLICY.replace('[127.0.0.1]', '[127.0.0.0/30]') },
    });
    const code = await blockedCode(proxy);
    const theirs = await visit(proxy, `/incident/${code}`, { localAddress: '127.0.0.2' });
    const nobodys = await visit(proxy, '/incident/ZZZZ-ZZZZ', { localAddress: '127.0.0.2' });
    expect(theirs.status).toBe(404);
    expect(theirs.body.replaceAll(code, '')).toBe(nobodys.body.replaceAll('ZZZZ-ZZZZ', ''));
    expect(theirs.body).not.toContain('blocked.test');
  });

  test('that is none is asked for anew', async () => {
    const proxy = await startProxy();
    expect((await visit(proxy, '/incident/hello')).status).toBe(400);
    expect((await visit(proxy, '/incident')).status).toBe(200);
  });
});

test('an incident code is told by whichever worker is asked', async () => {
  const serve = await startServeWorkers();
  const page = await request(serve.port, 'http://deepseek.com/', {
    headers: { accept: 'application/problem+json' },
  });
  const { code } = JSON.parse(page.body) as { readonly code: string };
  const asked = (worker: number): number =>
    (serve.logs()[worker] ?? []).filter(({ reason }) => reason === 'own-site').length;
  // The kernel spreads connections by chance.
  for (let visits = 0; visits < 200 && (asked(0) === 0 || asked(1) === 0); visits++) {
    const answer = await request(serve.port, `${SITE}/incident/${code}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toContain('deepseek.com');
  }
  expect([asked(0) > 0, asked(1) > 0]).toEqual([true, true]);
});

describe('the CA', () => {
  test('is to be had in both encodings, and is the one that signs', async () => {
    const proxy = await startProxy();
    const pem = await visit(proxy, '/ca.pem');
    expect(pem.body).toBe(readFileSync(proxy.caFile, 'utf8'));
    const der = await new Promise<Buffer>((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: proxy.port,
        path: `${SITE}/ca.crt`,
        headers: { host: 'postern.internal' },
      };
      http
        .get({ ...options, agent: false }, (incoming) => {
          expect(incoming.headers['content-type']).toBe('application/x-x509-ca-cert');
          const pieces: Buffer[] = [];
          incoming.on('data', (piece) => pieces.push(piece)).on('end', () => resolve(Buffer.concat(pieces)));
        })
        .on('error', reject);
    });
    expect(der.equals(new X509Certificate(pem.body).raw)).toBe(true);
    const page = await visit(proxy, '/ca');
    expect(page.body).toContain(new X509Certificate(pem.body).fingerprint256);
  });

  test('is what ca.crt says at this moment, both while one is exchanged for another', async () => {
    const proxy = await startProxy();
    const { cert } = serverCredentials('next.example');
    const first = readFileSync(proxy.caFile, 'utf8');
    writeFileSync(proxy.caFile, first + cert);
    expect((await visit(proxy, '/ca.pem')).body).toBe(first + cert);
    const { body } = await visit(proxy, '/ca');
    for (const pem of [first, cert]) expect(body).toContain(new X509Certificate(pem).fingerprint256);
    expect((await visit(proxy, '/ca-2.crt')).headers['content-type']).toBe('application/x-x509-ca-cert');
    expect((await visit(proxy, '/ca-3.crt')).status).toBe(404);
    rmSync(proxy.caFile);
    expect((await visit(proxy, '/ca.pem')).body).toBe(first);
  });

  test('is not there where blocked tunnels get no page', async () => {
    const proxy = await startProxy({ config: { blockPage: { https: 'refuse' } } });
    expect((await visit(proxy, '/ca.pem')).status).toBe(404);
    expect((await visit(proxy, '/ca')).body).toContain('has no certificate');
    const client = connectRaw(proxy.port);
    client.socket.write('CONNECT postern.internal:443 HTTP/1.1\r\nHost: postern.internal:443\r\n\r\n');
    expect(await client.until((received) => received.includes('\r\n\r\n'))).toMatch(/^HTTP\/1\.1 403 /);
  });
});

describe('over TLS', () => {
  /** What comes back for a request in a tunnel to the site, with the CA trusted or not. */
  async function ask(proxy: TestProxy, bytes: string, options: tls.ConnectionOptions = {}): Promise<string> {
    const { socket } = await openTunnel(proxy.port, 'postern.internal:443');
    socket.removeAllListeners('data');
    const secured = tls.connect({
      socket,
      servername: 'postern.internal',
      ca: readFileSync(proxy.caFile),
      ...options,
    });
    return new Promise((resolve, reject) => {
      let received = '';
      secured.on('data', (piece) => {
        received += piece;
      });
      secured.on('error', reject).on('close', () => resolve(received));
      secured.write(bytes);
    });
  }

  const get = (path: string, more = ''): string =>
    `GET ${path} HTTP/1.1\r\nHost: postern.internal\r\n${more}\r\n`;

  test('the trust check is there for the pages of any site, by a leaf of our CA', async () => {
    const proxy = await startProxy();
    const answer = await ask(proxy, get('/trust.css', 'Sec-Fetch-Site: cross-site\r\n'));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain('Content-Type: text/css');
    expect(answer).toContain('.untrusted{display:none}');
    const { decision, outcome } = await bothLines(proxy);
    expect(decision).toMatchObject({
      via: 'connect',
      host: 'postern.internal',
      action: 'forward',
      reason: 'own-site',
    });
    expect(outcome).toMatchObject({ kind: 'answered-by-proxy', status: 200 });
  });

  test('the pages are there too, and tell other sites nothing', async () => {
    const proxy = await startProxy();
    expect(await ask(proxy, get('/'))).toContain('The Office');
    expect(await ask(proxy, get('/', 'Sec-Fetch-Site: cross-site\r\n'))).toMatch(/^HTTP\/1\.1 403 /);
    expect(await ask(proxy, get('/').replace('postern.internal', 'evil.example'))).toMatch(
      /^HTTP\/1\.1 421 /,
    );
    expect(await ask(proxy, get('/').replace('GET', 'POST'))).toMatch(/^HTTP\/1\.1 405 /);
  });

  test('a client that does not trust the CA leaves an outcome that says so', async () => {
    const proxy = await startProxy();
    await expect(ask(proxy, get('/trust.css'), { ca: [] })).rejects.toThrow();
    const { outcome } = await bothLines(proxy);
    expect(outcome).toMatchObject({ kind: 'block-page-unseen' });
  });

  test('another name in the handshake meets an alert and no certificate', async () => {
    const proxy = await startProxy();
    await expect(ask(proxy, get('/'), { servername: 'www.bank.test' })).rejects.toThrow('unrecognized name');
  });

  test('in the clear there is no trust check: it would prove nothing', async () => {
    expect((await visit(await startProxy(), '/trust.css')).status).toBe(404);
  });
});

describe('the proxy’s own port, opened as a website', () => {
  test('is 421, and names the site to open', async () => {
    const proxy = await startProxy();
    const answer = await exchangeRaw(proxy.port, 'GET / HTTP/1.1\r\nHost: proxy:3128\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    expect(answer).toContain('http://postern.internal/');
  });

  test.each(['/', '/ca', '/ca.crt', '/try?url=x', '/trust.css'])('has no %s', async (path) => {
    const proxy = await startProxy();
    const answer = await exchangeRaw(proxy.port, `GET ${path} HTTP/1.1\r\nHost: postern.internal\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
  });

  test.each(['/proxy.pac', '/wpad.dat', '/wpad.dat?x=1'])(
    'has %s, whatever name it was asked by, and leaves a decision and an outcome',
    async (path) => {
      const proxy = await startProxy();
      const answer = await exchangeRaw(
        proxy.port,
        `GET ${path} HTTP/1.1\r\nHost: wpad.example\r\nConnection: close\r\n\r\n`,
      );
      expect(answer).toMatch(/^HTTP\/1\.1 200 /);
      expect(answer).toContain('Content-Type: application/x-ns-proxy-autoconfig');
      expect(answer).toContain(`PROXY 127.0.0.1:${proxy.port}`);
      expect(answer).toContain('function FindProxyForURL(url, host)');
      const { decision, outcome } = await bothLines(proxy);
      expect(decision).toMatchObject({
        host: 'postern.internal',
        path: path.replace('?x=1', ''),
        action: 'forward',
        reason: 'own-site',
      });
      expect(outcome).toMatchObject({ id: decision?.id, kind: 'answered-by-proxy' });
    },
  );
});

test('the PAC file is at the site too, and in the reader’s list of what can be done there', async () => {
  const proxy = await startProxy();
  expect((await visit(proxy, '/')).body).toContain('href="/proxy.pac"');
  const { status, body } = await visit(proxy, '/proxy.pac');
  expect(status).toBe(200);
  expect(body).toContain(`PROXY 127.0.0.1:${proxy.port}`);
});

test('the PAC file names first the proxy by whose name it was asked for', async () => {
  const proxies = ['one.example:3128', 'two.example:3128'];
  const proxy = await startProxy({ config: { pac: { proxies } } });
  const asked = (host: string): Promise<string> =>
    exchangeRaw(proxy.port, `GET /proxy.pac HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  expect(await asked('one.example:3128')).toContain('PROXY one.example:3128; PROXY two.example:3128');
  expect(await asked('TWO.example:3128')).toContain('PROXY two.example:3128; PROXY one.example:3128');
  expect(await asked('wpad')).toContain('PROXY one.example:3128; PROXY two.example:3128');
});

test('there is no PAC file where nobody has said how clients call the proxy', async () => {
  const proxyProtocol = { from: ['127.0.0.1'] };
  const proxy = await startProxy({ config: { listen: [{ host: '127.0.0.1', port: 0, proxyProtocol }] } });
  const answer = await exchangeRaw(
    proxy.port,
    'PROXY TCP4 127.0.0.1 127.0.0.1 4000 3128\r\nGET /proxy.pac HTTP/1.1\r\nHost: wpad\r\nConnection: close\r\n\r\n',
  );
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
});

test('a tunnel that opens with the site’s name is no way to it', async () => {
  const origin = await startHttpOrigin((_, response) => response.end());
  const proxy = await startProxy({ connectPorts: [origin.port], tunnels: { sniMismatch: 'decide' } });
  const { socket } = await openTunnel(proxy.port, `allowed.test:${origin.port}`);
  socket.removeAllListeners('data');
  const refused = new Promise<Error>((resolve) =>
    tls.connect({ socket, servername: 'postern.internal' }).on('error', resolve),
  );
  expect((await refused).message).toContain('access denied');
  const decisions = await proxy.linesOf('decision', 2);
  expect(decisions[1]).toMatchObject({
    via: 'tls',
    host: 'postern.internal',
    action: 'block',
    reason: 'own-site',
  });
});
