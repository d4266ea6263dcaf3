/** Markup: text that has been escaped. Only `html` makes it, so nothing reaches a page unescaped. */
export type Html = { readonly markup: string };

type Content = string | Html | readonly Html[] | undefined;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * A template of markup. Text put in is escaped; markup goes in as it is, and undefined as nothing.
 */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  let markup = strings[0] ?? '';
  for (const [index, content] of contents.entries()) markup += markupOf(content) + (strings[index + 1] ?? '');
  return { markup };
}

/** Markup from a constant of ours. */
export const trustedMarkup = (markup: string): Html => ({ markup });

/** For elements and for double-quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

function markupOf(content: Content): string {
  if (content === undefined) return '';
  if (typeof content === 'string') return escapeHtml(content);
  return 'markup' in content ? content.markup : content.map(({ markup }) => markup).join('');
}
