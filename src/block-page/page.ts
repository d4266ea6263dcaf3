import type { Language } from '../policy/policy.ts';
import type { ContactWay, Content } from './content.ts';
import { type Html, html, trustedMarkup } from './html.ts';
import { STYLE } from './style.ts';
import type { Passage } from './text.ts';
import { isTrouble, type Kind, type Phrase, phraseText } from './words.ts';

/** Shapes beside the words, never instead of them: a barred circle, a warning triangle, a clock, an exclamation mark. */
const ICONS: Readonly<Record<Kind, string>> = {
  blocked: '<circle cx="12" cy="12" r="9"/><path d="M5.6 5.6l12.8 12.8"/>',
  failed: '<path d="M12 4L2.5 20h19zM12 10v4M12 17h.01"/>',
  limited: '<circle cx="12" cy="12" r="9"/><path d="M12 6.5V12l3.5 2.5"/>',
  refused: '<circle cx="12" cy="12" r="9"/><path d="M12 7v6M12 16.5h.01"/>',
};

/**
 * The whole page: no script, nothing to fetch, and a policy (`response`) that forbids both. People read it on any
 * device, at any zoom, aloud or on paper: what happened, why, what to use instead, whom to ask, with which code.
 */
export function renderPage(content: Content): string {
  const { language, words, kind, department } = content;
  const page = html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<title>${content.heading}${content.host === undefined ? '' : ` – ${content.host}`}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no">
<meta name="robots" content="noindex">
<style>${trustedMarkup(STYLE)}</style>
</head>
<body class="${kind}">
<header class="masthead"><p>${department && html`<b${langOf(department.title, language)}>${department.title.text}</b> `}<span>${words.gateway}</span></p></header>
<main>
<div class="card">
${lead(content)}
${columns(content)}
</div>
</main>
${footer(content)}
</body>
</html>
`;
  return page.markup;
}

function lead({ kind, words, heading, summary }: Content): Html {
  return html`<div class="lead">
<p class="kind"><svg viewBox="0 0 24 24" aria-hidden="true">${trustedMarkup(ICONS[kind])}</svg>${words.kinds[kind]}</p>
<h1>${heading}</h1>
<p class="summary">${phraseHtml(summary)}</p>
${isTrouble(kind) ? html`<p class="note">${words.noBlock}</p>` : undefined}
</div>`;
}

function columns(content: Content): Html {
  const about = aboutHtml(content);
  return html`<div class="columns${about !== undefined && content.kind === 'blocked' ? ' both' : ''}">
${about}
${help(content)}
</div>`;
}

/** Why, by what authority, and what to use instead: what a rule tells; undefined when there is none of it. */
function aboutHtml({ language, words, explanation, reference, alternatives }: Content): Html | undefined {
  if (explanation === undefined && reference === undefined && alternatives.length === 0) return undefined;
  return html`<section class="about">
${
  explanation &&
  html`<h2>${words.labels[explanation.label]}</h2>
<p${langOf(explanation.passage, language)}>${explanation.passage.text}</p>`
}
${reference && html`<p class="reference">${words.labels.reference}: ${reference}</p>`}
${
  alternatives.length === 0
    ? undefined
    : html`<h2>${words.labels.alternatives}</h2>
<ul role="list">
${alternatives.map((alternative) => alternativeHtml(alternative, language))}</ul>`
}
</section>`;
}

function alternativeHtml({ title, url, link }: Content['alternatives'][number], language: Language): Html {
  const name = html`<b${langOf(title, language)}>${title.text}</b>`;
  if (link === undefined) return html`<li>${name} <span>${url}</span></li>\n`;
  return html`<li><a href="${link}" rel="noreferrer">${name}</a> <span>${new URL(link).host}</span></li>\n`;
}

function help(content: Content): Html {
  const { words, advice, code, contact } = content;
  return html`<section class="help">
<h2>${words.labels.help}</h2>
<p>${phraseHtml(advice)}</p>
<dl class="code"><dt>${words.labels.code}</dt><dd>${code}</dd></dl>
<p class="quote">${words.quoteTheCode}</p>
${
  contact.length === 0
    ? undefined
    : html`<dl class="contact">
${contact.map((way) => html`<div><dt>${words.labels[way.way]}</dt><dd>${contactHtml(way)}</dd></div>\n`)}</dl>`
}
</section>`;
}

function contactHtml({ text, link }: ContactWay): Html {
  return link === undefined ? html`${text}` : html`<a href="${link}" rel="noreferrer">${text}</a>`;
}

function footer({ words, time, technical, origin }: Content): Html {
  return html`<footer>
<h2>${words.labels.technical}</h2>
<dl>
<div><dt>${words.labels.time}</dt><dd><time datetime="${time.iso}">${time.readable}</time></dd></div>
${technical.map(({ label, value }) => html`<div><dt>${words.labels[label]}</dt><dd><bdi>${value}</bdi></dd></div>\n`)}</dl>
<p>${phraseText(origin)}</p>
</footer>`;
}

/** `bdi`: a value must not reorder the words around it. */
function phraseHtml(pieces: Phrase): Html {
  return html`${pieces.map(({ text, isValue }) => (isValue ? html`<bdi>${text}</bdi>` : html`${text}`))}`;
}

/** A `lang` attribute where the text is not in the page's language (WCAG 3.1.2). */
function langOf({ language }: Passage, pageLanguage: Language): Html | undefined {
  return language === pageLanguage ? undefined : html` lang="${language}"`;
}
