import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { UPLOAD_FROM_PAGE, uploadHash } from '../support/browser-upload.ts';
import { type Site, startSite, UPLOAD_MS } from '../support/client-site.ts';
import { type Firefox, launchFirefox } from '../support/firefox.ts';

/** `npm run screenshots` sets this to docs/images; otherwise the pictures are taken and dropped. */
const pictures = process.env.SCREENSHOTS;
const PNG = Buffer.from('\x89PNG\r\n', 'latin1');

test('Firefox without the CA shows a warning in place of the page, and the log says why (Debian: firefox-esr)', async () => {
  const { proxy, blockedUrl } = await startSite();
  const firefox = await launchFirefox(proxy.port, []);
  await expect(firefox.open(blockedUrl)).rejects.toThrow();
  const decisions = await proxy.linesOf('decision', 1);
  const decision = decisions.find(({ host }) => host === 'blocked.test');
  const outcomes = await proxy.linesOf('outcome', 1);
  expect(outcomes.find(({ id }) => id === decision?.id)).toMatchObject({
    kind: 'block-page-unseen',
    cause: 'ca-unknown',
  });
}, 90_000);

describe('Firefox with an enterprise policy (Debian: firefox-esr)', () => {
  let site: Site;
  let firefox: Firefox;
  beforeEach(async () => {
    site = await startSite();
    firefox = await launchFirefox(site.proxy.port, [site.proxy.caFile, site.originCaFile]);
  }, 90_000);

  test('shows a page over HTTP', async () => {
    await firefox.open(site.httpUrl);
    expect(await firefox.evaluate('document.body.innerText')).toBe('what stands at the origin');
    expect(firefox.statusOf(site.httpUrl)).toBe(200);
  });

  test('shows a page over HTTPS, through a tunnel', async () => {
    await firefox.open(site.httpsUrl);
    expect(await firefox.evaluate('document.body.innerText')).toBe('what stands at the origin');
    const decisions = await site.proxy.linesOf('decision', 1);
    expect(decisions).toContainEqual(
      expect.objectContaining({ via: 'connect', host: 'allowed.test', action: 'forward' }),
    );
  });

  test('shows the block page over HTTPS without a warning', async () => {
    await firefox.open(site.blockedUrl);
    expect(firefox.statusOf(site.blockedUrl)).toBe(403);
    expect(await firefox.evaluate('document.location.href')).toBe(site.blockedUrl);
    const text = await firefox.evaluate('document.body.innerText');
    expect(text).toContain('It is blocked for a test.');
    const decisions = await site.proxy.linesOf('decision', 1);
    const decision = decisions.find(({ host }) => host === 'blocked.test');
    expect(text).toContain(decision?.code);
    const picture = await firefox.screenshot();
    expect(picture.subarray(0, PNG.length)).toEqual(PNG);
    if (pictures === undefined) return;
    mkdirSync(pictures, { recursive: true });
    writeFileSync(join(pictures, 'block-page-firefox.png'), picture);
  });

  test.each(['HTTP', 'HTTPS'])(
    'uploads 64 MB over %s, and every byte arrives',
    async (scheme) => {
      await firefox.open(scheme === 'HTTP' ? site.httpUrl : site.httpsUrl);
      expect(await firefox.evaluate(UPLOAD_FROM_PAGE)).toEqual([200, uploadHash()]);
    },
    UPLOAD_MS,
  );

  test('asks the proxy for nothing but what it is told to open', async () => {
    await firefox.open(site.httpUrl);
    const hosts = site.proxy.lines().map(({ host }) => host);
    expect(new Set(hosts.filter((host) => host !== undefined))).toEqual(new Set(['allowed.test']));
  });
});
