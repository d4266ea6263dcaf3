import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { UPLOAD_FROM_PAGE, uploadHash } from '../support/browser-upload.ts';
import { hasChromium, launchChromium, openPage } from '../support/chromium.ts';
import { startSite, UPLOAD_MS } from '../support/client-site.ts';
import { startHttpsOrigin } from '../support/origin.ts';
import { type Line, startProxy, type TestProxy } from '../support/proxy.ts';

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

/** `npm run screenshots` sets this to docs/images; otherwise the pictures are taken and dropped. */
const pictures = process.env.SCREENSHOTS;

async function picture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  const path = pictures === undefined ? {} : { path: join(pictures, `${name}.png`) };
  await page.screenshot({ ...path, fullPage: true });
}

const shippedPolicies = (folder = 'policies'): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /[.](?:yaml|txt)$/.test(name))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );

/** The browser also asks for hosts of its maker; the line about ours is the one that matters. */
async function lineFor(proxy: TestProxy, host: string): Promise<Line | undefined> {
  return (await proxy.linesOf('decision', 1)).find((line) => line.host === host);
}

describe.skipIf(!hasChromium)('a real Chromium (needs Debian: chromium, libnss3-tools)', () => {
  test("shows the trade ministry's block page over HTTPS without a warning", async () => {
    const proxy = await startProxy({ policies: shippedPolicies() });
    const browser = await launchChromium(proxy.port, [proxy.caFile]);
    const page = await openPage(browser, { viewport: DESKTOP });
    const response = await page.goto('https://chat.deepseek.com/');
    expect(response?.status()).toBe(403);
    expect(await response?.securityDetails()).toMatchObject({ protocol: 'TLS 1.3' });
    expect(await page.getAttribute('html', 'lang')).toBe('en');
    const decision = await lineFor(proxy, 'chat.deepseek.com');
    expect(decision).toMatchObject({ department: 'trade-ministry', action: 'block', rule: 'deepseek' });
    const text = await page.innerText('body');
    expect(text).toContain('Ministry of Trade, Industry and Energy');
    expect(text).toContain(decision?.code);
    const outcomes = await proxy.linesOf('outcome', 1);
    expect(outcomes.find(({ id }) => id === decision?.id)).toMatchObject({ kind: 'block-page-served' });
  });

  test('without the CA shows a warning in place of the page, and the log says why', async () => {
    const proxy = await startProxy();
    const page = await openPage(await launchChromium(proxy.port, []));
    await expect(page.goto('https://blocked.test/')).rejects.toThrow('net::ERR_CERT_AUTHORITY_INVALID');
    const decision = await lineFor(proxy, 'blocked.test');
    const outcomes = await proxy.linesOf('outcome', 1);
    expect(outcomes.find(({ id }) => id === decision?.id)).toMatchObject({
      kind: 'block-page-unseen',
      cause: 'ca-unknown',
    });
  });

  test.each([
    ['en', 'light', 'desktop'],
    ['en', 'dark', 'desktop'],
    ['en', 'light', 'phone'],
    ['en', 'dark', 'phone'],
    ['ko', 'light', 'desktop'],
    ['ko', 'dark', 'desktop'],
    ['ko', 'light', 'phone'],
    ['ko', 'dark', 'phone'],
  ] as const)('shows it in %s, in the %s, on a %s', async (language, colorScheme, device) => {
    const proxy = await startProxy({ policies: shippedPolicies() });
    const browser = await launchChromium(proxy.port, [proxy.caFile]);
    const locale = { en: 'en-GB', ko: 'ko-KR' }[language];
    const viewport = { desktop: DESKTOP, phone: PHONE }[device];
    const page = await openPage(browser, { locale, colorScheme, viewport });
    await page.goto('https://chat.deepseek.com/');
    expect(await page.getAttribute('html', 'lang')).toBe(language);
    const title = { en: 'Ministry of Trade, Industry and Energy', ko: '산업통상자원부' }[language];
    expect(await page.innerText('body')).toContain(title);
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    const variant = [device === 'phone' && device, colorScheme === 'dark' && colorScheme].filter(Boolean);
    await picture(page, ['block-page', language, ...variant].join('-'));
  });

  test('loads an allowed HTTPS site and holds a WebSocket with it', async () => {
    const origin = await startHttpsOrigin('allowed.test', (_, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<title>Allowed</title><h1>An allowed site</h1>');
    });
    const sockets = new WebSocketServer({ server: origin.server });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`echo ${data}`)));
    const proxy = await startProxy({ connectPorts: [origin.port] });
    const browser = await launchChromium(proxy.port, [proxy.caFile, origin.caFile]);
    const page = await openPage(browser);
    const response = await page.goto(`https://allowed.test:${origin.port}/`);
    expect(response?.status()).toBe(200);
    expect(await page.innerText('h1')).toBe('An allowed site');
    const echoed = await page.evaluate(
      (url) =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(url);
          socket.onopen = () => socket.send('hello');
          socket.onmessage = ({ data }) => resolve(data);
          socket.onerror = () => reject(new Error('the WebSocket failed'));
        }),
      `wss://allowed.test:${origin.port}/`,
    );
    expect(echoed).toBe('echo hello');
    const tunnels = (await proxy.linesOf('decision', 2)).filter(({ host }) => host === 'allowed.test');
    expect(tunnels.map(({ via, action }) => `${via} ${action}`)).toEqual([
      'connect forward',
      'connect forward',
    ]);
  });

  // Covers: EV-07
  test('sends an encrypted ClientHello to everybody, which passes unless ech: refuse stands', async () => {
    const origin = await startHttpsOrigin('allowed.test', (_, response) => response.end('the site'));
    const proxy = await startProxy({ connectPorts: [origin.port], tunnels: { ech: 'refuse' } });
    const browser = await launchChromium(proxy.port, [origin.caFile]);
    const page = await openPage(browser);
    await expect(page.goto(`https://allowed.test:${origin.port}/`)).rejects.toThrow('net::ERR_');
    const refused = (await proxy.linesOf('decision', 2)).find(({ via }) => via === 'tls');
    expect(refused).toMatchObject({ host: 'allowed.test', sni: 'allowed.test', reason: 'ech-forbidden' });
  });

  // Covers: EV-26
  test('shows a page over HTTP', async () => {
    const site = await startSite();
    const page = await openPage(await launchChromium(site.proxy.port, []));
    expect((await page.goto(site.httpUrl))?.status()).toBe(200);
    expect(await page.innerText('body')).toBe('what stands at the origin');
  });

  test.each(['HTTP', 'HTTPS'])(
    'uploads 64 MB over %s, and every byte arrives',
    async (scheme) => {
      const site = await startSite();
      const browser = await launchChromium(site.proxy.port, [site.proxy.caFile, site.originCaFile]);
      const page = await openPage(browser);
      await page.goto(scheme === 'HTTP' ? site.httpUrl : site.httpsUrl);
      expect(await page.evaluate(UPLOAD_FROM_PAGE)).toEqual([200, uploadHash()]);
    },
    UPLOAD_MS,
  );
});
