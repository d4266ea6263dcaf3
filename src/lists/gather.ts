import ipaddr from 'ipaddr.js';
import { addressLiteral } from '../policy/host.ts';
import { buildPatternIndex, type HostPattern, MAX_PATTERNS_SIZE } from '../policy/matching/host-pattern.ts';
import { mask, type Network } from '../policy/network.ts';
import { suffixParts } from '../policy/public-suffix.ts';
import { type Entry, entryText, type Item, type NameKind } from './item.ts';

/** A line that could not be honoured, and why. `file` only where a list consists of several. */
export type Refusal = {
  readonly file?: string;
  readonly line: number;
  readonly text: string;
  readonly why: string;
};

export type Place = { readonly file?: string; readonly line: number };

/**
 * Where every line went: `items` is the sum of all that follow it, and greater than `lines` only by the further names
 * on lines with several.
 */
export type Counts = {
  readonly lines: number;
  readonly items: number;
  readonly entries: number;
  readonly folded: number; //     covered by a wider entry of the list
  readonly duplicates: number;
  readonly excepted: number; //   entries that an exception took out
  readonly exceptions: number; // that were honoured
  readonly includes: number;
  readonly comments: number;
  readonly boilerplate: number;
  readonly filtered: number;
  readonly refused: number;
};

export type Gathered = {
  /** Sorted, as lines of a list file. */
  readonly entries: readonly string[];
  readonly counts: Counts;
  readonly refusals: readonly Refusal[];
  /** How many lines were refused for which reason, the most frequent first. */
  readonly reasons: readonly (readonly [why: string, count: number])[];
};

export type Gatherer = {
  take(place: Place, text: string, items: readonly Item[]): void;
  finish(): Gathered;
};

/** Refused lines that a report can name; the file of `--report` names all. */
export const MAX_REFUSALS = 10_000;

/** Beyond it, the memory of a small machine would be at stake; public lists of a category have fewer. */
const MAX_ENTRIES = 5_000_000;
const TOO_MANY = 'beyond the five million entries and exceptions that a list may have';

/** They wait for the end of the list, each with its place and its line: 400 bytes, several times an entry's. */
const MAX_EXCEPTIONS = 500_000;

const MAX_SHOWN_TEXT = 200;

type Names = { readonly [Kind in NameKind]: Set<string> };
type PendingException = { readonly entry: Entry; readonly place: Place; readonly text: string };

const noNames = (): Names => ({ domain: new Set(), exact: new Set(), subdomains: new Set() });

