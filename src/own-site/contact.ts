import { type Html, html } from '../block-page/html.ts';
import { mailLink, phoneLink, webLink } from '../block-page/links.ts';
import { visibleText } from '../block-page/text.ts';
import type { Department } from '../policy/policy.ts';

/** The ways to a department's help desk, one a line; undefined where it has none. */
export function contactHtml({ contact }: Pick<Department, 'contact'>): Html | undefined {
  const ways = [
    wayHtml(contact.email, mailLink),
    wayHtml(contact.phone, phoneLink),
    wayHtml(contact.url, webLink),
  ].filter((way) => way !== undefined);
  return ways.length === 0
    ? undefined
    : html`${ways.flatMap((way, index) => (index === 0 ? [way] : [html`<br>`, way]))}`;
}

function wayHtml(raw: string | undefined, linkOf: (text: string) => string | undefined): Html | undefined {
  if (raw === undefined) return undefined;
  const text = visibleText(raw);
  const link = linkOf(text);
  return link === undefined ? html`<bdi>${text}</bdi>` : html`<a href="${link}" rel="noreferrer">${text}</a>`;
}
