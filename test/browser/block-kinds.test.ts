import type { Page } from 'playwright-core';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { renderNotice } from '../../src/block-page/response.ts';
import { blockedByRule } from '../block-page/notices.ts';
import { hasChromium, launchChromium, openPage } from '../support/chromium.ts';
import { launchFirefox } from '../support/firefox.ts';
import { startHttpOrigin, startHttpsOrigin } from '../support/origin.ts';
import { type Line, startProxy, type TestProxy } from '../support/proxy.ts';

const UNBLOCKED = 'department: office\ntitle: Office\nmembers: { networks: [127.0.0.1] }\ndefault: allow\n';
const BLOCKED_URL = 'https://blocked.test/api?x=1';
const CODE = /^[0-9A-Z]{4}-[0-9A-Z]{4}$/;

/** What a script of a page can tell of its request: status, code and body of the answer, or the error's name. */
const fetchText = (options: string, url = BLOCKED_URL): string =>
  `fetch('${url}', ${options}).then(
    async (response) => [response.status, response.headers.get('postern-incident'), await response.json()],
    (error) => error.name)`;

const BLOCKED_PROBLEM = { type: 'urn:postern:blocked', title: 'Access blocked', status: 403 };

/** Requests that a page may send at once, and those that the browser asks for leave first. */
const SIMPLE = ['{}', "{ method: 'POST', body: 'text' }", "{ credentials: 'include' }"];
const PREFLIGHTED = [
  "{ method: 'DELETE' }",
  "{ method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json', 'X-Token': '1' } }",
];
const WITH_COOKIES_AND_LEAVE = "{ method: 'PUT', credentials: 'include' }";

/** An image of another site: the event that its page hears, and its size. */
const imageText = (url: string): string => `new Promise((resolve) => {
  const image = new Image();
  image.onload = image.onerror = ({ type }) => resolve([type, image.naturalWidth, image.naturalHeight]);
  image.src = '${url}';
})`;

/** What a page hears of an element that it puts into itself. */
const elementText = (name: string, attributes: Readonly<Record<string, string>>): string =>
  `new Promise((resolve) => {
    const element = Object.assign(document.createElement('${name}'), ${JSON.stringify(attributes)});
    element.onload = element.onerror = ({ type }) => resolve(type);
    document.head.append(element);
  })`;

const XHR = `new Promise((resolve) => {
  const request = new XMLHttpRequest();
  request.open('PUT', '${BLOCKED_URL}');
  request.responseType = 'json';
  request.onloadend = () =>
    resolve([request.status, request.getResponseHeader('Postern-Incident'), request.response?.code]);
  request.send();
})`;

const WEB_SOCKET = `new Promise((resolve) => {
  const socket = new WebSocket('wss://blocked.test/');
  socket.onopen = () => resolve('open');
  socket.onclose = ({ code }) => resolve(code);
})`;

/** Sent by a page of an allowed site; what it finds in the log is of the blocked one. */
async function expectReadable(
  evaluate: (expression: string) => Promise<unknown>,
  proxy: TestProxy,
): Promise<void> {
  const codes: unknown[] = [];
  for (const options of [...SIMPLE, ...PREFLIGHTED]) {
    const told = (await evaluate(fetchText(options))) as [number, string, object];
    expect(told).toEqual([403, expect.stringMatching(CODE), expect.objectContaining(BLOCKED_PROBLEM)]);
    expect(told[2]).toHaveProperty('code', told[1]);
    codes.push(told[1]);
  }
  expect(await evaluate(fetchText(WITH_COOKIES_AND_LEAVE))).toBe('TypeError');
  const decisions = (await blockedLines(proxy)).map(({ code }) => code);
  expect(decisions).toEqual(expect.arrayContaining(codes));
  // Each preflight is a connection and a request of its own.
  expect(decisions.length).toBeGreaterThanOrEqual(SIMPLE.length + 2 * PREFLIGHTED.length + 1);
  await expectSettled(proxy);
}

async function blockedLines(proxy: TestProxy): Promise<Line[]> {
  const decisions = await proxy.linesOf('decision', 1);
  return decisions.filter(({ host }) => host === 'blocked.test');
}

