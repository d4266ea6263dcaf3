import type { Content } from './content.ts';
import { escapeHtml, type Html, html } from './html.ts';
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
import type { PageTemplate } from './page-template.ts';
import { isPart, type PartSlot, type Slot, type TextSlot } from './slot-names.ts';
import { isTrouble, LABELS, type Label, phraseText } from './words.ts';

/** A text as it stands in an element, and in a title or an attribute. */
type Text = { readonly markup: (content: Content) => Html; readonly text: (content: Content) => string };

const plain = (text: (content: Content) => string): Text => ({
  text,
  markup: (content) => html`${text(content)}`,
});

/** A value that may have another direction than the words around it. */
const value = (text: (content: Content) => string): Text => ({
  text,
  markup: (content) => html`<bdi>${text(content)}</bdi>`,
});

const TEXTS: Readonly<Record<TextSlot, Text>> = {
  language: plain(({ language }) => language),
  direction: plain(({ words }) => words.direction),
  kind: plain(({ kind }) => kind),
  title: plain(({ words, kind }) => words.kinds[kind]),
  heading: plain(({ heading }) => heading),
  summary: { markup: ({ summary }) => phraseHtml(summary), text: ({ summary }) => phraseText(summary) },
  advice: { markup: ({ advice }) => phraseHtml(advice), text: ({ advice }) => phraseText(advice) },
  note: plain(({ kind, words }) => (isTrouble(kind) ? words.noBlock : '')),
  quote: plain(({ words }) => words.quoteTheCode),
  origin: plain(({ origin }) => phraseText(origin)),
  gateway: plain(({ words }) => words.gateway),
  code: value(({ code }) => code),
  host: value(({ host, words }) => host ?? words.site.unnamed),
  client: value(({ client }) => client),
  time: {
    markup: ({ time }) => html`<time datetime="${time.iso}">${time.readable}</time>`,
    text: ({ time }) => time.readable,
  },
  department: {
    markup: ({ department, language }) =>
      html`${department && html`<span${langOf(department.title, language)}>${department.title.text}</span>`}`,
    text: ({ department }) => department?.title.text ?? '',
  },
  ...(Object.fromEntries(
    LABELS.map((label) => [`label.${label}`, plain(({ words }) => words.labels[label])]),
  ) as Readonly<Record<`label.${Label}`, Text>>),
};

const PARTS: Readonly<Record<PartSlot, (content: Content, slots: ReadonlySet<Slot>) => Html | undefined>> = {
  // Why; where no rule says so, what happened, unless the template tells that elsewhere.
  reason: (content, slots) =>
    reasonHtml(content) ??
    (slots.has('summary')
      ? undefined
      : html`<section class="reason"><p>${phraseHtml(content.summary)}</p></section>`),
  alternatives: alternativesHtml,
  contact: contactHtml,
  request: requestHtml,
  details: detailsHtml,
  logo: logoHtml,
  icon: iconHtml,
};

/** The page that a template makes; what is put into a slot is never searched for slots itself. */
export function fillTemplate({ pieces }: PageTemplate, content: Content): string {
  const slots = new Set(pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.slot])));
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      const { slot } = piece;
      if (isPart(slot)) return PARTS[slot](content, slots)?.markup ?? '';
      const { markup, text } = TEXTS[slot];
      return piece.in === 'element' ? markup(content).markup : escapeHtml(text(content));
    })
    .join('');
}
