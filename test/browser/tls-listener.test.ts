import { describe, expect, test } from 'vitest';
import { hasChromium, launchChromium, openPage } from '../support/chromium.ts';
import { issueServer, newCa } from '../support/credentials.ts';
import { startHttpOrigin, startHttpsOrigin } from '../support/origin.ts';
import { startProxy } from '../support/proxy.ts';

describe.skipIf(!hasChromium)(
  'a real Chromium that speaks TLS to the proxy (needs Debian: chromium, libnss3-tools)',
  () => {
    test('opens sites, plain and over TLS, and shows the block page', async () => {
      const ca = newCa();
      const plain = await startHttpOrigin((_, response) => response.end('in the clear'));
      const secret = await startHttpsOrigin('allowed.test', (_, response) => response.end('secret'));
      const listener = { host: '127.0.0.1', port: 0, tls: issueServer(ca) };
      const proxy = await startProxy({ connectPorts: [443, secret.port], config: { listen: [listener] } });
      const trusted = [ca.file, proxy.caFile, secret.caFile];
      const page = await openPage(await launchChromium(`https://localhost:${proxy.port}`, trusted));
      await page.goto(`http://allowed.test:${plain.port}/`);
      expect(await page.innerText('body')).toBe('in the clear');
      await page.goto(`https://allowed.test:${secret.port}/`);
      expect(await page.innerText('body')).toBe('secret');
      const blocked = await page.goto('https://blocked.test/');
      expect(blocked?.status()).toBe(403);
      expect(await page.innerText('body')).toContain('It is blocked for a test.');
    });
  },
);
