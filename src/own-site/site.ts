import type { Answer } from '../block-page/answer.ts';
import { html } from '../block-page/html.ts';
import { negotiate } from '../block-page/negotiate.ts';
import { utf8Bytes } from '../block-page/utf8.ts';
import type { FindIncident } from '../decision-log/find-incident.ts';
import { PAC_TYPE } from '../pac/pac.ts';
import { OWN_HOST } from '../policy/host.ts';
import { type CaFiles, caPage, rootAt } from './ca.ts';
import { incidentPage } from './incident.ts';
import { siteWords } from './languages.ts';
import { type Page, type Reader, renderPage } from './page.ts';
import { SITE_STYLE_HASH, TRUST_STYLE } from './style.ts';
import { type DecideAtDoor, tryPage } from './try.ts';
import type { Visit } from './visit.ts';
import { whoPage } from './who.ts';

/** What the site is made from. */
export type SiteSources = {
  /** What clients must trust to see block pages over TLS; undefined where there are none. */
  readonly ca: () => Promise<CaFiles | undefined>;
  readonly decide: DecideAtDoor;
  readonly findIncident: FindIncident;
  /** The PAC file for who asked for it by this name; undefined where clients cannot be told where the proxy is. */
  readonly pac: (asked: string | undefined) => string | undefined;
};

/** The proxy's own site. It keeps nothing between two visits. */
export type OwnSite = { answer(visit: Visit): Promise<Answer> };

export const createOwnSite = (sources: SiteSources): OwnSite => ({
  async answer(visit) {
    const { language, words } = siteWords(languageOf(visit));
    const reader = { language, words, department: visit.department };
    const found = (await unfit(visit, reader)) ?? (await find(visit, reader, sources));
    const answer = 'heading' in found ? pageAnswer(found, reader) : found;
    return visit.method === 'HEAD' ? { ...answer, body: '' } : answer;
  },
});

const languageOf = ({ acceptLanguage }: Visit) => negotiate({ 'accept-language': acceptLanguage }).language;

/** Why a request gets nothing of what it asks for; undefined when it may have it. */
function unfit(visit: Visit, { words }: Reader): Page | undefined {
  const { method, way, host, secFetchSite } = visit;
  const path = pathOf(visit);
  // A name of the proxy's that a page of somebody else's has been given must not open the site to that page. The files
  // that browsers fetch before they have a proxy tell nothing of who asks.
  if (way !== 'direct' && !OWN_AUTHORITIES.has(host?.toLowerCase() ?? '')) return errorPage(421, words);
  if (path !== TRUST_PATH && !FROM_HERE.has(secFetchSite?.toLowerCase())) return errorPage(403, words);
  return method === 'GET' || method === 'HEAD' ? undefined : errorPage(405, words);
}

const OWN_AUTHORITIES: ReadonlySet<string> = new Set([OWN_HOST, `${OWN_HOST}:80`, `${OWN_HOST}:443`]);

/** Browsers say it over TLS only; where nothing is said, nobody but the asker reads the answer. */
const FROM_HERE: ReadonlySet<string | undefined> = new Set([undefined, 'none', 'same-origin']);

const TRUST_PATH = '/trust.css';

const pathOf = ({ originForm }: Visit): string => originForm.replace(/\?.*$/s, '');

/** What stands at the path. */
async function find(visit: Visit, reader: Reader, sources: SiteSources): Promise<Page | Answer> {
  const path = pathOf(visit);
  const query = new URLSearchParams(visit.originForm.slice(path.length));
  switch (path) {
    case '/proxy.pac':
    case '/wpad.dat': {
      const pac = sources.pac(visit.host?.replace(/:\d*$/, '').toLowerCase());
      return pac === undefined ? errorPage(404, reader.words) : fileAnswer(PAC_TYPE, utf8Bytes(pac));
    }
    case TRUST_PATH: // in the clear it would prove nothing
      return visit.way === 'tls'
        ? fileAnswer('text/css', TRUST_STYLE, 'cross-origin')
        : errorPage(404, reader.words);
    case '/':
      return whoPage(visit, reader, sources.pac(undefined) !== undefined);
    case '/try':
      return tryPage(visit, query.get('url') ?? '', reader, sources.decide);
    case '/ca':
      return caPage(await sources.ca(), reader);
    case '/incident':
      return incidentPage(visit, query.get('code') ?? '', reader, sources.findIncident);
  }
  const ca = path.startsWith('/ca') ? await sources.ca() : undefined;
  const root = ca && rootAt(ca, path);
  if (root !== undefined) return fileAnswer(CA_TYPE, root.der.toString('latin1'));
  if (ca !== undefined && path === '/ca.pem') return fileAnswer('application/x-pem-file', ca.pem);
  const code = /^\/incident\/([\w-]{1,32})$/.exec(path)?.[1];
  return code === undefined
    ? errorPage(404, reader.words)
    : incidentPage(visit, code, reader, sources.findIncident);
}

/** What systems take for a CA to install. */
const CA_TYPE = 'application/x-x509-ca-cert';

function errorPage(status: 403 | 404 | 405 | 421, { errors }: Reader['words']): Page {
  const { heading, summary } = errors[status];
  return { status, heading, lead: html`<p class="summary">${summary}</p>`, parts: [] };
}

/** It may run and frame nothing, submit only to itself, and load the trust check alone. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${SITE_STYLE_HASH}' https://${OWN_HOST}${TRUST_PATH}`,
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

function pageAnswer(page: Page, reader: Reader): Answer {
  const body = utf8Bytes(renderPage(page, reader));
  return answerOf(page.status, 'text/html; charset=utf-8', body, 'same-origin', [
    'Content-Language',
    reader.language,
    'Vary',
    'Accept-Language',
    'Content-Security-Policy',
    CONTENT_SECURITY_POLICY,
    ...(page.status === 405 ? ['Allow', 'GET, HEAD'] : []),
    ...(page.status === 503 ? ['Retry-After', '5'] : []),
  ]);
}

const fileAnswer = (type: string, body: string, readers: Readers = 'same-origin'): Answer =>
  answerOf(200, type, body, readers, [
    'Content-Security-Policy',
    "default-src 'none'; frame-ancestors 'none'",
  ]);

/** Whose pages may load it (`Cross-Origin-Resource-Policy`). */
type Readers = 'same-origin' | 'cross-origin';

const answerOf = (status: number, type: string, body: string, readers: Readers, more: string[]): Answer => ({
  status,
  headers: [
    'Content-Type',
    type,
    'Content-Length',
    `${body.length}`,
    'Cache-Control',
    'no-store',
    'Cross-Origin-Resource-Policy',
    readers,
    'X-Content-Type-Options',
    'nosniff',
    'X-Frame-Options',
    'DENY',
    'Referrer-Policy',
    'no-referrer',
    ...more,
  ],
  body,
});
