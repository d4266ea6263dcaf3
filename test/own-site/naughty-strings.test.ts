import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../src/block-page/answer.ts';
import { caFiles } from '../../src/own-site/ca.ts';
import { createOwnSite } from '../../src/own-site/site.ts';
import type { Visit } from '../../src/own-site/visit.ts';
import { decide } from '../../src/policy/decide.ts';
import { OWN_HOST } from '../../src/policy/host.ts';
import { LANGUAGES } from '../../src/policy/policy.ts';
import { NOW, policiesOf } from '../policy/support.ts';
import { serverCredentials } from '../support/tls-peers.ts';

const BLNS = fileURLToPath(new URL('../../../shared/data/strings/blns.json', import.meta.url));
const absent = !existsSync(BLNS);
if (absent) console.warn(`skipped: the naughty strings are not at ${BLNS}`);
const naughty: readonly string[] = absent ? [] : JSON.parse(readFileSync(BLNS, 'utf8'));

const OURS = [
  '"><script>alert(1)</script>',
  "' onfocus='alert(1)' autofocus='",
  'javascript:alert(1)',
  'https://"><img src=x onerror=alert(1)>/',
  'https://a.example/"><script>alert(1)</script>',
  '\r\nSet-Cookie: a=b\r\n\r\n<html>',
  '\u001b[31mred\u001b[0m',
  'moc.elpmaxe\u202e.evil',
  '\ud800 lone \udfff',
  '</title><svg onload=alert(1)>',
  '{port}{network}',
];

/** A department in which the string stands wherever a policy may have one. */
function policiesWith(text: string) {
  const shown = { en: text, ko: text };
  return policiesOf({
    'office.yaml': JSON.stringify({
      department: 'office',
      title: { en: `x${text}`, ko: `x${text}` },
      members: { networks: ['10.0.0.0/8'] },
      default: 'allow',
      contact: { email: 'help@office.test', phone: '1234' },
      rules: [{ id: 'no', block: { domains: ['blocked.test'] }, reason: shown, reference: text }],
    }),
  });
}

const CA = caFiles(serverCredentials('a.example').cert);

/** The site, with the string as a line of the log too. */
const siteWith = (text: string) =>
  createOwnSite({
    ca: async () => ({ ...CA, roots: CA.roots.map((root) => ({ ...root, name: text })) }),
    decide,
    findIncident: async () => ({
      time: text,
      client: '10.1.2.3',
      department: 'office',
      action: 'block',
      reason: text,
      rule: text,
      host: text,
      problem: text,
    }),
    pac: () => undefined,
  });

/** All that may stand on a page but text, and with which attributes. */
const TAG =
  /^<(?:!doctype html|\/?(?:html|head|title|style|body|header|nav|main|footer|section|div|p|b|h1|h2|dl|dt|dd|ul|ol|li|a|span|svg|bdi|br|meta|link|circle|path|form|label|input|button|details|summary|pre|code)(?: (?:required|(?:lang|charset|name|content|class|id|for|viewBox|aria-hidden|aria-label|aria-current|cx|cy|r|d|href|rel|role|action|method|value|maxlength|autocomplete|autocapitalize|spellcheck)="[^"<>]*"))*\/?)>/;

function expectSafe({ headers, body }: Answer): void {
  expect(headers.find((text) => /[^\x20-\x7e]/.test(text))).toBeUndefined();
  const page = Buffer.from(body, 'latin1').toString('utf8');
  const markup = page.replace(/<style>.*?<\/style>/s, '');
  const pieces = [...markup.matchAll(/</g)].map(({ index }) => markup.slice(index, index + 600));
  expect(pieces.find((piece) => !TAG.test(piece))).toBeUndefined();
  for (const [, href] of markup.matchAll(/href="([^"]*)"/g))
    expect(href).toMatch(/^(?:https?:\/\/|mailto:|tel:|\/)/);
  expect(page).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}|\p{Cs}|[\u2028\u2029]/u);
}

async function expectAllSafe(text: string, policies = policiesWith('It is said why.')): Promise<void> {
  const site = siteWith(text);
  const department = policies.departments.get('office');
  const encoded = encodeURIComponent(text.toWellFormed());
  const paths = ['/', '/ca', `/try?url=${encoded}`, '/try?url=blocked.test', `/incident?code=${encoded}`];
  const raw = text.replace(/[^\x21-\x7e]/g, '');
  for (const originForm of [
    ...paths,
    '/incident/7F3K-9Q2M',
    `/try?url=${raw}`,
    `/${raw}`,
    `/incident/${raw}`,
  ])
    for (const acceptLanguage of [...LANGUAGES, raw]) {
      const visit: Visit = {
        facts: {
          time: NOW,
          department: 'office',
          client: '10.1.2.3',
          via: 'http',
          method: 'GET',
          host: OWN_HOST,
          port: 80,
        },
        policies,
        department,
        listenerPort: 3128,
        code: '7F3K-9Q2M',
        method: 'GET',
        way: 'proxied',
        originForm,
        host: OWN_HOST,
        acceptLanguage,
        secFetchSite: undefined,
      };
      expectSafe(await site.answer(visit));
    }
}

// Covers: EV-25
describe('whatever a visitor, a policy or the log says', () => {
  test.each(OURS)('is shown, never acted on: %j', async (text) => {
    await expectAllSafe(text);
    if (text.isWellFormed()) await expectAllSafe(text, policiesWith(text));
  });

  test.skipIf(absent)('of the big list of naughty strings, too', async () => {
    const policies = policiesWith('It is said why.');
    for (const text of naughty) await expectAllSafe(text, policies);
  });
});
