import { type Html, html, trustedMarkup } from '../block-page/html.ts';
import { passageOf } from '../block-page/text.ts';
import type { Department, Language } from '../policy/policy.ts';
import { PAGES, type PageName } from './pages.ts';
import { SITE_STYLE } from './style.ts';
import type { SiteWords } from './words.ts';

/** One page of the site, without what all have. */
export type Page = {
  readonly status: number;
  /** Which of the pages it is; undefined: none of those that one can go to. */
  readonly name?: PageName;
  readonly heading: string;
  /** Beneath the heading. */
  readonly lead: Html;
  /** Each in a part of its own. */
  readonly parts: readonly Html[];
  /** In the document's head. */
  readonly links?: Html;
};

export type Reader = {
  readonly language: Language;
  readonly words: SiteWords;
  readonly department: Department | undefined;
};

/** The whole page: no script, and nothing to fetch but the trust check where there is one. */
export function renderPage(page: Page, { language, words, department }: Reader): string {
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${page.heading} – ${words.gateway}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no">
<meta name="robots" content="noindex">
<style>${trustedMarkup(SITE_STYLE)}</style>
${page.links}
</head>
<body class="own">
<header class="masthead"><p>${titleOf(department, language)}<span>${words.gateway}</span></p></header>
<nav aria-label="${words.pages}"><ul role="list">
${(Object.keys(PAGES) as PageName[]).map((name) => wayTo(name, page.name, words))}</ul></nav>
<main>
<div class="card">
<div class="lead">
<h1>${page.heading}</h1>
${page.lead}
</div>
${page.parts.map((part) => html`<div class="part">\n${part}\n</div>\n`)}</div>
</main>
<footer><p>${words.footer}</p></footer>
</body>
</html>
`.markup;
}

function wayTo(name: PageName, current: PageName | undefined, words: SiteWords): Html {
  const mark = name === current ? html` aria-current="page"` : undefined;
  return html`<li><a href="${PAGES[name]}"${mark}>${words.names[name]}</a></li>\n`;
}

function titleOf(department: Department | undefined, language: Language): Html | undefined {
  const title = department && passageOf(department.title, language);
  return title && html`<b${langOf(title.language, language)}>${title.text}</b> `;
}

/** A `lang` attribute where a text is not in the page's language (WCAG 3.1.2). */
export const langOf = (language: Language, pageLanguage: Language): Html | undefined =>
  language === pageLanguage ? undefined : html` lang="${language}"`;

/** Names and values, those without a value left out. */
export function factsHtml(
  facts: readonly (readonly [name: string, value: Html | string | undefined])[],
): Html {
  const known = facts.filter(([, value]) => value !== undefined);
  return html`<dl class="facts">
${known.map(([name, value]) => html`<div><dt>${name}</dt><dd>${typeof value === 'string' ? html`<bdi>${value}</bdi>` : value}</dd></div>\n`)}</dl>`;
}

/** A form of one field, which asks for a page by its query. */
export function fieldForm(
  name: PageName,
  field: { readonly name: string; readonly label: string; readonly button: string; readonly value: string },
): Html {
  return html`<form action="${PAGES[name]}" method="get">
<label for="${field.name}">${field.label}</label>
<div class="field"><input id="${field.name}" name="${field.name}" value="${field.value}" maxlength="2048" autocomplete="off" autocapitalize="none" spellcheck="false" required>
<button>${field.button}</button></div>
</form>`;
}
