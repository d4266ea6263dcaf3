import type { Contact } from '../policy/policy.ts';
import { LIMIT_ANSWERS, RETRY_AFTER_S } from '../policy/reached-limit.ts';
import { type Content, contentOf } from './content.ts';
import { mailLink, webLink } from './links.ts';
import type { Format, Negotiated } from './negotiate.ts';
import type { Notice } from './notice.ts';
import { renderPage } from './page.ts';
import { renderPlainText } from './plain-text.ts';
import { renderProblemJson } from './problem-json.ts';
import { proxyStatus } from './proxy-status.ts';
import { STYLE_HASH } from './style.ts';

/** A whole answer; header values are ASCII without line breaks, whatever the notice holds. `body` is sent as UTF-8. */
export type NoticeResponse = {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
};

/** The page runs in the blocked site's origin: it may run, load, submit and be framed by nothing. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src '${STYLE_HASH}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  html: 'text/html; charset=utf-8',
  'problem-json': 'application/problem+json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
};

/**
 * The answer to a request that Postern does not carry, or could not. It sets nothing that outlives it (no cookie, no
 * HSTS, no cache entry), because a browser would book that to the site asked for.
 */
export function renderNotice(notice: Notice, negotiated: Negotiated): NoticeResponse {
  const content = contentOf(notice, negotiated.language);
  return responseOf(notice, content, negotiated, (body) => `${Buffer.byteLength(body)}`);
}

/** The answer that tells this content. `lengthOf` gives what `Content-Length` says of the body. */
export function responseOf(
  notice: Notice,
  content: Content,
  { format, language }: Negotiated,
  lengthOf: (body: string) => string,
): NoticeResponse {
  const body = render(content, format);
  return {
    status: content.status,
    headers: [
      ['Content-Type', MEDIA_TYPES[format]],
      ['Content-Length', lengthOf(body)],
      ['Content-Language', language],
      ['Cache-Control', 'no-store'],
      ['Vary', 'Accept, Accept-Language'],
      ['Proxy-Status', proxyStatus(notice)],
      ...retryAfter(notice.subject),
      ...blockedBy(content.status, notice.department?.contact),
      ['Content-Security-Policy', CONTENT_SECURITY_POLICY],
      ['X-Content-Type-Options', 'nosniff'],
      ['Referrer-Policy', 'no-referrer'],
    ],
    body,
  };
}

function render(content: Content, format: Format): string {
  switch (format) {
    case 'html':
      return renderPage(content);
    case 'problem-json':
      return renderProblemJson(content);
    case 'text':
      return renderPlainText(content);
  }
}

/** For what passes by itself (RFC 9110 section 10.2.3, RFC 6585 section 4). */
function retryAfter(subject: Notice['subject']): NoticeResponse['headers'] {
  switch (subject.kind) {
    case 'limited':
      return [['Retry-After', `${LIMIT_ANSWERS[subject.limit].retryAfterS}`]];
    case 'failed':
      return subject.error === 'connection_limit_reached' ? [['Retry-After', `${RETRY_AFTER_S}`]] : [];
    case 'blocked':
    case 'refused':
      return [];
  }
}

/** RFC 7725 section 4: a 451 names who implements the block, where that has an address. */
function blockedBy(status: number, contact: Contact | undefined): NoticeResponse['headers'] {
  if (status !== 451) return [];
  const link = webLink(contact?.url ?? '') ?? mailLink(contact?.email ?? '');
  return link === undefined ? [] : [['Link', `<${link}>; rel="blocked-by"`]];
}
