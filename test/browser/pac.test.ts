import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { PAC_TYPE, pacFor } from '../../src/pac/pac.ts';
import { settingsIn } from '../pac/support.ts';
import { type ByPac, hasChromium, launchChromium, openPage } from '../support/chromium.ts';
import { issueServer, newCa } from '../support/credentials.ts';
import { launchFirefox } from '../support/firefox.ts';
import { type Origin, startHttpOrigin } from '../support/origin.ts';
import { type ProxySetup, startProxy, type TestProxy } from '../support/proxy.ts';

/** Names that the browser itself finds: it could go to any of them without the proxy, if the PAC file let it. */
const OWN_NAMES = ['intranet.test', 'www.intranet.test', 'allowed.test', 'outside.test', 'wiki'];

type Setup = { readonly proxy: TestProxy; readonly origin: Origin; readonly way: ByPac };

/** A proxy, a site, and a PAC file for a browser that has nothing else: made of these settings for the proxy's port. */
async function start(pac: (port: number) => string, proxySetup: ProxySetup = {}): Promise<Setup> {
  const proxy = await startProxy(proxySetup);
  const origin = await startHttpOrigin((_, response) => response.end('what stands at the origin'));
  const text = pacFor(settingsIn(pac(proxy.port)));
  const files = await startHttpOrigin((_, response) => {
    response.writeHead(200, { 'content-type': PAC_TYPE }).end(text);
  });
  return { proxy, origin, way: { pacUrl: `http://127.0.0.1:${files.port}/proxy.pac`, ownNames: OWN_NAMES } };
}

async function browse(pac: (port: number) => string): Promise<Setup & { readonly page: Page }> {
  const setup = await start(pac);
  return { ...setup, page: await openPage(await launchChromium(setup.way, [setup.proxy.caFile])) };
}

const hostsAsked = (proxy: TestProxy): readonly unknown[] =>
  proxy.lines().flatMap((line) => (line.event === 'decision' ? [line.host] : []));

const usual = (port: number): string =>
  `pac: { proxies: ["127.0.0.1:${port}"], direct: [intranet.test, <plain>] }`;

describe.skipIf(!hasChromium)(
  'a real Chromium with a PAC file (needs Debian: chromium, libnss3-tools)',
  () => {
    const usual = (port: number): string =>
      `pac: { proxies: ["127.0.0.1:${port}"], direct: [intranet.test, <plain>] }`;

    test('goes by the proxy, and shows the page of what is blocked, over HTTP and HTTPS', async () => {
      const { page } = await browse(usual);
      for (const url of ['http://blocked.test/', 'https://blocked.test/']) {
        expect((await page.goto(url))?.status()).toBe(403);
        expect(await page.innerText('body')).toContain('It is blocked for a test.');
      }
    });

    test('goes to internal names without the proxy, and to all others by it', async () => {
      const { page, origin, proxy } = await browse(usual);
      for (const host of ['intranet.test', 'www.intranet.test', 'wiki', 'allowed.test']) {
        await page.goto(`http://${host}:${origin.port}/`);
        expect(await page.innerText('body')).toBe('what stands at the origin');
      }
      const asked = hostsAsked(proxy);
      expect(asked).toContain('allowed.test');
      for (const host of ['intranet.test', 'www.intranet.test', 'wiki']) expect(asked).not.toContain(host);
    });

    test('takes the next proxy where one does not answer', async () => {
      const { page, origin, proxy } = await browse(
        (port) => `pac: { proxies: ["127.0.0.1:1", "127.0.0.1:${port}"] }`,
      );
      await page.goto(`http://allowed.test:${origin.port}/`);
      expect(await page.innerText('body')).toBe('what stands at the origin');
      expect(hostsAsked(proxy)).toContain('allowed.test');
    });

    test('speaks TLS to the proxy, and shows the page, where the file names it so', async () => {
      const ca = newCa();
      const listen = [{ host: '127.0.0.1', port: 0, tls: issueServer(ca) }];
      const { proxy, origin, way } = await start(
        (port) => `pac: { proxies: ["https://localhost:${port}"] }`,
        {
          config: { listen },
        },
      );
      const page = await openPage(await launchChromium(way, [ca.file, proxy.caFile]));
      expect((await page.goto('https://blocked.test/'))?.status()).toBe(403);
      expect(await page.innerText('body')).toContain('It is blocked for a test.');
      await page.goto(`http://allowed.test:${origin.port}/`);
      expect(hostsAsked(proxy)).toContain('allowed.test');
    });

    // Covers: EV-41
    test('goes nowhere where none answers, although it could', async () => {
      const { page, origin } = await browse(() => 'pac: { proxies: ["127.0.0.1:1", "127.0.0.1:2"] }');
      await expect(page.goto(`http://outside.test:${origin.port}/`)).rejects.toThrow(
        'ERR_PROXY_CONNECTION_FAILED',
      );
      expect(origin.accepted()).toBe(0);
    });

    test('goes around them where that is said', async () => {
      const { page, origin } = await browse(() => 'pac: { proxies: ["127.0.0.1:1"], fallback: direct }');
      await page.goto(`http://outside.test:${origin.port}/`);
      expect(await page.innerText('body')).toBe('what stands at the origin');
    });
  },
);

test('a real Firefox with a PAC file, by an enterprise policy, does the same (needs Debian: firefox-esr)', async () => {
  const { proxy, origin, way } = await start(usual);
  const firefox = await launchFirefox(way, [proxy.caFile]);
  await firefox.open('https://blocked.test/');
  expect(await firefox.evaluate('document.body.innerText')).toContain('It is blocked for a test.');
  for (const host of ['intranet.test', 'wiki', 'allowed.test']) {
    await firefox.open(`http://${host}:${origin.port}/`);
    expect(await firefox.evaluate('document.body.innerText')).toBe('what stands at the origin');
  }
  const asked = hostsAsked(proxy);
  expect(asked).toContain('allowed.test');
  for (const host of ['intranet.test', 'wiki']) expect(asked).not.toContain(host);
}, 90_000);
