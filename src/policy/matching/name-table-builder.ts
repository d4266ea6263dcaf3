import { DOT, MAX_NAME_LENGTH } from '../name-limits.ts';
import {
  FILTER_BYTES,
  filterBit,
  filterByte,
  hashEnd,
  hashStep,
  MEMBER_FORMS,
  type NameKind,
  type NameTableData,
  RANK,
  rowOf,
} from './name-table-layout.ts';
import { returnableBuffer } from './returnable-buffer.ts';

/** Takes canonical hosts (of names, the part after `=` and `*.`) in any order, any number of times. */
export type NameTableBuilder = {
  add(name: string, kind: NameKind, set: number): void;
  /** The name is the ASCII bytes from `start` to before `end`. */
  addBytes(bytes: Uint8Array, start: number, end: number, kind: NameKind, set: number): void;
  /** What has been added so far, as a table. Throws a RangeError when it would pass 4 GB. */
  build(): NameTableData;
};

/** 32 bits of the offset basis of FNV-1a. The same seed gives the same table for the same names in the same order. */
const DEFAULT_SEED = 0x811c9dc5;

/** Fewer make rows, and with them the table, larger; more make a look-up read more entries. */
const NAMES_PER_ROW = 3;

const MAX_ROWS_BYTES = 0xffff_ffff; // where each begins is kept in 32 bits

/** Names that are not 1 to 253 bytes long throw a RangeError. `seed` is where their hashes begin, 32 bits. */
export function createNameTableBuilder(seed: number = DEFAULT_SEED): NameTableBuilder {
  const names = createNameNumbers(seed);
  const groups = createGroups();
  let groupOfName = new Uint32Array(16);
  const scratch = new Uint8Array(MAX_NAME_LENGTH);

  function addBytes(bytes: Uint8Array, start: number, end: number, kind: NameKind, set: number): void {
    const length = end - start;
    if (length < 1 || length > MAX_NAME_LENGTH) throw new RangeError(`a name of ${length} bytes is no host`);
    const number = names.numberOf(bytes, start, end);
    if (number >= groupOfName.length) groupOfName = doubled(groupOfName);
    groupOfName[number] = groups.joined(groupOfName[number] as number, set * MEMBER_FORMS + RANK[kind]);
  }

  return {
    addBytes,
    add(name, kind, set) {
      for (let at = 0; at < name.length; at++) scratch[at] = name.charCodeAt(at);
      addBytes(scratch, 0, name.length, kind, set);
    },
    build() {
      const { starts, members } = groups.all();
      const groupWidth = bytesFor(starts.length - 2);
      const all = names.all();
      const rowCount = Math.max(1, Math.ceil(names.size() / NAMES_PER_ROW));
      const filters = parentFilters(all, rowCount, seed);
      const rowsBytes = rowStartsOf(all, filters, groupWidth);
      const table = allocate(rowCount, rowsBytes.total, starts.length, members.length);
      table.groupStarts.set(starts);
      table.groupMembers.set(members);
      table.rowStarts.set(rowsBytes.starts);
      placeRows(all, groupOfName, filters, { ...table, groupWidth });
      return { seed, size: names.size(), groupWidth, ...table };
    },
  };
}

/** The distinct names in the order of their numbers: `[length: 1 byte][name]`, end to end, and each one's hash. */
type Names = { readonly texts: Uint8Array; readonly hashes: Uint32Array };

type NameNumbers = {
  /** The same for the same name; 0, 1, 2 and so on for new ones. */
  numberOf(bytes: Uint8Array, start: number, end: number): number;
  size(): number;
  all(): Names;
};

