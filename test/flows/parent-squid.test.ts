import { chmodSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exchangeRaw, openTunnel, request } from '../support/client.ts';
import { startHttpOrigin, startRawOrigin } from '../support/origin.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { hasSquid, type Squid, startSquid } from '../support/squid.ts';
import { folderWith, writeIn } from '../support/temp-dir.ts';

function startChild(squid: Squid, password: string, connectPort: number): Promise<TestProxy> {
  const passwordFile = writeIn(folderWith(), 'password', password);
  chmodSync(passwordFile, 0o600);
  const proxy = { url: `http://127.0.0.1:${squid.port}`, username: 'postern', passwordFile };
  return startProxy({ plainPorts: [connectPort], egress: { upstream: [{ proxies: [proxy] }] } });
}

test.skipIf(!hasSquid)(
  'a Squid that asks for Basic credentials carries requests and tunnels, to names that it alone knows (needs squid)',
  async () => {
    const origin = await startHttpOrigin((incoming, response) => {
      incoming.resume().once('end', () => response.end(`${incoming.method} ${incoming.headers.via}`));
    });
    const echo = await startRawOrigin((socket) => socket.pipe(socket));
    const squid = await startSquid({ name: 'postern', password: 'secret word' });
    const proxy = await startChild(squid, 'secret word\n', echo.port);
    const url = `http://only-squid-knows.test:${origin.port}/`;
    const got = await request(proxy.port, url);
    expect(got.body).toMatch(/^GET 1\.1 postern-[0-9a-f]{8}, 1\.1 squid\.test/);
    const posted = await request(proxy.port, url, { method: 'POST', body: ['a', 'body'] });
    expect(posted.body).toMatch(/^POST /);
    const tunnel = await openTunnel(proxy.port, `only-squid-knows.test:${echo.port}`);
    tunnel.socket.write('hello');
    await tunnel.until((received) => received.endsWith('hello'));
    tunnel.socket.end();
    const outcomes = await proxy.linesOf('outcome', 3);
    expect(outcomes.map(({ upstream }) => upstream)).toEqual(Array(3).fill(`127.0.0.1:${squid.port}`));
    expect(squid.accessLog()).toContain(`GET ${url} postern`);
  },
);

test.skipIf(!hasSquid)(
  'a Squid that does not take our password is a 502 to the client, and asks nobody for one (needs squid)',
  async () => {
    const squid = await startSquid({ name: 'postern', password: 'another' });
    const proxy = await startChild(squid, 'secret word\n', 443);
    const tunnel = await exchangeRaw(proxy.port, 'CONNECT allowed.test:443 HTTP/1.1\r\nHost: x\r\n\r\n');
    const plain = await exchangeRaw(
      proxy.port,
      'GET http://allowed.test/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    );
    for (const received of [tunnel, plain]) {
      expect(received).toMatch(/^HTTP\/1\.1 502 /);
      expect(received).toContain('error=proxy_configuration_error; received-status=407');
      expect(received).not.toMatch(/proxy-authenticate/i);
    }
  },
);
