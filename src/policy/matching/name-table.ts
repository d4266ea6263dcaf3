import { addressLiteral, type Host } from '../host.ts';
import {
  bytesOf,
  DOT,
  ENTRIES_AT,
  filterBit,
  hashEnd,
  hashStep,
  MEMBER_FORMS,
  NAME_FILTER,
  type NameTableData,
  PARENT_FILTER,
  RANK,
  ROW_WORDS,
  rowAt,
} from './name-table-layout.ts';

export { createNameTableBuilder, type NameTableBuilder } from './name-table-builder.ts';
export { type NameKind, type NameTableData, specificityOf } from './name-table-layout.ts';

/** A set that covers a host, and how narrowly: the greater, the more specific (`specificityOf`). */
export type Match = { readonly set: number; readonly specificity: number };

/** Which numbered sets cover a host, by millions of names in little memory. Immutable. */
export type NameTable = {
  /** How many names there are. */
  readonly size: number;
  /** The bytes that the table's arrays take. */
  readonly byteLength: number;
  /**
   * Adds every set that covers the host to `into`, once for each name and form by which it does. Its work is bounded
   * by the labels of the longest name that the host ends with, not by the host nor by the number of names.
   */
  collect(host: Host, into: Match[]): void;
};

/** Looks up in the data as they stand, without a copy: whoever changes them afterwards changes the answers. */
export function openNameTable(data: NameTableData): NameTable {
  const { seed, rows, entries, groupWidth, groupStarts, groupMembers } = data;
  const rowCount = rows.length / ROW_WORDS - 1;
  const nameAt = 1 + groupWidth;

  /** Adds the sets of the suffix that begins at `from`, if it is a name. */
  function collectSuffix(host: Host, from: number, labels: number, hash: number, into: Match[]): void {
    const row = rowAt(hash, rowCount);
    if (((rows[row + NAME_FILTER] as number) & filterBit(hash)) === 0) return;
    const entry = findEntry(host, from, row);
    if (entry !== undefined) collectGroup(groupOf(entry), labels, from === 0, into);
  }

  function findEntry(host: Host, from: number, row: number): number | undefined {
    const length = host.length - from;
    const end = rows[row + ROW_WORDS + ENTRIES_AT] as number;
    for (let entry = rows[row + ENTRIES_AT] as number; entry < end; ) {
      const entryLength = entries[entry] as number;
      if (entryLength === length && isSuffix(host, from, entry + nameAt)) return entry;
      entry += nameAt + entryLength;
    }
    return undefined;
  }

  function isSuffix(host: Host, from: number, name: number): boolean {
    for (let at = from; at < host.length; at++)
      if (host.charCodeAt(at) !== entries[name + at - from]) return false;
    return true;
  }

  function groupOf(entry: number): number {
    let group = 0;
    for (let at = entry + 1; at < entry + nameAt; at++) group = group * 256 + (entries[at] as number);
    return group;
  }

  function collectGroup(group: number, labels: number, isApex: boolean, into: Match[]): void {
    const narrow = isApex ? RANK.exact : RANK.subdomains;
    const end = groupStarts[group + 1] as number;
    for (let at = groupStarts[group] as number; at < end; at++) {
      const member = groupMembers[at] as number;
      const rank = member % MEMBER_FORMS;
      if (rank === RANK.domain || rank === narrow)
        into.push({ set: Math.floor(member / MEMBER_FORMS), specificity: labels * MEMBER_FORMS + rank });
    }
  }

  const isParent = (hash: number): boolean =>
    ((rows[rowAt(hash, rowCount) + PARENT_FILTER] as number) & filterBit(hash)) !== 0;

  function collectName(host: Host, into: Match[]): void {
    let state = seed;
    let labels = 1;
    for (let at = host.length - 1; at >= 0; at--) {
      const code = host.charCodeAt(at);
      if (code === DOT) {
        const hash = hashEnd(state);
        collectSuffix(host, at + 1, labels, hash, into);
        if (!isParent(hash)) return;
        labels++;
      }
      state = hashStep(state, code);
    }
    collectSuffix(host, 0, labels, hashEnd(state), into);
  }

  /** An address has no parents: `0.0.1` is not above `127.0.0.1`. */
  function collectAddress(host: Host, into: Match[]): void {
    let state = seed;
    for (let at = host.length - 1; at >= 0; at--) state = hashStep(state, host.charCodeAt(at));
    collectSuffix(host, 0, host.split('.').length, hashEnd(state), into);
  }

  return {
    size: data.size,
    byteLength: bytesOf(data),
    collect: (host, into) => (isAddress(host) ? collectAddress(host, into) : collectName(host, into)),
  };
}

/** Most names are told from an address by their last character, which is much quicker. */
function isAddress(host: Host): boolean {
  const last = host.charCodeAt(host.length - 1);
  return (last === CLOSING_BRACKET || (last >= ZERO && last <= NINE)) && addressLiteral(host) !== undefined;
}

const CLOSING_BRACKET = 0x5d;
const ZERO = 0x30;
const NINE = 0x39;
