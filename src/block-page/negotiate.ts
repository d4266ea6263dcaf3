import Negotiator from 'negotiator';
import { createMemory, type Memory } from '../policy/memory.ts';
import type { Language } from '../policy/policy.ts';
import { bounded } from './bounded.ts';
import { chooseFormat } from './choose-format.ts';
import { type Asker, askerIn } from './cors.ts';
import type { Format } from './format.ts';
import { languageFor, look } from './look.ts';
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
    language: knownLanguages()(acceptLanguage, languageOf),
    asker: askerIn(wishes),
  };
}

/** The same browser says the same every time, and the fleet of one organisation has few browsers. */
const MAX_KNOWN = 128;
let languages: { readonly of: ReturnType<typeof look>; readonly known: Memory<Language> } | undefined;

/** With another look there may be other languages. */
function knownLanguages(): Memory<Language> {
  const now = look();
  if (languages?.of !== now) languages = { of: now, known: createMemory(MAX_KNOWN) };
  return languages.known;
}

/**
 * RFC 4647 section 3.4 (lookup): the first wanted range whose language we have. Negotiator's own choice would answer
 * `en-US, ko;q=0.9, en;q=0.8` in Korean, for its exact match with `ko`.
 */
function languageOf(acceptLanguage: string): Language {
  const wanted = new Negotiator({ headers: { 'accept-language': acceptLanguage } }).languages();
  for (const range of wanted) {
    if (range === '*') return 'en';
    const language = languageFor(range);
    if (language !== undefined) return language;
  }
  return 'en';
}
