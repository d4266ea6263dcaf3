import { type Document, isNode, isScalar, isSeq, parseDocument } from 'yaml';
import type { Path } from './written.ts';

/** A stretch of a text. */
export type Range = { readonly start: number; readonly end: number };

/** Finds the lists of a YAML text that is known to be good. */
export type YamlLists = {
  /**
   * What to cut so that these entries of the list at the path go, together or any of them alone, with the lines and the
   * comments that are theirs. None for an entry that cannot be cut without changing more: it is an alias, or has an
   * anchor or a tag, or its comma is on another line, or the list is an alias or part of what aliases name.
   */
  cutsFor(path: Path, indexes: readonly number[]): ReadonlyMap<number, Range>;
};

export function openYamlLists(text: string): YamlLists {
  const document = parseDocument(text, { schema: 'core', uniqueKeys: false, prettyErrors: false });
  return {
    cutsFor(path, indexes) {
      const list = document.getIn(path, true);
      if (!isSeq(list) || isAnchored(document, path)) return new Map();
      const entries = list.items.map(rangeOf);
      const cut = list.flow === true ? cutFromFlow : cutFromBlock;
      const removed = new Set(indexes);
      const cuts = indexes.flatMap((index) => {
        const range = cut(text, entries, index, removed);
        return range === undefined ? [] : [[index, range] as const];
      });
      return new Map(cuts);
    },
  };
}

/** Whether an alias elsewhere may stand for the list, or for something that holds it. */
function isAnchored(document: Document, path: Path): boolean {
  return [...path.keys(), path.length].some((length) => {
    const node = document.getIn(path.slice(0, length), true);
    return isNode(node) && 'anchor' in node && node.anchor !== undefined;
  });
}

type Entries = readonly (Range | undefined)[];

function rangeOf(node: unknown): Range | undefined {
  if (!isScalar(node) || node.anchor !== undefined || node.tag !== undefined) return undefined;
  const { range } = node;
  return range ? { start: range[0], end: range[1] } : undefined;
}

/** `- entry  # comment`: the whole line. */
function cutFromBlock(text: string, entries: Entries, index: number): Range | undefined {
  const entry = entries[index];
  return entry && wholeLine(text, entry, /^[ \t]*-[ \t]+$/, /^[ \t]*(?:#.*)?$/);
}

/** An entry that has its line to itself goes with its line; another with one of its commas. */
function cutFromFlow(
  text: string,
  entries: Entries,
  index: number,
  removed: ReadonlySet<number>,
): Range | undefined {
  const entry = entries[index];
  if (entry === undefined) return undefined;
  const isLast = index === entries.length - 1;
  const rest = text.slice(entry.end, lineEnd(text, entry.end));
  if (!isLast && !/^[ \t]*,/.test(rest)) return undefined; // its comma is on another line
  const line = wholeLine(text, entry, /^[ \t]*$/, /^[ \t]*,?[ \t]*(?:#.*)?$/);
  if (line !== undefined) return line;
  const before = entries[index - 1];
  if (before !== undefined && endsPlainly(text, entries, index, removed))
    return { start: before.end, end: entry.end };
  return withCommaAfter(text, entry, comesFirst(text, entries, index, removed));
}

/** Whether the entry and all after it go, on one line: then each takes the comma before it. */
function endsPlainly(text: string, entries: Entries, index: number, removed: ReadonlySet<number>): boolean {
  let first = entries.length;
  while (removed.has(first - 1)) first--;
  if (index < first) return false;
  return entries.slice(first).every((entry, offset) => {
    const before = entries[first + offset - 1];
    return entry !== undefined && before !== undefined && /^ *, *$/.test(text.slice(before.end, entry.start));
  });
}

/** Whether nothing of the list that stays stands before the entry on its line. */
function comesFirst(text: string, entries: Entries, index: number, removed: ReadonlySet<number>): boolean {
  const at = entries[index]?.start ?? 0;
  const start = lineStart(text, at);
  if (text.slice(start, at).trim() === '') return true;
  // One without a range, such as an alias, stays, and may stand anywhere.
  return entries
    .slice(0, index)
    .every((earlier, number) => earlier !== undefined && (earlier.start < start || removed.has(number)));
}

/** With the blanks before it, so that none are left at the end of a line; at the start of one, with those behind it. */
function withCommaAfter(text: string, entry: Range, isFirst: boolean): Range {
  const [comma = ''] = /^[ \t]*,/.exec(text.slice(entry.end, lineEnd(text, entry.end))) ?? [];
  const end = entry.end + comma.length;
  const [before = ''] = /[ \t]*$/.exec(text.slice(lineStart(text, entry.start), entry.start)) ?? [];
  // A comment needs a blank before it.
  const [behind = ''] = /^[ \t]*(?![ \t#])/.exec(text.slice(end, lineEnd(text, end))) ?? [];
  return isFirst
    ? { start: entry.start, end: end + behind.length }
    : { start: entry.start - before.length, end };
}

function wholeLine(text: string, entry: Range, before: RegExp, after: RegExp): Range | undefined {
  const start = lineStart(text, entry.start);
  const end = lineEnd(text, entry.end);
  const isAlone =
    before.test(text.slice(start, entry.start)) &&
    after.test(text.slice(entry.end, end).replace(/\r$/, '')) &&
    !text.slice(entry.start, entry.end).includes('\n');
  return isAlone ? { start, end: Math.min(end + 1, text.length) } : undefined;
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;
const lineEnd = (text: string, offset: number): number => {
  const at = text.indexOf('\n', offset);
  return at === -1 ? text.length : at;
};
