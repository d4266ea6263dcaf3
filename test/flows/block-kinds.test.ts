import { readFileSync } from 'node:fs';
import https from 'node:https';
import tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { type Answer, openTunnel, request } from '../support/client.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';

type Asked = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };
type Told = Pick<Answer, 'status' | 'headers' | 'body'>;

/** Asks for the blocked site, in the clear or in a tunnel. */
type Ask = (proxy: TestProxy, asked: Asked) => Promise<Told>;

const overHttp: Ask = (proxy, { method = 'GET', headers = {} }) =>
  request(proxy.port, 'http://blocked.test/a?b=c', { method, headers });

const overTls: Ask = async (proxy, { method = 'GET', headers = {} }) => {
  const { socket } = await openTunnel(proxy.port, 'blocked.test:443');
  socket.removeAllListeners('data');
  const secured = tls.connect({ socket, servername: 'blocked.test', ca: readFileSync(proxy.caFile) });
  return new Promise((resolve, reject) => {
    const outgoing = https.request(
      {
        createConnection: () => secured,
        host: 'blocked.test',
        path: '/a?b=c',
        method,
        headers,
      },
      (incoming) => {
        let body = '';
        incoming.setEncoding('latin1');
        incoming.on('data', (chunk: string) => {
          body += chunk;
        });
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end();
  });
};

const SCRIPT = {
  origin: 'https://app.example',
  'sec-fetch-dest': 'empty',
  'sec-fetch-mode': 'cors',
  'sec-fetch-site': 'cross-site',
};

describe.each([
  ['over plain HTTP', overHttp],
  ['over TLS, in a blocked tunnel', overTls],
] as const)('the answer to a blocked request %s', (_way, ask) => {
  // Covers: EV-26
  test.each([
    ['document', 'text/html; charset=utf-8', /<\/html>\n$/],
    ['iframe', 'text/html; charset=utf-8', /<\/html>\n$/],
    ['empty', 'application/problem+json; charset=utf-8', /"code": "/],
    ['image', 'image/svg+xml; charset=utf-8', /^<svg /],
    ['script', 'text/javascript; charset=utf-8', /^\/\* Postern: /],
    ['serviceworker', 'text/javascript; charset=utf-8', /^\/\* Postern: /],
    ['style', 'text/css; charset=utf-8', /^\/\* Postern: /],
    ['font', 'font/woff2', /^$/],
    ['video', 'video/mp4', /^$/],
    ['manifest', 'application/manifest+json', /^$/],
  ] as const)('is for a %s of that type, and a 403 that nobody keeps', async (destination, type, body) => {
    const proxy = await startProxy();
    const told = await ask(proxy, { headers: { 'sec-fetch-dest': destination } });
    expect(told.status).toBe(403);
    expect(told.headers['content-type']).toBe(type);
    expect(told.headers['cache-control']).toBe('no-store');
    expect(told.headers['x-content-type-options']).toBe('nosniff');
    expect(told.body).toMatch(body);
    const [decision] = await proxy.linesOf('decision', 1);
    expect(told.headers['postern-incident']).toBe(decision?.code);
    expect(await proxy.linesOf('outcome', 1)).toMatchObject([
      { id: decision?.id, kind: 'block-page-served' },
    ]);
  });

  test('lets a script of any website read the code, and nothing of its reader', async () => {
    const proxy = await startProxy();
    const told = await ask(proxy, { headers: SCRIPT });
    expect(told.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'Postern-Incident',
    });
    const [decision] = await proxy.linesOf('decision', 1);
    expect(JSON.parse(told.body)).toMatchObject({ status: 403, code: decision?.code });
    expect(told.body).not.toMatch(/Office|office|127\.0\.0\.1|for a test|no-blocked/);
  });

  // Covers: EV-28
  test('to a preflight is a leave to ask, and both are decided on and settled, each once', async () => {
    const proxy = await startProxy();
    const preflight = {
      ...SCRIPT,
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'content-type,x-token',
    };
    const granted = await ask(proxy, { method: 'OPTIONS', headers: preflight });
    expect(granted).toMatchObject({ status: 204, body: '' });
    expect(granted.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-methods': 'DELETE',
      'access-control-allow-headers': 'content-type,x-token',
      'access-control-max-age': '0',
    });
    expect(granted.headers).not.toHaveProperty('content-length');
    expect((await ask(proxy, { method: 'DELETE', headers: SCRIPT })).status).toBe(403);
    const decisions = await proxy.linesOf('decision', 2);
    const outcomes = await proxy.linesOf('outcome', 2);
    expect(decisions.map(({ action }) => action)).toEqual(['block', 'block']);
    expect(outcomes.map(({ id, kind }) => [id, kind])).toEqual(
      decisions.map(({ id }) => [id, 'block-page-served']),
    );
  });

  // Covers: EV-26
  test.each([
    ['a part', { range: 'bytes=0-99', 'if-range': '"x"' }],
    ['what changed', { 'if-none-match': '*', 'if-modified-since': 'Tue, 01 Jan 2030 00:00:00 GMT' }],
    ['it ahead of need', { 'sec-purpose': 'prefetch;prerender', 'sec-fetch-dest': 'document' }],
    [
      'it from a service worker',
      { 'service-worker-navigation-preload': 'true', 'sec-fetch-dest': 'document' },
    ],
  ])('is whole, whoever asks for %s alone', async (_name, headers) => {
    const proxy = await startProxy();
    const told = await ask(proxy, { headers });
    expect(told.status).toBe(403);
    expect(told.body).toMatch(/^<!doctype html>[\s\S]*<\/html>\n$/);
    expect(told.headers).not.toHaveProperty('etag');
    expect(told.headers).not.toHaveProperty('content-range');
  });

  test('to HEAD is the head that GET would get', async () => {
    const proxy = await startProxy();
    for (const destination of ['document', 'image', 'empty']) {
      const headers = { 'sec-fetch-dest': destination };
      const whole = await ask(proxy, { headers });
      const head = await ask(proxy, { method: 'HEAD', headers });
      expect(head).toMatchObject({ status: 403, body: '' });
      for (const name of ['content-type', 'content-length'])
        expect(head.headers[name]).toBe(whole.headers[name]);
    }
  });

  test('to a WebSocket handshake is a 403 in JSON', async () => {
    const proxy = await startProxy();
    const told = await ask(proxy, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      },
    });
    expect(told.status).toBe(403);
    expect(told.headers).not.toHaveProperty('upgrade');
    expect(JSON.parse(told.body)).toMatchObject({ status: 403, rule: 'no-blocked' });
  });
});

test('an answer that is no block is readable for no website, and a preflight of it is given no leave', async () => {
  const proxy = await startProxy();
  const url = 'http://unknown.test/';
  const told = await request(proxy.port, url, { headers: SCRIPT });
  const preflight = { ...SCRIPT, 'access-control-request-method': 'PUT' };
  const granted = await request(proxy.port, url, { method: 'OPTIONS', headers: preflight });
  for (const { status, headers } of [told, granted]) {
    expect(status).toBe(502);
    expect(headers).not.toHaveProperty('access-control-allow-origin');
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
  }
});