/** Every decision has one outcome, as soon as its connection has ended. */
const expectSettled = (proxy: TestProxy): Promise<void> =>
  vi.waitFor(async () => {
    const decided = (await blockedLines(proxy)).map(({ id }) => id);
    const outcomes = await proxy.linesOf('outcome', 1);
    const settled = outcomes.map(({ id }) => id).filter((id) => decided.includes(id));
    expect(settled.sort()).toEqual(decided.sort());
  }, 10_000);

describe.skipIf(!hasChromium)('a real Chromium (needs Debian: chromium, libnss3-tools)', () => {
  let proxy: TestProxy;
  let page: Page;
  beforeEach(async () => {
    const site = await startHttpsOrigin('allowed.test', (_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<title>An application</title>'),
    );
    proxy = await startProxy({ connectPorts: [443, site.port] });
    page = await openPage(await launchChromium(proxy.port, [proxy.caFile, site.caFile]));
    await page.goto(`https://allowed.test:${site.port}/`);
  }, 60_000);

  test('lets the script of another site read that its request is blocked, after a preflight too', async () => {
    await expectReadable((expression) => page.evaluate(expression), proxy);
  });

  test('tells an XMLHttpRequest the same', async () => {
    const told = await page.evaluate(XHR);
    expect(told).toEqual([403, expect.stringMatching(CODE), expect.stringMatching(CODE)]);
  });

  test('draws the sign for an image, runs no script, takes no style, and opens no WebSocket', async () => {
    const site = 'https://blocked.test/a';
    expect(await page.evaluate(imageText(`${site}.jpg`))).toEqual(['load', 24, 24]);
    expect(await page.evaluate(elementText('script', { src: `${site}.js` }))).toBe('error');
    const style = { rel: 'stylesheet', href: `${site}.css` };
    expect(await page.evaluate(elementText('link', style))).toBe('error');
    expect(await page.evaluate(WEB_SOCKET)).toBe(1006);
    await expectSettled(proxy);
  });

  test('shows the page in a frame of another site', async () => {
    await page.evaluate(
      "document.body.append(Object.assign(document.createElement('iframe'), { src: 'https://blocked.test/embed' }))",
    );
    const frame = page.frameLocator('iframe');
    await expect.poll(() => frame.locator('h1').innerText()).toBe('This site is blocked');
    expect(await frame.locator('.code dd').innerText()).toMatch(CODE);
  });

  test.each(['png', 'gif'] as const)('takes the clear pixel for a %s', async (format) => {
    const { body } = renderNotice(blockedByRule(), { format, language: 'en' });
    const url = `data:image/${format};base64,${Buffer.from(body, 'latin1').toString('base64')}`;
    expect(await page.evaluate(imageText(url))).toEqual(['load', 1, 1]);
  });
});

describe.skipIf(!hasChromium)('after the block, in a real Chromium', () => {
  // Covers: EV-26
  test('a reload in the same tab shows the site at once: nothing of the block stays behind', async () => {
    const pixel = Buffer.from(
      renderNotice(blockedByRule(), { format: 'png', language: 'en' }).body,
      'latin1',
    );
    const origin = await startHttpsOrigin('blocked.test', ({ url }, response) => {
      if (url === '/logo.png') response.writeHead(200, { 'content-type': 'image/png' }).end(pixel);
      else response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>The site</h1>');
    });
    const plain = await startHttpOrigin((_, response) => response.end('in the clear'));
    const proxy = await startProxy({ connectPorts: [origin.port] });
    const page = await openPage(await launchChromium(proxy.port, [proxy.caFile, origin.caFile]));
    const url = `https://blocked.test:${origin.port}/`;

    expect((await page.goto(url))?.status()).toBe(403);
    expect(await page.evaluate(imageText(`${url}logo.png`))).toEqual(['error', 0, 0]);
    expect(await page.innerText('h1')).toBe('This site is blocked');
    expect(await page.evaluate('document.cookie')).toBe('');
    expect(await page.evaluate('navigator.serviceWorker.getRegistrations().then((all) => all.length)')).toBe(
      0,
    );
    proxy.writePolicy('office.yaml', UNBLOCKED);
    proxy.reload();
    const reloaded = await page.reload();
    expect(reloaded?.status()).toBe(200);
    expect(reloaded?.fromServiceWorker()).toBe(false);
    expect(await page.innerText('h1')).toBe('The site');
    expect(await page.evaluate(imageText(`${url}logo.png`))).toEqual(['load', 1, 1]);
    // No word of ours has bound the site to TLS.
    const plainUrl = `http://blocked.test:${plain.port}/`;
    const inTheClear = await page.goto(plainUrl);
    expect([inTheClear?.url(), inTheClear?.status()]).toEqual([plainUrl, 200]);

    const lines = (await proxy.linesOf('decision', 3)).filter(({ host }) => host === 'blocked.test');
    const actions = lines.map(({ action }) => action);
    expect(actions).toEqual([...actions].sort()); // blocked ones, then forwarded ones
    expect(new Set(actions)).toEqual(new Set(['block', 'forward']));
  });
});

/** On the lists of sites that browsers open over TLS alone and let nobody click past a warning; Google's are pinned. */
const PRELOADED = ['accounts.google.com', 'github.com'];
const PRELOADED_POLICY = {
  'office.yaml': `${UNBLOCKED}rules: [{ id: preloaded, block: { domains: [${PRELOADED.join(', ')}] } }]
`,
};

const unseenOutcomes = async (proxy: TestProxy, host: string): Promise<Line[]> => {
  const decisions = (await proxy.linesOf('decision', 1)).filter((line) => line.host === host);
  const outcomes = await proxy.linesOf('outcome', 1);
  return outcomes.filter(({ id }) => decisions.some((line) => line.id === id));
};

describe.skipIf(!hasChromium)('a preloaded HSTS host in a real Chromium', () => {
  test('shows the page without a warning where the CA is installed', async () => {
    const proxy = await startProxy({ policies: PRELOADED_POLICY });
    const page = await openPage(await launchChromium(proxy.port, [proxy.caFile]));
    for (const host of PRELOADED) {
      const response = await page.goto(`http://${host}/`); // the browser itself makes it https
      expect([response?.url(), response?.status()]).toEqual([`https://${host}/`, 403]);
      expect(await page.innerText('h1')).toBe('This site is blocked');
    }
  });

  test('is never opened without the CA, and the log tells that nobody saw the page', async () => {
    const proxy = await startProxy({ policies: PRELOADED_POLICY });
    const page = await openPage(await launchChromium(proxy.port, []));
    await expect(page.goto('https://github.com/')).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
    const [outcome] = await unseenOutcomes(proxy, 'github.com');
    expect(outcome).toMatchObject({ kind: 'block-page-unseen' });
  });
});

describe('a real Firefox (Debian: firefox-esr)', () => {
  test('lets the script of another site read that its request is blocked, after a preflight too', async () => {
    const site = await startHttpsOrigin('allowed.test', (_, response) => response.end('An application'));
    const proxy = await startProxy({ connectPorts: [443, site.port] });
    const firefox = await launchFirefox(proxy.port, [proxy.caFile, site.caFile]);
    await firefox.open(`https://allowed.test:${site.port}/`);
    await expectReadable((expression) => firefox.evaluate(expression), proxy);
    // It shows no SVG with such a status, but the page's own text for the image.
    expect(await firefox.evaluate(imageText('https://blocked.test/a.jpg'))).toEqual(['error', 0, 0]);
  }, 90_000);

  test('shows the page of a preloaded HSTS host without a warning where the CA is installed', async () => {
    const proxy = await startProxy({ policies: PRELOADED_POLICY });
    const firefox = await launchFirefox(proxy.port, [proxy.caFile]);
    for (const host of PRELOADED) {
      await firefox.open(`https://${host}/`);
      expect(firefox.statusOf(`https://${host}/`)).toBe(403);
      expect(await firefox.evaluate('document.querySelector("h1").innerText')).toBe('This site is blocked');
    }
  }, 90_000);

  test('opens none without the CA, and the log tells that nobody saw the page', async () => {
    const proxy = await startProxy({ policies: PRELOADED_POLICY });
    const firefox = await launchFirefox(proxy.port, []);
    await expect(firefox.open('https://github.com/')).rejects.toThrow();
    const [outcome] = await unseenOutcomes(proxy, 'github.com');
    expect(outcome).toMatchObject({ kind: 'block-page-unseen' });
  }, 90_000);
});