/** Takes what the lines say and makes one list of it, without doubles; `onRefusal` hears of every refused line. */
export function createGatherer(onRefusal: (refusal: Refusal) => void = () => {}): Gatherer {
  const names = noNames();
  const networks = new Map<string, Network>();
  const others = new Set<string>(); // `a.*`
  const patterns = new Map<string, HostPattern>();
  let patternsSize = 0;
  const important = new Set<string>();
  const exceptions: PendingException[] = [];
  const refusals: Refusal[] = [];
  const reasons = new Map<string, number>();
  const tally = {
    lines: 0,
    items: 0,
    folded: 0,
    duplicates: 0,
    excepted: 0,
    exceptions: 0,
    includes: 0,
    comments: 0,
    boilerplate: 0,
    filtered: 0,
    refused: 0,
  };

  const refuse = (place: Place, text: string, why: string): void => {
    tally.refused += 1;
    reasons.set(why, (reasons.get(why) ?? 0) + 1);
    // A copy: a part of a string would keep all of the text that it was read with.
    const refusal = { ...place, text: Buffer.from(text.slice(0, MAX_SHOWN_TEXT)).toString(), why };
    if (refusals.length < MAX_REFUSALS) refusals.push(refusal);
    onRefusal(refusal);
  };

  const sizeOf = (): number =>
    names.domain.size +
    names.exact.size +
    names.subdomains.size +
    networks.size +
    others.size +
    patterns.size;

  const block = (entry: Entry): boolean => {
    switch (entry.kind) {
      case 'domain':
      case 'exact':
      case 'subdomains':
        return addTo(names[entry.kind], compact(entry.name));
      case 'any-suffix':
        return addTo(others, entry.name);
      case 'pattern':
        if (patterns.has(entry.text)) return false;
        patterns.set(entry.text, entry.pattern);
        patternsSize += entry.pattern.size;
        return true;
      case 'network':
        if (networks.has(entry.network.text)) return false;
        networks.set(entry.network.text, entry.network);
        return true;
    }
  };

  const takeBlock = (place: Place, text: string, item: Item & { kind: 'block' }): void => {
    const { entry } = item;
    if (sizeOf() + exceptions.length >= MAX_ENTRIES) refuse(place, text, TOO_MANY);
    else if (
      entry.kind === 'pattern' &&
      patternsSize + entry.pattern.size > MAX_PATTERNS_SIZE &&
      !patterns.has(entry.text)
    )
      refuse(place, text, `beyond the ${MAX_PATTERNS_SIZE} instructions that a list's patterns may have`);
    else if (!block(entry)) tally.duplicates += 1;
    if (item.isImportant) important.add(entryText(entry));
  };

  const takeException = (place: Place, text: string, entry: Entry): void => {
    if (sizeOf() + exceptions.length >= MAX_ENTRIES) refuse(place, text, TOO_MANY);
    else if (exceptions.length >= MAX_EXCEPTIONS)
      refuse(place, text, 'beyond the 500,000 exceptions that a list may have');
    else exceptions.push({ entry, place, text });
  };

  /** Takes out what the exceptions name; one that would cut a hole into a wider entry is refused. */
  const applyExceptions = (): void => {
    if (exceptions.length === 0) return;
    const lifted = noNames();
    const liftedNetworks = new Map<string, Network>();
    const patternIndex = buildPatternIndex([...patterns].map(([text, pattern]) => [pattern, text] as const));
    const widths = widthsOf(networks);
    for (const { entry, place, text } of exceptions) {
      const isHole =
        entry.kind === 'network'
          ? isInside(networks, widths, entry.network)
          : entry.kind !== 'pattern' &&
            entry.kind !== 'any-suffix' &&
            (isBelow(names, entry.kind, entry.name) ||
              patternIndex.find(entry.name).length > 0 ||
              (others.size > 0 && others.has(registrableName(entry))));
      if (isHole) {
        refuse(place, text, 'an exception inside a wider entry: a list cannot have holes');
        continue;
      }
      tally.exceptions += 1;
      if (entry.kind === 'network') liftedNetworks.set(entry.network.text, entry.network);
      else if (entry.kind !== 'pattern' && entry.kind !== 'any-suffix') lifted[entry.kind].add(entry.name);
    }
    for (const kind of ['domain', 'exact', 'subdomains'] as const)
      for (const name of names[kind])
        if ((lifted[kind].has(name) || isBelow(lifted, kind, name)) && !isImportant(kind, name))
          tally.excepted += removeFrom(names[kind], name);
    const liftedWidths = widthsOf(liftedNetworks);
    for (const [text, network] of networks)
      if (liftedNetworks.has(text) || isInside(liftedNetworks, liftedWidths, network))
        tally.excepted += removeFrom(networks, text);
  };

  const isImportant = (kind: NameKind, name: string): boolean =>
    important.size > 0 && important.has(nameText(kind, name));

  /** `=a.b` and `*.a.b` are together `a.b`; what lies below a wider entry goes. */
  const fold = (): void => {
    for (const name of names.exact) {
      if (!names.subdomains.has(name)) continue;
      names.exact.delete(name);
      names.subdomains.delete(name);
      tally.folded += addTo(names.domain, name) ? 1 : 2;
    }
    // Removing at once is safe: what covers this entry either stays, or something wider covers both.
    for (const kind of ['domain', 'exact', 'subdomains'] as const)
      for (const name of names[kind])
        if (isBelow(names, kind, name)) tally.folded += removeFrom(names[kind], name);
    const widths = widthsOf(networks);
    for (const [text, network] of networks)
      if (isInside(networks, widths, network)) tally.folded += removeFrom(networks, text);
  };

  return {
    take(place, text, items) {
      tally.lines += 1;
      for (const item of items) {
        tally.items += 1;
        switch (item.kind) {
          case 'block':
            takeBlock(place, text, item);
            break;
          case 'exception':
            takeException(place, text, item.entry);
            break;
          case 'refused':
            refuse(place, text, item.why);
            break;
          case 'include':
            tally.includes += 1;
            break;
          case 'comment':
            tally.comments += 1;
            break;
          case 'boilerplate':
          case 'filtered':
            tally[item.kind] += 1;
            break;
        }
      }
    },
    finish() {
      applyExceptions();
      fold();
      const entries: string[] = [];
      // Sorted before the form is put in front: sorting strings that were just joined takes several times as long.
      for (const kind of ['domain', 'exact', 'subdomains'] as const)
        for (const name of names[kind]) entries.push(compact(nameText(kind, name)));
      for (const name of others) entries.push(`${name}.*`);
      for (const network of networks.values()) entries.push(entryText({ kind: 'network', network }));
      for (const text of patterns.keys()) entries.push(`/${text}/`);
      return {
        entries: entries.sort(),
        counts: { ...tally, entries: entries.length },
        refusals,
        reasons: [...reasons].toSorted(([, a], [, b]) => b - a),
      };
    },
  };
}

