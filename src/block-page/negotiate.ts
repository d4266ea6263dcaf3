import Negotiator from 'negotiator';
import { createMemory } from '../policy/memory.ts';
import { LANGUAGES, type Language } from '../policy/policy.ts';

export type Format = 'html' | 'problem-json' | 'text';

/** In which shape and language the client wants to be told. */
export type Negotiated = { readonly format: Format; readonly language: Language };

/** What we can make, the one for `*` + `/*` first: browsers' subresources and most programs send just that. */
const FORMATS = {
  'text/html': 'html',
  'application/problem+json': 'problem-json',
  'application/json': 'problem-json',
  'text/plain': 'text',
} as const satisfies Record<string, Format>;
const MEDIA_TYPES = Object.keys(FORMATS) as (keyof typeof FORMATS)[];

/** Browsers send less than 200; a client may send whatever its header limit lets through. */
const MAX_HEADER_LENGTH = 1024;

/**
 * The format by `Accept` and the language by `Accept-Language` (RFC 9110 sections 12.5.1 and 12.5.4). A client that
 * accepts nothing we have still gets an answer: HTML, in English.
 */
export function negotiate(headers: {
  readonly accept?: string | undefined;
  readonly 'accept-language'?: string | undefined;
}): Negotiated {
  const accept = bounded(headers.accept ?? '*/*');
  const acceptLanguage = bounded(headers['accept-language'] ?? '*');
  return {
    format: formats(accept, () => formatOf(accept)),
    language: languages(acceptLanguage, () => languageOf(acceptLanguage)),
  };
}

/** Of each header. The same browser says the same every time, and the fleet of one organisation has few browsers. */
const MAX_KNOWN = 128;
const formats = createMemory<Format>(MAX_KNOWN);
const languages = createMemory<Language>(MAX_KNOWN);

function formatOf(accept: string): Format {
  // `application/json; charset=utf-8` asks for JSON: what we make has no variants for a parameter to choose from.
  const withoutParameters = accept.replace(/;(?![ \t]*q=)[^;,]*/gi, '');
  const best = new Negotiator({ headers: { accept: withoutParameters } }).mediaType(MEDIA_TYPES);
  return MEDIA_TYPES.includes(best as keyof typeof FORMATS) ? FORMATS[best as keyof typeof FORMATS] : 'html';
}

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

/** Cut between two list members, since half a member may mean something else. */
function bounded(header: string): string {
  if (header.length <= MAX_HEADER_LENGTH) return header;
  const start = header.slice(0, MAX_HEADER_LENGTH);
  return start.slice(0, Math.max(0, start.lastIndexOf(',')));
}
