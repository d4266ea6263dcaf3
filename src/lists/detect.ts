import { fail, type Result, succeed } from '../policy/result.ts';
import { isDotted, plainReader } from './plain.ts';

export const FORMATS = ['plain', 'squid', 'hosts', 'dnsmasq', 'adblock', 'ut1', 'rpz', 'v2fly'] as const;
export type Format = (typeof FORMATS)[number];

/** How many lines are looked at. */
export const LINES_TO_DETECT = 4_000;

/** What only lines of one format look like. */
const SIGNS: readonly (readonly [Format, RegExp])[] = [
  ['hosts', /^(?:\d{1,3}(?:\.\d{1,3}){3}|0|[\da-f]*::?[\da-f:]*(?:%\w+)?)\s+[^\s#/]/i],
  ['dnsmasq', /^(?:address|server|local)=\//],
  ['v2fly', /^(?:domain|full|keyword|regexp|include):|^[\w.-]+(?:\s+[@&][\w!-]+)+\s*(?:#|$)/],
  [
    'rpz',
    /^\$(?:TTL|ORIGIN)\s|\s(?:CNAME\s+(?:\.|\*\.|rpz-[\w-]+\.|[\w.-]+)|SOA\s.*|NS\s+[\w.-]+)\s*(?:;.*)?$/i,
  ],
  ['adblock', /^\|\||^@@|^\|https?:|^\[Adblock|^!|#@?[?$%]{0,2}#|^\/.+\/(?:\$|$)|\$(?:~?[\w-]+)(?:[,=]|$)/i],
];

/** Formats in which a bare name is a line like any other. */
const WITH_BARE_NAMES: ReadonlySet<Format> = new Set(['v2fly', 'adblock']);

/** One format must explain nearly all lines, or a person must say which one it is. */
const ENOUGH = 0.8;

/** So many of a plain list's names begin with a dot when it is Squid's; a stray one must not narrow all others. */
const DOTTED_ENOUGH = 0.1;

/** What to do about a source that names nothing in any format. */
export const NO_LINES_HINT = 'see whether it is the right one, and whether it came whole';

/** Tells the format of a file by its first lines. */
export function detectFormat(
  lines: readonly string[],
): Result<Format, { readonly problem: string; readonly hint: string }> {
  if (lines.some((line) => /^\s*<(?:!doctype html|html|head|\?xml)\b/i.test(line)))
    return fail({ problem: 'it is a web page, not a list', hint: 'check the address: it may want a login' });
  const found = new Map<Format, number>();
  let total = 0;
  let dotted = 0;
  const readPlain = plainReader();
  for (const raw of lines) {
    const line = raw.trimEnd();
    if (line === '' || /^\s*(?:#(?!@?[?$%]{0,2}#)|;)/.test(line)) continue;
    total += 1;
    const format = SIGNS.find(([, sign]) => sign.test(line))?.[0];
    if (format !== undefined) found.set(format, (found.get(format) ?? 0) + 1);
    else if (readPlain(line)[0]?.kind === 'block') {
      found.set('plain', (found.get('plain') ?? 0) + 1);
      if (isDotted(line)) dotted += 1;
    }
  }
  const plain = found.get('plain') ?? 0;
  const explained = [...found]
    .map(([format, lines]) => [format, lines + (WITH_BARE_NAMES.has(format) ? plain : 0)] as const)
    .toSorted(([, a], [, b]) => b - a);
  const [best] = explained;
  if (best !== undefined && best[1] >= total * ENOUGH)
    return succeed(best[0] === 'plain' && dotted >= plain * DOTTED_ENOUGH ? 'squid' : best[0]);
  if (total === 0)
    return fail({
      problem: lines.every((line) => line.trim() === '') ? 'it is empty' : 'it holds nothing but comments',
      hint: NO_LINES_HINT,
    });
  return fail({
    problem: 'its format cannot be told from its lines',
    hint: `name it with --format: ${FORMATS.join(', ')}`,
  });
}