/**
 * The same text as a string of its own. A part of another string, or two that are joined, keep those alive and compare
 * several times more slowly, which with millions of names is most of the time.
 */
const compact = (text: string): string => scratch.toString('latin1', 0, scratch.write(text, 'latin1'));
const scratch = Buffer.alloc(256); // a name has at most 253 characters, all ASCII, and its form two

function addTo(set: Set<string>, text: string): boolean {
  if (set.has(text)) return false;
  set.add(text);
  return true;
}

const removeFrom = (from: { delete(key: string): boolean }, key: string): number => Number(from.delete(key));

const FORM: { readonly [Kind in NameKind]: string } = { domain: '', exact: '=', subdomains: '*.' };
const nameText = (kind: NameKind, name: string): string => FORM[kind] + name;

const registrableName = (entry: Entry & { kind: NameKind }): string =>
  addressLiteral(entry.name) === undefined ? (suffixParts(entry.name).registrableName ?? '') : '';

/** Whether a wider entry covers all of this one. */
function isBelow(names: Names, kind: NameKind, name: string): boolean {
  if (kind !== 'domain' && names.domain.has(name)) return true;
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const parent = name.slice(dot + 1);
    if (names.domain.has(parent) || names.subdomains.has(parent)) return true;
  }
  return false;
}

/** The prefix lengths that occur: few, however many the networks. */
const widthsOf = (networks: ReadonlyMap<string, Network>): ReadonlySet<number> =>
  new Set([...networks.values()].map(({ prefix, bytes }) => prefix + bytes.length * 1_000));

/** Whether another of the networks holds all of this one. */
function isInside(
  networks: ReadonlyMap<string, Network>,
  widths: ReadonlySet<number>,
  { bytes, prefix }: Network,
): boolean {
  for (const width of widths) {
    const wider = width - bytes.length * 1_000;
    if (wider < 0 || wider >= prefix) continue;
    if (networks.has(`${addressText(mask(bytes, wider))}/${wider}`)) return true;
  }
  return false;
}

/** As `Network.text` has it, so that a network is found by its text. */
const addressText = (bytes: readonly number[]): string => ipaddr.fromByteArray([...bytes]).toString();
