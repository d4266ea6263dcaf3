import type { Content } from './content.ts';
import { type Html, html, trustedMarkup } from './html.ts';
import {
  alternativesHtml,
  contactHtml,
  detailsHtml,
  iconHtml,
  langOf,
  logoHtml,
  phraseHtml,
  reasonHtml,
  requestHtml,
} from './page-parts.ts';
import { fillTemplate } from './page-slots.ts';
import { STYLE } from './style.ts';
import { isTrouble, phraseText } from './words.ts';

/**
 * The whole page: no script, nothing to fetch, and a policy (`response`) that forbids both. People read it on any
 * device, at any zoom, aloud or on paper: what happened, why, what to use instead, whom to ask, with which code.
 */
export const renderPage = (content: Content): string =>
  content.page === undefined ? renderBuiltIn(content) : fillTemplate(content.page, content);

function renderBuiltIn(content: Content): string {
  const { language, words, kind, department } = content;
  const page = html`<!doctype html>
<html lang="${language}"${words.direction === 'rtl' ? html` dir="rtl"` : undefined}>
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
<header class="masthead"><p>${logoHtml(content)}${department && html`<b${langOf(department.title, language)}>${department.title.text}</b> `}<span>${words.gateway}</span></p></header>
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

function lead(content: Content): Html {
  const { kind, words, heading, summary } = content;
  return html`<div class="lead">
<p class="kind">${iconHtml(content)}${words.kinds[kind]}</p>
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

/** What a rule tells; undefined when it tells nothing. */
function aboutHtml(content: Content): Html | undefined {
  const reason = reasonHtml(content);
  const alternatives = alternativesHtml(content);
  if (reason === undefined && alternatives === undefined) return undefined;
  return html`<div class="about">
${reason}
${alternatives}
</div>`;
}

function help(content: Content): Html {
  const { words, advice, code } = content;
  return html`<section class="help">
<h2>${words.labels.help}</h2>
<p>${phraseHtml(advice)}</p>
<dl class="code"><dt>${words.labels.code}</dt><dd><bdi>${code}</bdi></dd></dl>
<p class="quote">${words.quoteTheCode}</p>
${requestHtml(content)}
${contactHtml(content)}
</section>`;
}

function footer(content: Content): Html {
  const { words, time, technical, origin } = content;
  return html`<footer>
<h2>${words.labels.technical}</h2>
<dl>
<div><dt>${words.labels.time}</dt><dd><time datetime="${time.iso}">${time.readable}</time></dd></div>
${technical.map(({ label, value }) => html`<div><dt>${words.labels[label]}</dt><dd><bdi>${value}</bdi></dd></div>\n`)}</dl>
${detailsHtml(content)}
<p>${phraseText(origin)}</p>
</footer>`;
}
