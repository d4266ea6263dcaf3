import { LANGUAGES, type Language } from '../policy/policy.ts';
import type { PageTemplate } from './page-template.ts';
import type { Words } from './words.ts';
import { ENGLISH } from './words-en.ts';
import { KOREAN } from './words-ko.ts';

/** What an installation makes of the pages, in plain values: a worker has it from the primary. */
export type Look = {
  /** By the names that policies call them; `default` is the page of whoever names none. */
  readonly templates: Readonly<Record<string, PageTemplate>>;
  /** Languages of its own, which go before those that ship. */
  readonly languages: Readonly<Record<Language, Words>>;
  /** A `data:` URI. */
  readonly logo: string | undefined;
  /** Where one asks for access, with `{code}` and `{host}` in it. */
  readonly requestUrl: string | undefined;
};

/** The template of those for whom no other is named. */
export const DEFAULT_PAGE = 'default';

export const BUILT_IN: Look = { templates: {}, languages: {}, logo: undefined, requestUrl: undefined };

const SHIPPED: Readonly<Record<Language, Words>> = { en: ENGLISH, ko: KOREAN };

/** One for the process, as its pages are: every path ends in them, and none has to carry it along. */
let inForce = BUILT_IN;

/** How the pages look now. What was made of another one is not to be kept: it is another object then. */
export const look = (): Look => inForce;

/** For every page from now on. */
export function useLook(next: Look): void {
  inForce = next;
}

/** The languages that there are words in, as BCP 47 writes them; English first. */
export const languages = (): readonly Language[] => [
  ...new Set([...LANGUAGES, ...Object.keys(inForce.languages)]),
];

/** The language for a range of `Accept-Language`, which is shortened until there is one (RFC 4647 section 3.4). */
export function languageFor(range: string): Language | undefined {
  const ours = languages();
  for (
    let wanted = range.toLowerCase();
    wanted !== '';
    wanted = wanted.slice(0, Math.max(0, wanted.lastIndexOf('-')))
  ) {
    const found = ours.find((language) => language.toLowerCase() === wanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** In English where there are none. */
export const wordsOf = (language: Language): Words =>
  inForce.languages[language] ?? SHIPPED[language] ?? ENGLISH;