/** A hash table with linear probing, never more than half full. */
function createNameNumbers(seed: number): NameNumbers {
  let slots = new Uint32Array(32); // a name's number + 1; 0 is an empty slot
  let hashes = new Uint32Array(16);
  let starts = new Uint32Array(16); // of the names in `texts`
  let texts = new Uint8Array(1024);
  let textsEnd = 0;
  let size = 0;

  function slotFor(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (slots[slot] as number) - 1;
      if (number < 0 || (hashes[number] === hash && isName(number, bytes, start, end))) return slot;
    }
  }

  function isName(number: number, bytes: Uint8Array, start: number, end: number): boolean {
    const text = starts[number] as number;
    if (texts[text] !== end - start) return false;
    for (let at = start; at < end; at++) if (texts[text + 1 + at - start] !== bytes[at]) return false;
    return true;
  }

  function append(hash: number, bytes: Uint8Array, start: number, end: number): void {
    if (textsEnd + 1 + MAX_NAME_LENGTH > texts.length) enlargeTexts();
    if (size === hashes.length) {
      hashes = doubled(hashes);
      starts = doubled(starts);
    }
    hashes[size] = hash;
    starts[size] = textsEnd;
    texts[textsEnd++] = end - start;
    for (let at = start; at < end; at++) texts[textsEnd++] = bytes[at] as number;
    size++;
  }

  function enlargeTexts(): void {
    const larger = new Uint8Array(returnableBuffer(texts.length * 2));
    larger.set(texts);
    texts = larger;
  }

  function enlargeSlots(): void {
    slots = new Uint32Array(returnableBuffer(slots.byteLength * 2), 0, slots.length * 2);
    const mask = slots.length - 1;
    for (let number = 0; number < size; number++) {
      let slot = (hashes[number] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
  }

  return {
    numberOf(bytes, start, end) {
      const hash = hashOf(bytes, start, end, seed);
      const slot = slotFor(hash, bytes, start, end);
      const known = slots[slot] as number;
      if (known !== 0) return known - 1;
      append(hash, bytes, start, end);
      slots[slot] = size;
      if (size * 2 > slots.length) enlargeSlots();
      return size - 1;
    },
    size: () => size,
    all: () => ({ texts: texts.subarray(0, textsEnd), hashes: hashes.subarray(0, size) }),
  };
}

type Groups = {
  /** The group that has the member besides all members of another. Group 0 is empty. */
  joined(group: number, member: number): number;
  /** The members of all groups in order, and where each group's begin; last, where they end. */
  all(): { readonly starts: readonly number[]; readonly members: readonly number[] };
};

function createGroups(): Groups {
  const members: (readonly number[])[] = [[]];
  const byMembers = new Map<string, number>([['', 0]]);
  // By group, then member: names come list by list, so that the same question is asked again and again.
  const joins: Map<number, number>[] = [new Map()];

  function join(group: number, member: number): number {
    const all = [...new Set([...(members[group] as readonly number[]), member])].sort((a, b) => a - b);
    const key = all.join();
    const known = byMembers.get(key);
    if (known !== undefined) return known;
    const number = members.push(all) - 1;
    byMembers.set(key, number);
    joins.push(new Map());
    return number;
  }

  return {
    joined(group, member) {
      const ofGroup = joins[group] as Map<number, number>;
      const known = ofGroup.get(member);
      if (known !== undefined) return known;
      const number = join(group, member);
      ofGroup.set(member, number);
      return number;
    },
    all() {
      const starts = [0];
      for (const each of members) starts.push((starts.at(-1) as number) + each.length);
      return { starts, members: members.flat() };
    },
  };
}

/** A filter for each row, `FILTER_BYTES` each: of every suffix that some name lies below. */
function parentFilters({ texts, hashes }: Names, rowCount: number, seed: number): Uint8Array {
  const filters = new Uint8Array(returnableBuffer(rowCount * FILTER_BYTES), 0, rowCount * FILTER_BYTES);
  for (let number = 0, start = 1; number < hashes.length; number++) {
    const end = start + (texts[start - 1] as number);
    let state = seed;
    for (let at = end - 1; at >= start; at--) {
      const byte = texts[at] as number;
      if (byte === DOT) {
        const hash = hashEnd(state);
        const place = rowOf(hash, rowCount) * FILTER_BYTES + filterByte(hash);
        filters[place] = (filters[place] as number) | filterBit(hash);
      }
      state = hashStep(state, byte);
    }
    start = end + 1;
  }
  return filters;
}

/** Where each row begins, where the last one ends, and how many bytes all of them take. Throws a RangeError beyond 4 GB. */
function rowStartsOf(
  { texts, hashes }: Names,
  filters: Uint8Array,
  groupWidth: number,
): { readonly starts: Uint32Array; readonly total: number } {
  const rowCount = filters.length / FILTER_BYTES;
  const starts = new Uint32Array(returnableBuffer((rowCount + 1) * 4), 0, rowCount + 1);
  for (let number = 0, at = 0; number < hashes.length; number++) {
    const entryBytes = 1 + groupWidth + (texts[at] as number);
    const row = rowOf(hashes[number] as number, rowCount);
    starts[row] = (starts[row] as number) + entryBytes;
    at += 1 + (texts[at] as number);
  }
  let total = 0;
  for (let row = 0; row <= rowCount; row++) {
    const entriesBytes = starts[row] as number;
    const isEmpty = entriesBytes === 0 && !hasFilter(filters, row);
    starts[row] = total;
    total += isEmpty ? 0 : FILTER_BYTES + entriesBytes;
  }
  if (total > MAX_ROWS_BYTES) throw new RangeError('the names take more than 4 GB');
  return { starts, total };
}

function hasFilter(filters: Uint8Array, row: number): boolean {
  for (let at = row * FILTER_BYTES; at < (row + 1) * FILTER_BYTES; at++)
    if ((filters[at] ?? 0) !== 0) return true;
  return false;
}

/** A table's empty arrays, in one buffer. */
function allocate(
  rowCount: number,
  rowsBytes: number,
  groupStartCount: number,
  groupMemberCount: number,
): Pick<NameTableData, 'rowStarts' | 'rows' | 'groupStarts' | 'groupMembers'> {
  const groupStartsAt = (rowCount + 1) * 4;
  const membersAt = groupStartsAt + groupStartCount * 4;
  const rowsAt = membersAt + groupMemberCount * 4;
  const buffer = returnableBuffer(rowsAt + rowsBytes);
  return {
    rowStarts: new Uint32Array(buffer, 0, rowCount + 1),
    groupStarts: new Uint32Array(buffer, groupStartsAt, groupStartCount),
    groupMembers: new Uint32Array(buffer, membersAt, groupMemberCount),
    rows: new Uint8Array(buffer, rowsAt, rowsBytes),
  };
}

/** Fills each row, its filter first, then its names in their order. */
function placeRows(
  { texts, hashes }: Names,
  groupOfName: Uint32Array,
  filters: Uint8Array,
  { rowStarts, rows, groupWidth }: Pick<NameTableData, 'rowStarts' | 'rows' | 'groupWidth'>,
): void {
  const rowCount = rowStarts.length - 1;
  const ends = new Uint32Array(returnableBuffer(rowCount * 4), 0, rowCount); // of what stands in each row so far
  for (let row = 0; row < rowCount; row++) {
    const start = rowStarts[row] as number;
    if (start === rowStarts[row + 1]) continue;
    rows.set(filters.subarray(row * FILTER_BYTES, (row + 1) * FILTER_BYTES), start);
    ends[row] = start + FILTER_BYTES;
  }
  for (let number = 0, at = 0; number < hashes.length; number++) {
    const end = at + 1 + (texts[at] as number);
    const row = rowOf(hashes[number] as number, rowCount);
    let to = ends[row] as number;
    rows[to++] = texts[at] as number;
    writeNumber(rows, to, groupWidth, groupOfName[number] as number);
    to += groupWidth;
    for (let from = at + 1; from < end; from++) rows[to++] = texts[from] as number;
    ends[row] = to;
    at = end;
  }
}

function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let state = seed;
  for (let at = end - 1; at >= start; at--) state = hashStep(state, bytes[at] as number);
  return hashEnd(state);
}

function writeNumber(bytes: Uint8Array, at: number, width: number, value: number): void {
  for (let shift = (width - 1) * 8, to = at; shift >= 0; shift -= 8) bytes[to++] = value >>> shift;
}

/** How many bytes hold numbers up to this one. */
const bytesFor = (most: number): number =>
  most < 0x100 ? 1 : most < 0x1_0000 ? 2 : most < 0x100_0000 ? 3 : 4;

const doubled = (array: Uint32Array): Uint32Array<ArrayBuffer> => {
  const twice = new Uint32Array(returnableBuffer(array.byteLength * 2));
  twice.set(array);
  return twice;
};
