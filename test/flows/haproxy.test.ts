import { describe, expect, test } from 'vitest';
import { connectRaw } from '../support/client.ts';
import { issueServer, newCa } from '../support/credentials.ts';
import { hasHaproxy, startHaproxy } from '../support/haproxy.ts';
import { startHttpOrigin, startHttpsOrigin } from '../support/origin.ts';
import { run } from '../support/process.ts';
import { BLOCKING_POLICY, startProxy } from '../support/proxy.ts';

const OFFICE = BLOCKING_POLICY.replace('127.0.0.1', '127.0.0.2');
const BALANCER =
  'department: balancer\ntitle: Balancer\nmembers: { networks: [127.0.0.1] }\ndefault: allow\n';

function startBehind(connectPorts: readonly number[] = [], tls?: { cert: string; key: string }) {
  const listener = {
    host: '127.0.0.1',
    port: 0,
    proxyProtocol: { from: ['127.0.0.1'] },
    ...(tls && { tls }),
  };
  return startProxy({
    policies: { 'office.yaml': OFFICE, 'balancer.yaml': BALANCER },
    connectPorts: [443, ...connectPorts],
    config: { listen: [listener] },
  });
}

const SENDERS = ['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c,authority'];

describe.skipIf(!hasHaproxy)('behind a real HAProxy (needs Debian: haproxy)', () => {
  test.each(SENDERS)('%s: the client behind it is who asks', async (sender) => {
    const origin = await startHttpOrigin((_, response) => response.end('here'));
    const proxy = await startBehind();
    const client = connectRaw(await startHaproxy(proxy.port, sender), { localAddress: '127.0.0.2' });
    const host = `allowed.test:${origin.port}`;
    client.socket.write(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    expect((await client.closed()).received).toContain('here');
    expect(await proxy.linesOf('decision', 1)).toMatchObject([{ client: '127.0.0.2', department: 'office' }]);
  });

  test.each(SENDERS)('%s, TLS passed through: a site opens, and a block page shows', async (sender) => {
    const ca = newCa();
    const origin = await startHttpsOrigin('allowed.test', (_, response) => response.end('secret'));
    const proxy = await startBehind([origin.port], issueServer(ca));
    const port = await startHaproxy(proxy.port, sender);
    const through = ['-sS', '--interface', '127.0.0.2', '--proxy', `https://localhost:${port}`];
    const trust = ['--proxy-cacert', ca.file, '--cacert'];
    const url = `https://allowed.test:${origin.port}/`;
    expect(await run('curl', [...through, ...trust, origin.caFile, url])).toMatchObject({ stdout: 'secret' });
    const page = await run('curl', [...through, ...trust, proxy.caFile, 'https://blocked.test/']);
    expect(page.stdout).toContain('It is blocked for a test');
    for (const line of await proxy.linesOf('decision', 2))
      expect(line).toMatchObject({ client: '127.0.0.2', department: 'office' });
  });

  test.each(['send-proxy', 'send-proxy-v2'])('%s: its health checks are its own', async (sender) => {
    const origin = await startHttpOrigin((_, response) => response.end('here'));
    const proxy = await startBehind();
    const host = `allowed.test:${origin.port}`;
    const check = `option httpchk\n  http-check send meth GET uri http://${host}/ ver HTTP/1.1 hdr Host ${host}`;
    await startHaproxy(proxy.port, `${sender} check inter 200ms`, check);
    const [line] = await proxy.linesOf('decision', 1);
    expect(line).toMatchObject({ client: '127.0.0.1', department: 'balancer', action: 'forward' });
  });
});
