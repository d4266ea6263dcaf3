import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { axeFindings } from '../support/axe.ts';
import { hasChromium, launchChromium, openPage } from '../support/chromium.ts';
import { startHttpOrigin } from '../support/origin.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };

/** `npm run screenshots` sets this to docs/images; otherwise the pictures are taken and dropped. */
const pictures = process.env.SCREENSHOTS;

async function picture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  await page.screenshot(pictures === undefined ? {} : { path: join(pictures, `${name}.png`) });
}

const POLICY = `
department: trade-ministry
title: { en: 'Ministry of Trade, Industry and Energy', ko: 산업통상자원부 }
members: { networks: [127.0.0.1] }
default: allow
contact: { email: helpdesk@motie.example, phone: +82-44-000-0000 }
rules:
  - id: deepseek
    block: { domains: [deepseek.com] }
    reason:
      en: The Personal Information Protection Commission has an open inquiry into how the service handles personal data.
      ko: 개인정보보호위원회의 확인이 끝날 때까지 이 서비스를 이용할 수 없습니다.
    reference: PIPC, 2025-02
    alternatives:
      - { title: { en: Government AI assistant, ko: 범정부 인공지능 도우미 }, url: https://ai.motie.example/ }
`;

const startSite = (): Promise<TestProxy> => startProxy({ policies: { 'trade-ministry.yaml': POLICY } });

const SITE = 'http://postern.internal';

/** The line about the trust check. */
async function trustOutcome(proxy: TestProxy) {
  const decisions = await proxy.linesOf('decision', 2);
  const check = decisions.find(({ via, host }) => via === 'connect' && host === 'postern.internal');
  const outcomes = await proxy.linesOf('outcome', 2);
  return outcomes.find(({ id }) => id === check?.id);
}

describe.skipIf(!hasChromium)(
  'the proxy’s own site in a real Chromium (needs Debian: chromium, libnss3-tools)',
  () => {
    test('says that the browser trusts the CA where it does', async () => {
      const proxy = await startSite();
      const page = await openPage(await launchChromium(proxy.port, [proxy.caFile]), { viewport: DESKTOP });
      expect((await page.goto(`${SITE}/ca`))?.status()).toBe(200);
      expect(await page.isVisible('.trusted')).toBe(true);
      expect(await page.isVisible('.untrusted')).toBe(false);
      expect(await trustOutcome(proxy)).toMatchObject({ kind: 'answered-by-proxy', status: 200 });
      expect(await axeFindings(page)).toEqual([]);
      await picture(page, 'own-site-ca-en');
    });

    test('says that it does not where it does not, without a warning', async () => {
      const proxy = await startSite();
      const page = await openPage(await launchChromium(proxy.port, []), { viewport: DESKTOP });
      expect((await page.goto(`${SITE}/ca`))?.status()).toBe(200);
      expect(await page.isVisible('.trusted')).toBe(false);
      expect(await page.isVisible('.untrusted')).toBe(true);
      expect(await trustOutcome(proxy)).toMatchObject({ kind: 'block-page-unseen' });
      expect(await axeFindings(page)).toEqual([]);
    });

    test('is there over HTTPS too', async () => {
      const proxy = await startSite();
      const page = await openPage(await launchChromium(proxy.port, [proxy.caFile]));
      const response = await page.goto('https://postern.internal/');
      expect(response?.status()).toBe(200);
      expect(await response?.securityDetails()).toMatchObject({ protocol: 'TLS 1.3' });
      expect(await page.innerText('main')).toContain('127.0.0.1');
    });

    test('is walked through by its links and forms alone, and axe finds no fault with any page', async () => {
      const proxy = await startSite();
      const browser = await launchChromium(proxy.port, [proxy.caFile]);
      const page = await openPage(browser, { viewport: DESKTOP, javaScriptEnabled: true });
      const faults: string[] = [];
      const look = async (name?: string): Promise<void> => {
        faults.push(...(await axeFindings(page)));
        if (name !== undefined) await picture(page, name);
      };
      await page.goto(`${SITE}/`);
      expect(await page.innerText('main')).toContain('Ministry of Trade');
      await look('own-site-en');
      await page.click('nav a[href="/try"]');
      await page.fill('#url', 'https://chat.deepseek.com/');
      await page.click('form button');
      expect(await page.innerText('main')).toContain('open inquiry');
      await look('own-site-try-en');
      await page.fill('#url', 'www.example.org');
      await page.click('form button');
      expect(await page.innerText('main')).toContain('No rule of your department');
      await look();
      await page.goto('http://chat.deepseek.com/');
      const code = /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(await page.innerText('main'))?.[0] ?? '';
      await page.goto(`${SITE}/incident`);
      await look();
      await page.fill('#code', code);
      await page.click('form button');
      expect(await page.innerText('main')).toContain('chat.deepseek.com');
      await look('own-site-incident-en');
      expect((await page.goto(`${SITE}/nowhere`))?.status()).toBe(404);
      await look();
      expect(faults).toEqual([]);
    });

    test('is Korean, dark and narrow for who wants it so', async () => {
      const proxy = await startSite();
      const browser = await launchChromium(proxy.port, [proxy.caFile]);
      const page = await openPage(browser, { locale: 'ko-KR', colorScheme: 'dark', viewport: PHONE });
      const faults: string[] = [];
      for (const [path, name] of [
        ['/', 'own-site-ko-phone-dark'],
        ['/ca', undefined],
        ['/try?url=chat.deepseek.com', 'own-site-try-ko-phone-dark'],
        ['/incident/ZZZZ-ZZZZ', undefined],
      ] as const) {
        await page.goto(`${SITE}${path}`);
        expect(await page.getAttribute('html', 'lang')).toBe('ko');
        const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
        expect(overflow).toBeLessThanOrEqual(0);
        faults.push(...(await axeFindings(page)));
        if (name !== undefined) await picture(page, name);
      }
      expect(faults).toEqual([]);
    });

    test('can be loaded by no other site, whose page learns nothing but whether the CA is trusted', async () => {
      const origin = await startHttpOrigin((_, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<title>another site</title>'),
      );
      const proxy = await startSite();
      const browser = await launchChromium(proxy.port, [proxy.caFile]);
      const page = await openPage(browser);
      await page.goto(`http://allowed.test:${origin.port}/`);
      const read = (url: string): Promise<unknown> =>
        page.evaluate(
          (wanted) =>
            fetch(wanted, { mode: 'no-cors' }).then(
              ({ type }) => type,
              () => 'refused',
            ),
          url,
        );
      expect(await read(`${SITE}/`)).toBe('refused');
      expect(await read('https://postern.internal/')).toBe('refused');
      expect(await read('https://postern.internal/trust.css')).toBe('opaque');
    });
  },
);
