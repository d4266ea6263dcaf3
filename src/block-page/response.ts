import type { Contact } from '../policy/policy.ts';
import { LIMIT_ANSWERS, RETRY_AFTER_S } from '../policy/reached-limit.ts';
import { type Content, contentOf } from './content.ts';
import { contentSecurityPolicy } from './content-security-policy.ts';
import { INCIDENT_FIELD } from './cors.ts';
import { FORMATS, type Format, isRaster } from './format.ts';
import { mailLink, webLink } from './links.ts';
import type { Negotiated } from './negotiate.ts';
import type { Notice } from './notice.ts';
import { renderPage } from './page.ts';
import { renderPlainText } from './plain-text.ts';
import { renderBriefProblem, renderProblemJson } from './problem-json.ts';
import { proxyStatus } from './proxy-status.ts';
import { renderSubresource } from './subresource.ts';
import { utf8Bytes } from './utf8.ts';

/** A whole answer; header values are ASCII without line breaks, whatever the notice holds. `bytesOf` tells how `body` is sent. */
export type NoticeResponse = {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
};

/** By what a format, a language and the leave to read are chosen (`negotiate`). */
const VARY = 'Accept, Accept-Language, Origin, Sec-Fetch-Dest, Sec-Fetch-Mode, X-Requested-With';

/**
 * The answer to a request that Postern does not carry, or could not. It sets nothing that outlives it (no cookie, no
 * HSTS, no cache entry), because a browser would book that to the site asked for.
 */
export function renderNotice(notice: Notice, negotiated: Negotiated): NoticeResponse {
  const content = contentOf(notice, negotiated.language);
  return responseOf(notice, content, negotiated, (body) => `${bytesOf(body, negotiated.format).length}`);
}

/** A body as it is sent (`utf8Bytes`). */
export const bytesOf = (body: string, format: Format): string => (isRaster(format) ? body : utf8Bytes(body));

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
      ['Content-Type', FORMATS[format].mediaType],
      ['Content-Length', lengthOf(body)],
      ['Content-Language', language],
      ...alwaysSaid(notice),
      ...retryAfter(notice.subject),
      ...blockedBy(content.status, notice.department?.contact),
      ['Content-Security-Policy', contentSecurityPolicy(content, format)],
      ['X-Content-Type-Options', 'nosniff'],
      ['Referrer-Policy', 'no-referrer'],
    ],
    body,
  };
}

/** What every answer of ours says, be it without a body. */
export const alwaysSaid = (notice: Notice): NoticeResponse['headers'] => [
  ['Cache-Control', 'no-store'],
  ['Vary', VARY],
  ['Proxy-Status', proxyStatus(notice)],
  [INCIDENT_FIELD, notice.code],
];

function render(content: Content, format: Format): string {
  switch (format) {
    case 'html':
    case 'framed-html':
      return renderPage(content);
    case 'text':
      return renderPlainText(content);
    case 'problem-json':
      return renderProblemJson(content);
    case 'brief-json':
      return renderBriefProblem(content);
  }
  return renderSubresource(content, format);
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
