import { X509Certificate } from 'node:crypto';
import { type Html, html } from '../block-page/html.ts';
import { visibleText } from '../block-page/text.ts';
import { factsHtml, type Page, type Reader } from './page.ts';
import type { Steps } from './words.ts';

/** What clients must trust, as people get it; no secret is in it. While one CA is exchanged for another there are two. */
export type CaFiles = { readonly pem: string; readonly roots: readonly Root[] };

type Root = {
  readonly der: Buffer;
  readonly name: string;
  readonly fingerprint: string;
  readonly validUntil: string;
};

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Of certificates in PEM; throws where there are none, or one cannot be read. */
export function caFiles(text: string): CaFiles {
  const certificates = (text.match(PEM) ?? []).map((pem) => new X509Certificate(pem));
  if (certificates.length === 0) throw new Error('there is no certificate');
  return {
    pem: certificates.map((certificate) => certificate.toString()).join(''),
    roots: certificates.map((certificate) => ({
      der: certificate.raw,
      name: certificate.subject.replaceAll('\n', ', '),
      fingerprint: certificate.fingerprint256,
      validUntil: certificate.validToDate.toISOString().slice(0, 10),
    })),
  };
}

/** `/ca.crt`, and `/ca-2.crt` … for those behind it: systems take one certificate from a file in DER. */
const derPath = (index: number): string => (index === 0 ? '/ca.crt' : `/ca-${index + 1}.crt`);

export const rootAt = ({ roots }: CaFiles, path: string): Root | undefined =>
  roots.find((_, index) => derPath(index) === path);

/** Loads only where this very CA is trusted; whatever comes of it, the page needs no script to tell. */
const TRUST_CHECK = html`<link rel="stylesheet" href="https://postern.internal/trust.css">`;

/** The CA, how to install it, and whether this browser trusts it already. */
export function caPage(ca: CaFiles | undefined, { words: { ca: words } }: Reader): Page {
  const page = { status: 200, name: 'ca', heading: words.heading } as const;
  if (ca === undefined) return { ...page, lead: html`<p class="summary">${words.none}</p>`, parts: [] };
  return {
    ...page,
    links: TRUST_CHECK,
    lead: html`<p class="summary">${words.summary}</p>`,
    parts: [
      html`<h2>${words.check}</h2>
<div class="trusted"><p class="check">✓ ${words.trusted}</p></div>
<div class="untrusted"><p class="check">${words.untrusted}</p>
<p class="quiet">${words.again}</p></div>`,
      html`<h2>${words.files}</h2>
<ul role="list" class="links">
${ca.roots.map((_, index) => html`<li><a href="${derPath(index)}">${derPath(index).slice(1)}</a> ${words.der}</li>\n`)}<li><a href="/ca.pem">ca.pem</a> ${words.pem}</li>
</ul>
${ca.roots.map((root) => rootHtml(root, words))}<p>${words.compare}</p>`,
      html`<h2 id="how">${words.how}</h2>
${words.platforms.map(stepsHtml)}`,
    ],
  };
}

const rootHtml = ({ name, validUntil, fingerprint }: Root, words: Reader['words']['ca']): Html =>
  factsHtml([
    [words.name, visibleText(name)],
    [words.validUntil, validUntil],
    [words.fingerprint, html`<code class="print">${fingerprint}</code>`],
  ]);

const stepsHtml = ({ platform, steps, command }: Steps): Html => html`<details><summary>${platform}</summary>
<div><ol>
${steps.map((step) => html`<li>${step}</li>\n`)}</ol>
${command === undefined ? undefined : html`<pre><code>${command}</code></pre>`}</div>
</details>
`;
