import type { Language } from '../policy/policy.ts';
import type { ContactWay, Content } from './content.ts';
import { type Html, html, trustedMarkup } from './html.ts';
import type { Passage } from './text.ts';
import type { Kind, Phrase } from './words.ts';

// The parts of a page that have elements of their own, for the page that is built in and for templates alike.

/** Shapes beside the words, never instead of them: a barred circle, a warning triangle, a clock, an exclamation mark. */
const ICONS: Readonly<Record<Kind, string>> = {
  blocked: '<circle cx="12" cy="12" r="9"/><path d="M5.6 5.6l12.8 12.8"/>',
  failed: '<path d="M12 4L2.5 20h19zM12 10v4M12 17h.01"/>',
  limited: '<circle cx="12" cy="12" r="9"/><path d="M12 6.5V12l3.5 2.5"/>',
  refused: '<circle cx="12" cy="12" r="9"/><path d="M12 7v6M12 16.5h.01"/>',
};

export const iconHtml = ({ kind }: Content): Html =>
  html`<svg viewBox="0 0 24 24" aria-hidden="true">${trustedMarkup(ICONS[kind])}</svg>`;

/** The agency is named beside it, so it says nothing to a screen reader. */
export const logoHtml = ({ logo }: Content): Html | undefined =>
  logo === undefined ? undefined : html`<img class="logo" src="${logo}" alt="">`;

/** Why, and by what authority; undefined when there is neither. */
export function reasonHtml({ language, words, explanation, reference }: Content): Html | undefined {
  if (explanation === undefined && reference === undefined) return undefined;
  return html`<section class="reason">
${
  explanation &&
  html`<h2>${words.labels[explanation.label]}</h2>
<p${langOf(explanation.passage, language)}>${explanation.passage.text}</p>`
}
${reference && html`<p class="reference">${words.labels.reference}: ${reference}</p>`}
</section>`;
}

export function alternativesHtml({ language, words, alternatives }: Content): Html | undefined {
  if (alternatives.length === 0) return undefined;
  return html`<section class="alternatives">
<h2>${words.labels.alternatives}</h2>
<ul role="list">
${alternatives.map((alternative) => alternativeHtml(alternative, language))}</ul>
</section>`;
}

function alternativeHtml({ title, url, link }: Content['alternatives'][number], language: Language): Html {
  const name = html`<b${langOf(title, language)}>${title.text}</b>`;
  if (link === undefined) return html`<li>${name} <span>${url}</span></li>\n`;
  return html`<li><a href="${link}" rel="noreferrer">${name}</a> <span>${new URL(link).host}</span></li>\n`;
}

export function contactHtml({ words, contact }: Content): Html | undefined {
  if (contact.length === 0) return undefined;
  return html`<dl class="contact">
${contact.map((way) => html`<div><dt>${words.labels[way.way]}</dt><dd>${wayHtml(way)}</dd></div>\n`)}</dl>`;
}

function wayHtml({ text, link }: ContactWay): Html {
  const shown = html`<bdi>${text}</bdi>`;
  return link === undefined ? shown : html`<a href="${link}" rel="noreferrer">${shown}</a>`;
}

export const requestHtml = ({ words, request }: Content): Html | undefined =>
  request === undefined
    ? undefined
    : html`<p class="request"><a href="${request}" rel="noreferrer">${words.askForAccess}</a></p>`;

/** All that a help desk wants to know, in a field from which a keyboard, a mouse or a finger copies it at once. */
export function detailsHtml({ words, code, time, department, technical }: Content): Html {
  const { labels } = words;
  const facts: readonly { readonly label: keyof typeof labels; readonly value: string }[] = [
    { label: 'code', value: code },
    { label: 'time', value: time.iso },
    ...(department === undefined ? [] : ([{ label: 'department', value: department.title.text }] as const)),
    ...technical,
  ];
  const lines = facts.map(({ label, value }) => `${labels[label]}: ${value}`);
  // The line break after the tag is not of the text: a browser leaves it out.
  return html`<details class="copy">
<summary>${words.copyDetails}</summary>
<p id="how-to-copy">${words.howToCopy}</p>
<textarea readonly="" rows="${`${lines.length}`}" aria-label="${words.labels.technical}" aria-describedby="how-to-copy">
${lines.join('\n')}</textarea>
</details>`;
}

/** `bdi`: a value must not reorder the words around it. */
export function phraseHtml(pieces: Phrase): Html {
  return html`${pieces.map(({ text, isValue }) => (isValue ? html`<bdi>${text}</bdi>` : html`${text}`))}`;
}

/** A `lang` attribute where the text is not in the page's language (WCAG 3.1.2). */
export function langOf({ language }: Passage, pageLanguage: Language): Html | undefined {
  return language === pageLanguage ? undefined : html` lang="${language}"`;
}
