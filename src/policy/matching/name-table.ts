import { addressLiteral, type Host } from '../host.ts';
import { DOT, MAX_NAME_LENGTH } from '../name-limits.ts';
import {
  bytesOf,
  FILTER_BYTES,
  filterBit,
  filterByte,
  hashEnd,
  hashStep,
  MEMBER_FORMS,
  type NameTableData,
  RANK,
  rowOf,
  setOf,
} from './name-table-layout.ts';

export { createNameTableBuilder, type NameTableBuilder } from './name-table-builder.ts';
export { type NameKind, type NameTableData, specificityOf } from './name-table-layout.ts';

/** A set that covers a host, and how narrowly: the greater, the more specific (`specificityOf`). */
export type Match = { readonly set: number; readonly specificity: number };

/** Which numbered sets cover a host, by millions of names in little memory. Immutable. */
export type NameTable = {
  /** How many names there are. */
  readonly size: number;
  /** The bytes that the tables' arrays take. */
  readonly byteLength: number;
  /**
   * Adds every set that covers the host to `into`, once for each name and form by which it does. Its work is bounded
   * by the labels of the longest name that the host ends with, not by the host nor by the number of names.
   */
  collect(host: Host, into: Match[]): void;
};

/**
 * Asks one table or several in one walk over the host; all of them must have the same seed. It looks up in the data as
 * they stand, without a copy: whoever changes them afterwards changes the answers.
 */
export function openNameTables(...all: readonly NameTableData[]): NameTable {
  const seed = all[0]?.seed ?? 0;
  if (all.some((table) => table.seed !== seed)) throw new RangeError('the tables have different seeds');
  const tables = all.map((data) => ({ ...data, rowCount: data.rowStarts.length - 1 }));
  return {
    size: all.reduce((sum, { size }) => sum + size, 0),
    byteLength: all.reduce((sum, table) => sum + bytesOf(table), 0),
    collect(host, into) {
      if (addressLiteral(host) === undefined) collectName(tables, seed, host, into);
      else collectAddress(tables, seed, host, into);
    },
  };
}

type Opened = NameTableData & { readonly rowCount: number };

/**
 * The host's characters as the walk over it has read them, from its end: a byte array is compared with a name several
 * times as fast as a string. It is filled anew in each walk, and no walk is interrupted.
 */
const characters = new Uint8Array(MAX_NAME_LENGTH);

/** From label to label, so that the walk ends where no table has a longer name. */
function collectName(tables: readonly Opened[], seed: number, host: Host, into: Match[]): void {
  const end = host.length;
  let state = seed;
  let labels = 1;
  for (let at = end - 1; at >= 0; at--) {
    const code = host.charCodeAt(at);
    if (code === DOT) {
      const hash = hashEnd(state);
      let hasLonger = false;
      for (const table of tables) if (collectSuffix(table, at + 1, end, labels, hash, into)) hasLonger = true;
      if (!hasLonger) return;
      labels++;
    }
    characters[at] = code;
    state = hashStep(state, code);
  }
  const hash = hashEnd(state);
  for (const table of tables) collectSuffix(table, 0, end, labels, hash, into);
}

/** An address has no parents: `0.0.1` is not above `127.0.0.1`. */
function collectAddress(tables: readonly Opened[], seed: number, host: Host, into: Match[]): void {
  let state = seed;
  for (let at = host.length - 1; at >= 0; at--) {
    characters[at] = host.charCodeAt(at);
    state = hashStep(state, host.charCodeAt(at));
  }
  const hash = hashEnd(state);
  for (const table of tables) collectSuffix(table, 0, host.length, host.split('.').length, hash, into);
}

/**
 * Adds the sets of the suffix whose characters stand from `from` to before `end`, if it is a name. Gives whether
 * longer names of the table may end with it.
 */
function collectSuffix(
  table: Opened,
  from: number,
  end: number,
  labels: number,
  hash: number,
  into: Match[],
): boolean {
  const { rowStarts, rows } = table;
  const row = rowOf(hash, table.rowCount);
  const start = rowStarts[row] as number;
  const rowEnd = rowStarts[row + 1] as number;
  if (start === rowEnd) return false;
  const entry = findEntry(table, from, end, start + FILTER_BYTES, rowEnd);
  if (entry !== undefined) collectGroup(table, groupOf(table, entry), labels, from === 0, into);
  return ((rows[start + filterByte(hash)] as number) & filterBit(hash)) !== 0;
}

function findEntry(
  { rows, groupWidth }: Opened,
  from: number,
  end: number,
  first: number,
  rowEnd: number,
): number | undefined {
  const length = end - from;
  for (let entry = first; entry < rowEnd; ) {
    const entryLength = rows[entry] as number;
    const name = entry + 1 + groupWidth;
    if (entryLength === length && isSuffix(rows, name, from, end)) return entry;
    entry = name + entryLength;
  }
  return undefined;
}

function isSuffix(rows: Uint8Array, name: number, from: number, end: number): boolean {
  for (let at = from; at < end; at++) if (characters[at] !== rows[name + at - from]) return false;
  return true;
}

function groupOf({ rows, groupWidth }: Opened, entry: number): number {
  let group = 0;
  for (let at = entry + 1; at <= entry + groupWidth; at++) group = group * 256 + (rows[at] as number);
  return group;
}

function collectGroup(
  { groupStarts, groupMembers }: Opened,
  group: number,
  labels: number,
  isApex: boolean,
  into: Match[],
): void {
  const narrow = isApex ? RANK.exact : RANK.subdomains;
  const end = groupStarts[group + 1] as number;
  for (let at = groupStarts[group] as number; at < end; at++) {
    const member = groupMembers[at] as number;
    const rank = member % MEMBER_FORMS;
    if (rank === RANK.domain || rank === narrow)
      into.push({ set: setOf(member), specificity: labels * MEMBER_FORMS + rank });
  }
}
