import tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { exchangeRaw, openTunnel } from '../support/client.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';

// What is signed for block pages, and for whom.

const BLOCKS_ALL = {
  'office.yaml': 'department: office\ntitle: Office\nmembers: { networks: [127.0.0.1] }\ndefault: block\n',
};

/** The serial number of the certificate that a blocked tunnel to this host shows. */
async function serialFor(
  proxy: TestProxy,
  host: string,
  version: tls.SecureVersion = 'TLSv1.3',
): Promise<string> {
  const { socket } = await openTunnel(proxy.port, `${host}:443`);
  socket.removeAllListeners('data');
  const offers = { minVersion: version, maxVersion: version, rejectUnauthorized: false };
  const secured = tls.connect({ socket, servername: host, ...offers });
  await new Promise((resolve, reject) => {
    secured.once('secureConnect', resolve);
    secured.once('error', reject);
  });
  const { serialNumber, subjectaltname } = secured.getPeerCertificate();
  expect(subjectaltname).toBe(`DNS:${host}`);
  secured.destroy();
  return serialNumber;
}

const connectTo = (proxy: TestProxy, host: string): Promise<string> =>
  exchangeRaw(
    proxy.port,
    `CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}\r\nAccept: text/plain\r\nConnection: close\r\n\r\n`,
  );

describe('a client that asks for ever new names', () => {
  const LIMITS = { certificatesPerMinutePerClient: 1, certificateBurstPerClient: 2 };

  // Covers: EV-24
  test('gets plain refusals beyond its rate, with the text of the page', async () => {
    const proxy = await startProxy({ policies: BLOCKS_ALL, limits: LIMITS });
    await serialFor(proxy, 'one.test');
    await serialFor(proxy, 'two.test');
    const refused = await connectTo(proxy, 'three.test');
    expect(refused).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(refused).not.toMatch(/^retry-after:/im); // it stays blocked however long one waits
    const decisions = await proxy.linesOf('decision', 3);
    expect(refused).toContain(String(decisions[2]?.code));
    expect(decisions[2]).toMatchObject({ host: 'three.test', action: 'block', reason: 'default' });
    const outcomes = await proxy.linesOf('outcome', 3);
    expect(outcomes.find(({ id }) => id === decisions[2]?.id)).toMatchObject({
      kind: 'block-page-unseen',
      cause: 'certificate-limit',
    });
  });

  // Covers: EV-24
  test('is still shown pages of the hosts that have a certificate', async () => {
    const proxy = await startProxy({ policies: BLOCKS_ALL, limits: LIMITS });
    const first = await serialFor(proxy, 'one.test');
    await serialFor(proxy, 'two.test');
    for (let time = 0; time < 3; time++) await connectTo(proxy, `more-${time}.test`);
    expect(await serialFor(proxy, 'one.test')).toBe(first);
  });
});

test.each<tls.SecureVersion>(['TLSv1.2', 'TLSv1.3'])(
  'clients that ask for one host at the same time are shown one certificate over %s: it is signed once',
  async (version) => {
    const proxy = await startProxy();
    const serials = await Promise.all(
      Array.from({ length: 20 }, () => serialFor(proxy, 'blocked.test', version)),
    );
    expect(new Set(serials).size).toBe(1);
  },
);

// Covers: EV-23
test.each(['192.0.2.1', '[2001:db8::1]'])('no certificate is made for an address: %s', async (address) => {
  const proxy = await startProxy({ policies: BLOCKS_ALL });
  expect(await connectTo(proxy, address)).toMatch(/^HTTP\/1\.1 403 /);
  expect(await proxy.linesOf('outcome', 1)).toMatchObject([{ cause: 'connect-refused' }]);
});
