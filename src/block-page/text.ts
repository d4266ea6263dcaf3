import { LANGUAGES, type Language, type LocalizedText } from '../policy/policy.ts';

/**
 * Whatever a reader does not see, but a terminal or a browser acts on: control characters, bidirectional controls
 * (UAX #9 section 2) and the other format characters, line separators, lone surrogates. The joiners stay: scripts and
 * emoji are spelt with them.
 */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;

/** Nearly every host and client. */
const PLAIN = /^[!-~]*$/;

/** Text on one line, in which nothing acts unseen: line breaks and tabs become spaces, the rest U+FFFD. */
export function visibleText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(/\s+/g, ' ').trim().replace(UNSEEN, '\ufffd');
}

/** A text and the language that it is in, which need not be the page's. */
export type Passage = { readonly text: string; readonly language: Language };

/** The text in the wanted language, else in another; undefined when none says anything. */
export function passageOf(text: LocalizedText, wanted: Language): Passage | undefined {
  for (const language of new Set([wanted, ...LANGUAGES, ...Object.keys(text)])) {
    const visible = visibleText(text[language] ?? '');
    if (visible !== '') return { text: visible, language };
  }
  return undefined;
}
