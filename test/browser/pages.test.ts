import { join } from 'node:path';
import axe from 'axe-core';
import { describe, expect, test } from 'vitest';
import { parseLogo } from '../../src/block-page/logo.ts';
import type { Notice } from '../../src/block-page/notice.ts';
import { renderNotice } from '../../src/block-page/response.ts';
import { EXAMPLE, HEBREW, template, wear } from '../block-page/looks.ts';
import { blockedByRule, notice, SUBJECTS } from '../block-page/notices.ts';
import { unwrap } from '../policy/support.ts';
import { hasChromium, launchChromium, openPage } from '../support/chromium.ts';
import { startHttpOrigin } from '../support/origin.ts';

/** What axe found, with where. */
const VIOLATIONS = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')))`;

const LOGO = unwrap(
  parseLogo(
    'logo.svg',
    Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#12304f"/><path d="M20 8l10 18H10z" fill="#fff"/></svg>',
    ),
  ),
);
const REQUEST_URL = 'https://help.motie.example/ask?code={code}&host={host}';

/** One page of each shape that there is. */
const NAMES = [
  'blocked: rule',
  'blocked: default',
  'blocked: department-unknown',
  'blocked: port-forbidden',
  'blocked: address-forbidden',
  'blocked: rule with status 451',
  'failed: dns_error',
  'failed by a parent proxy: connection_timeout',
  'limited: requestsPerMinutePerClient',
  'refused: 400',
  'refused: 421',
];
const PAGES: readonly (readonly [name: string, given: Notice])[] = [
  ...SUBJECTS.filter(([name]) => NAMES.includes(name)).map(([name, subject]) => {
    const nobody = name === 'blocked: department-unknown' ? { department: undefined } : {};
    return [name, notice(subject, nobody)] as const;
  }),
  [
    'refused without a host',
    notice({ kind: 'refused', status: 400, problem: 'no host' }, { host: undefined }),
  ],
  ['blocked, with a link to ask', blockedByRule({ locked: false })],
];

/** A page as a browser shows it, by scheme: what axe has to say; what was refused; how far it sticks out on a phone. */
type Seen = {
  readonly light: readonly string[];
  readonly dark: readonly string[];
  readonly refused: readonly string[];
  readonly overflow: unknown;
};
type Show = (given: Notice, language: string, name: string) => Promise<Seen>;

/** `LOOKS=FOLDER` keeps a picture of each, for somebody to look at all of them. */
const folder = process.env.LOOKS;

/** A browser that gets the pages themselves, with all their fields, from what it takes for its proxy. */
async function openShow(): Promise<Show> {
  let shown: readonly [given: Notice, language: string] = [blockedByRule(), 'en'];
  const server = await startHttpOrigin((_, response) => {
    const [given, language] = shown;
    const { headers, body } = renderNotice(given, { format: 'html', language });
    response.writeHead(200, headers.flat()).end(body);
  });
  const page = await openPage(await launchChromium(server.port, []));
  let refused: string[] = [];
  page.on('console', (message) => refused.push(message.text()));
  const look = async (colorScheme: 'light' | 'dark', name: string): Promise<readonly string[]> => {
    await page.emulateMedia({ colorScheme });
    const path = join(folder ?? '', `${name} ${colorScheme}.png`.replace(/[^\p{L}\d.]+/gu, '-'));
    if (folder !== undefined) await page.screenshot({ path, fullPage: true });
    return page.evaluate<readonly string[]>(VIOLATIONS);
  };
  return async (given, language, name) => {
    shown = [given, language];
    refused = [];
    await page.setViewportSize({ width: 1100, height: 900 });
    await page.goto('http://blocked.test/');
    await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
    await page.evaluate(axe.source);
    const light = await look('light', name);
    const dark = await look('dark', name);
    await page.setViewportSize({ width: 320, height: 640 }); // WCAG 1.4.10: no scrolling in two directions
    const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
    return { light, dark, refused, overflow };
  };
}

const GOOD: Seen = { light: [], dark: [], refused: [], overflow: 0 };
const PAGES_MS = 240_000;

describe.skipIf(!hasChromium)(
  'in a real Chromium, in the light and in the dark, axe finds nothing wrong',
  () => {
    test.each(['en', 'ko'])(
      'with the pages that are built in, in %s',
      async (language) => {
        const show = await openShow();
        for (const [name, given] of PAGES)
          expect([name, await show(given, language, `${name} ${language}`)]).toEqual([name, GOOD]);
      },
      PAGES_MS,
    );

    test(
      'with a logo and a link to ask for access, and from right to left',
      async () => {
        wear({ logo: LOGO, requestUrl: REQUEST_URL, languages: { he: HEBREW } });
        const show = await openShow();
        for (const language of ['en', 'ko', 'he'])
          expect(await show(blockedByRule({ locked: false }), language, `logo ${language}`)).toEqual(GOOD);
      },
      PAGES_MS,
    );

    test(
      'with those of the template that people copy, whose style is taken by its hash',
      async () => {
        wear({ logo: LOGO, requestUrl: REQUEST_URL, templates: { default: template(EXAMPLE) } });
        const show = await openShow();
        for (const [name, given] of PAGES)
          expect([name, await show(given, 'ko', `template ${name}`)]).toEqual([name, GOOD]);
      },
      PAGES_MS,
    );

    test(
      'and finds what is wrong, where something is',
      async () => {
        const faint = EXAMPLE.replace('--ink: #1b1b1b', '--ink: #dddddd');
        wear({ templates: { default: template(faint) } });
        const { light, dark, refused } = await (await openShow())(blockedByRule(), 'en', 'faint');
        expect(light.join()).toMatch(/^color-contrast: .*<h1>/);
        expect(dark).toEqual([]);
        expect(refused).toEqual([]);
      },
      PAGES_MS,
    );

    test('a keyboard copies all details: the field takes the focus, and selects its text alone', async () => {
      const server = await startHttpOrigin((_, response) => {
        const { headers, body } = renderNotice(blockedByRule(), { format: 'html', language: 'en' });
        response.writeHead(200, headers.flat()).end(body);
      });
      const browser = await launchChromium(server.port, []);
      const page = await openPage(browser);
      await page.goto('http://blocked.test/');
      await page.focus('summary');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Control+a');
      const selected = await page.evaluate('String(document.getSelection())');
      expect(selected).toContain('Incident code: 7F3K-9Q2M\nTime: 2026-11-23T06:00:00.123Z\n');
      expect(selected).not.toContain('Copy the details');
    });
  },
);
