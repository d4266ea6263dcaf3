import { addressLiteral, type Host } from '../policy/host.ts';
import { type DomainPattern, parseDomainPattern } from '../policy/matching/domain-pattern.ts';
import { type HostPattern, parseHostPattern } from '../policy/matching/host-pattern.ts';
import { type Network, parseNetwork } from '../policy/network.ts';
import { suffixParts } from '../policy/public-suffix.ts';

/** What one line of a list file names. */
export type Entry =
  | { readonly kind: NameKind; readonly name: Host } //            a.b, =a.b, *.a.b
  | { readonly kind: 'any-suffix'; readonly name: string } //      a.*
  | { readonly kind: 'network'; readonly network: Network } //     an address is a network of one
  | { readonly kind: 'pattern'; readonly text: string; readonly pattern: HostPattern }; // found anywhere in the host
export type NameKind = 'domain' | 'exact' | 'subdomains';

/**
 * What a line says, in any format. A line that names several hosts gives an item for each, every other line gives one:
 * so nothing of a list goes uncounted.
 */
export type Item =
  | { readonly kind: 'block'; readonly entry: Entry; readonly isImportant?: true }
  | { readonly kind: 'exception'; readonly entry: Entry }
  | { readonly kind: 'include'; readonly name: string; readonly attributes: readonly string[] }
  | { readonly kind: 'comment' } //     and blank lines
  | { readonly kind: 'boilerplate' } // what every file of the format carries, such as `localhost`
  | { readonly kind: 'filtered' } //    the line has not the attribute that was asked for
  | { readonly kind: 'refused'; readonly why: string };

/** Reads one line after another, and may remember those before. It never throws. */
export type LineReader = (line: string) => readonly Item[];

export const COMMENT: Item = { kind: 'comment' };
export const BOILERPLATE: Item = { kind: 'boilerplate' };

/** `why` stands for a whole class of lines: it is what the report counts by. */
export const refused = (why: string): Item => ({ kind: 'refused', why });

/** A pattern is tried on every host that gets so far, so a thousand characters have to do. */
const MAX_PATTERN_LENGTH = 1_000;

/** An item that blocks what `text` names: one of the four forms of a domain, or an address. */
export function blockName(text: string): Item {
  const entry = parseName(text);
  return typeof entry === 'string' ? refused(entry) : { kind: 'block', entry };
}

/** An item that lifts what `text` names. */
export function exceptName(text: string): Item {
  const entry = parseName(text);
  return typeof entry === 'string' ? refused(entry) : { kind: 'exception', entry };
}

/** An item that blocks an address or a network, such as `203.0.113.0/24`. */
export function blockNetwork(text: string): Item {
  const network = parseNetwork(text);
  return network.ok
    ? { kind: 'block', entry: { kind: 'network', network: network.value } }
    : refused(generalise(network.error.problem, text));
}

export function blockPattern(text: string): Item {
  if (text.length > MAX_PATTERN_LENGTH) return refused('a pattern of more than 1,000 characters');
  if (/[\s\uFFFD]/.test(text)) return refused('a pattern with a space in it: no host has one');
  const pattern = parseHostPattern(text);
  return pattern.ok
    ? { kind: 'block', entry: { kind: 'pattern', text, pattern: pattern.value } }
    : refused(/is not a pattern/.test(pattern.error.problem) ? NOT_RE2 : afterText(pattern.error.problem));
}
/** Of `the pattern … finds every host` what follows the pattern itself. */
const afterText = (problem: string): string => `it ${problem.slice(problem.lastIndexOf('`') + 2)}`;

const NOT_RE2 = 'not a pattern in RE2 syntax, which has no look-around and no back-references';

/** As a line of a list file. */
export function entryText(entry: Entry): string {
  switch (entry.kind) {
    case 'domain':
      return entry.name;
    case 'exact':
      return `=${entry.name}`;
    case 'subdomains':
      return `*.${entry.name}`;
    case 'any-suffix':
      return `${entry.name}.*`;
    case 'network':
      return networkText(entry.network);
    case 'pattern':
      return `/${entry.text}/`;
  }
}

function networkText({ text, bytes, prefix }: Network): string {
  if (prefix < bytes.length * 8) return text;
  const address = text.slice(0, text.lastIndexOf('/'));
  return bytes.length === 4 ? address : `[${address}]`;
}

/** The entry, or why there is none. */
function parseName(text: string): Entry | string {
  if (text.includes('\uFFFD')) return 'it is not UTF-8';
  const parsed = parseDomainPattern(text);
  if (!parsed.ok) return generalise(parsed.error.problem, text);
  return narrow(parsed.value);
}

function narrow(pattern: DomainPattern): Entry | string {
  if (pattern.kind === 'any-suffix') return { kind: 'any-suffix', name: pattern.name };
  const { kind, host } = pattern;
  const address = addressLiteral(host);
  if (address !== undefined) {
    const network = parseNetwork(address);
    return network.ok ? { kind: 'network', network: network.value } : 'it is not an address';
  }
  if (!host.includes('.')) return 'a single label: no name on the Internet';
  // Others' lists name one by mistake; `=co.kr` would be harmless, but it is a mistake all the same.
  if (kind === 'exact' && suffixParts(host).isPublicSuffix) return SUFFIX;
  return { kind, name: host };
}

const SUFFIX = "it is a public suffix: it would cover everybody's names under it";

/** A reason without the name in it, so that lines with the same fault count as one. */
function generalise(problem: string, text: string): string {
  return problem.replace(`\`${text}\``, 'it');
}
