/**
 * Made-up domain names that are shaped like those on real block lists: two to four labels, eighteen bytes on average,
 * suffixes in a mix of the world's and Korea's. A name is a function of its index, so that a run needs no list in
 * memory to know what is listed: indexes below the list's length are, those above are not.
 *
 * No name lies below another one. Squid refuses such lists, and both programs are to read the same.
 */

/** Above this the short names would begin to repeat. */
export const MAX_DOMAIN_INDEX = 20 * 2 ** 21;

const ONSETS = ['b', 'd', 'f', 'g', 'h', 'k', 'l', 'm', 'n', 'p', 'r', 's', 't', 'w', 'ch', 'st'] as const;
const VOWELS = ['a', 'e', 'i', 'o', 'u', 'ee', 'oo', 'ia'] as const;
const SYLLABLE_BITS = 7; // of 16 onsets and 8 vowels

const ENDINGS = ['24', '365', '1', '77'] as const;

/** Suffixes by their share in a hundred names. */
const SUFFIX_SHARES = {
  com: 44,
  net: 8,
  org: 6,
  'co.kr': 8,
  kr: 3,
  'or.kr': 2,
  'go.kr': 1,
  de: 3,
  ru: 4,
  cn: 3,
  'com.cn': 2,
  jp: 1,
  'co.jp': 2,
  'co.uk': 2,
  'com.br': 2,
  io: 2,
  info: 2,
  xyz: 2,
  top: 1,
  shop: 1,
  online: 1,
} as const;
const SUFFIXES = Object.entries(SUFFIX_SHARES).flatMap(([suffix, share]) =>
  Array.from({ length: share }, () => suffix),
);

// No label stands in both, so that two hosts of one domain never lie one below the other.
const OUTER_LABELS = ['www', 'm', 'cdn', 'ads', 'img', 'track', 'static', 'mail'] as const;
const INNER_LABELS = ['api', 'app', 'eu', 'asia', 'blog', 'shop', 'img2', 'news'] as const;

/** Of eight names five are a registrable domain, one is a host in one, and two are hosts of the same one. */
const BLOCK = 8;

export function domainAt(index: number): string {
  const position = index % BLOCK;
  const hash = scramble(index, 32);
  const outer = pick(OUTER_LABELS, hash >>> 4);
  const inner = pick(INNER_LABELS, hash >>> 8);
  if (position < BLOCK - 3) return registrable(index);
  if (position < BLOCK - 1) return `${outer}.${registrable(index)}`;
  const shared = registrable(index - 1);
  return shared.split('.').length === 2 ? `${outer}.${inner}.${shared}` : `${inner}.${shared}`;
}

/** A word of syllables, another one for each index below 2^28. */
export function wordAt(index: number): string {
  return syllables(scramble(index, 4 * SYLLABLE_BITS), 4).join('');
}

function registrable(index: number): string {
  const hash = scramble(index ^ 0x5bd1e995, 32);
  return `${brand(index, hash)}.${pick(SUFFIXES, hash >>> 12)}`;
}

/** Hyphen and digits only decorate: the syllables alone are another word for each index. */
function brand(index: number, hash: number): string {
  const word = wordSyllables(index, hash);
  if (hash % 8 === 0) word.splice(2, 0, '-');
  if (hash % 12 === 1) word.push(pick(ENDINGS, hash >>> 8));
  return word.join('');
}

function wordSyllables(index: number, hash: number): string[] {
  if (index % 20 === 0) return syllables(scramble(index / 20, 3 * SYLLABLE_BITS), 3);
  const word = syllables(scramble(index, 4 * SYLLABLE_BITS), 4);
  return hash % 10 < 6 ? [...word, ...syllables(hash >>> 16, 1)] : word;
}

function syllables(bits: number, count: number): string[] {
  return Array.from({ length: count }, (_, at) => {
    const syllable = bits >>> (at * SYLLABLE_BITS);
    return pick(ONSETS, syllable) + pick(VOWELS, syllable >>> 4);
  });
}

const pick = (from: readonly string[], number: number): string => from[number % from.length] ?? '';

/** Another number of so many bits for each: a multiplication by an odd number and a folded shift can both be undone. */
function scramble(value: number, bits: number): number {
  const mask = bits === 32 ? 0xffffffff : 2 ** bits - 1;
  let mixed = value & mask;
  for (const factor of [0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f]) {
    mixed = Math.imul(mixed, factor) & mask;
    mixed ^= (mixed & mask) >>> (bits >>> 1);
  }
  return mixed >>> 0;
}
