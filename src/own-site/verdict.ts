import type { Content } from '../block-page/content.ts';
import { type Html, html, trustedMarkup } from '../block-page/html.ts';
import { visibleText } from '../block-page/text.ts';
import { phraseText } from '../block-page/words.ts';
import type { Decision } from '../policy/decide.ts';
import type { Language } from '../policy/policy.ts';
import { contactHtml } from './contact.ts';
import { factsHtml, langOf, type Reader } from './page.ts';

/** A barred circle and a tick, as the block page has its shapes beside the words. */
const ICONS = {
  blocked: '<circle cx="12" cy="12" r="9"/><path d="M5.6 5.6l12.8 12.8"/>',
  allowed: '<circle cx="12" cy="12" r="9"/><path d="M8 12.5l2.8 2.8L16 9.5"/>',
} as const;

/** The verdict in a word. */
export const verdictBadge = (verdict: keyof typeof ICONS, { words }: Pick<Reader, 'words'>): Html =>
  html`<p class="kind ${verdict}"><svg viewBox="0 0 24 24" aria-hidden="true">${trustedMarkup(ICONS[verdict])}</svg>${words.verdicts[verdict]}</p>`;

/** What the block page would say of a block: why, by which rule, and what to use instead. */
export function blockHtml(content: Content, { words, language, department }: Reader): Html {
  const { explanation, reference, alternatives } = content;
  return html`<h2>${content.heading}</h2>
<p>${phraseText(content.summary)}</p>
${explanation && html`<p${langOf(explanation.passage.language, language)}>${explanation.passage.text}</p>`}
${factsHtml([
  [words.rule, content.rule],
  [words.reference, reference],
  [words.who.contact, department && contactHtml(department)],
])}
${
  alternatives.length === 0
    ? undefined
    : html`<h2>${words.alternatives}</h2>
<ul role="list" class="links">
${alternatives.map((alternative) => alternativeHtml(alternative, language))}</ul>`
}`;
}

function alternativeHtml({ title, url, link }: Content['alternatives'][number], language: Language): Html {
  const name = html`<b${langOf(title.language, language)}>${title.text}</b>`;
  if (link === undefined) return html`<li>${name} <span class="quiet">${url}</span></li>\n`;
  return html`<li><a href="${link}" rel="noreferrer">${name}</a> <span class="quiet">${new URL(link).host}</span></li>\n`;
}

/** Why a request is allowed: the rule, the exception or the default of the visitor's own department. */
export function allowHtml(decision: Extract<Decision, { action: 'forward' }>, { words }: Reader): Html {
  const { reason, wouldBlock } = decision;
  return html`<p>${words.allowedBy[reason.code]}</p>
${factsHtml([
  [words.rule, reason.code === 'rule' ? visibleText(reason.rule.id) : undefined],
  [words.exception, reason.code === 'exception' ? visibleText(reason.exception.id) : undefined],
  [words.observed, wouldBlock?.code === 'rule' ? visibleText(wouldBlock.rule.id) : undefined],
])}`;
}
