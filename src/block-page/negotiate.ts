import Negotiator from 'negotiator';
import { createMemory } from '../policy/memory.ts';
import { LANGUAGES, type Language } from '../policy/policy.ts';
import { bounded } from './bounded.ts';
import { chooseFormat } from './choose-format.ts';
import { type Asker, askerIn } from './cors.ts';
import type { Format } from './format.ts';
import type { Wishes } from './wishes.ts';

/** In which shape and language the client wants to be told, and which website's script wants to read it. */
export type Negotiated = {
  readonly format: Format;
  readonly language: Language;
  readonly asker?: Asker | undefined;
};

/**
 * The format by what the answer is for (`chooseFormat`), and the language by `Accept-Language` (RFC 9110 section
 * 12.5.4), else English.
 */
export function negotiate(wishes: Wishes): Negotiated {
  const acceptLanguage = bounded(wishes['accept-language'] ?? '*');
  return {
    format: chooseFormat(wishes),
    language: languages(acceptLanguage, languageOf),
    asker: askerIn(wishes),
  };
}

/** The same browser says the same every time, and the fleet of one organisation has few browsers. */
const MAX_KNOWN = 128;
const languages = createMemory<Language>(MAX_KNOWN);

/**
 * RFC 4647 section 3.4 (lookup): the first wanted range whose language we have. Negotiator's own choice would answer
 * `en-US, ko;q=0.9, en;q=0.8` in Korean, for its exact match with `ko`.
 */
function languageOf(acceptLanguage: string): Language {
  const wanted = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages();
  for (const range of wanted) {
    if (range === '*') return 'en';
    const language = LANGUAGES.find((ours) => ours === range.toLowerCase().split('-', 1)[0]);
    if (language !== undefined) return language;
  }
  return 'en';
}
