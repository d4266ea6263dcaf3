import type { Language } from '../policy/policy.ts';
import type { SiteWords } from './words.ts';
import { ENGLISH } from './words-en.ts';
import { KOREAN } from './words-ko.ts';

const WORDS: ReadonlyMap<Language, SiteWords> = new Map<Language, SiteWords>([
  ['en', ENGLISH],
  ['ko', KOREAN],
]);

/** The words for a reader, and the language that they are in: English where there are none in the wanted one. */
export function siteWords(wanted: Language): { readonly language: Language; readonly words: SiteWords } {
  const words = WORDS.get(wanted);
  return words === undefined ? { language: 'en', words: ENGLISH } : { language: wanted, words };
}
