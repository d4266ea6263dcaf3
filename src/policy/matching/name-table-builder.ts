import {
  DOT,
  ENTRIES_AT,
  filterBit,
  hashEnd,
  hashStep,
  MEMBER_FORMS,
  NAME_FILTER,
  type NameKind,
  type NameTableData,
  PARENT_FILTER,
  RANK,
  ROW_WORDS,
  rowAt,
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

const MAX_NAME_BYTES = 253;
const MAX_ENTRIES_BYTES = 0xffff_ffff; // a row holds their offsets in 32 bits

/** Names that are not 1 to 253 bytes long throw a RangeError. `seed` is where their hashes begin, 32 bits. */
export function createNameTableBuilder(seed: number = DEFAULT_SEED): NameTableBuilder {
  const names = createNameNumbers(seed);
  const groups = createGroups();
  let groupOfName = new Uint32Array(16);
  const scratch = new Uint8Array(MAX_NAME_BYTES);

  function addBytes(bytes: Uint8Array, start: number, end: number, kind: NameKind, set: number): void {
    const length = end - start;
    if (length < 1 || length > MAX_NAME_BYTES) throw new RangeError(`a name of ${length} bytes is no host`);
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
      const table = allocate(
        names.size(),
        names.all().texts.length,
        groupWidth,
        starts.length,
        members.length,
      );
      table.groupStarts.set(starts);
      table.groupMembers.set(members);
      layOut(names.all(), groupOfName, { ...table, groupWidth, seed });
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
    if (textsEnd + 1 + MAX_NAME_BYTES > texts.length) enlargeTexts();
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

/** A table's empty arrays, in one buffer. */
function allocate(
  size: number,
  textBytes: number,
  groupWidth: number,
  groupStarts: number,
  groupMembers: number,
): Pick<NameTableData, 'rows' | 'entries' | 'groupStarts' | 'groupMembers'> {
  const entriesBytes = textBytes + size * groupWidth;
  if (entriesBytes > MAX_ENTRIES_BYTES) throw new RangeError('the names take more than 4 GB');
  const rowWords = (Math.max(1, Math.ceil(size / NAMES_PER_ROW)) + 1) * ROW_WORDS;
  const startsAt = rowWords * 4;
  const membersAt = startsAt + groupStarts * 4;
  const entriesAt = membersAt + groupMembers * 4;
  const buffer = returnableBuffer(entriesAt + entriesBytes);
  return {
    rows: new Uint32Array(buffer, 0, rowWords),
    groupStarts: new Uint32Array(buffer, startsAt, groupStarts),
    groupMembers: new Uint32Array(buffer, membersAt, groupMembers),
    entries: new Uint8Array(buffer, entriesAt, entriesBytes),
  };
}

type Layout = Pick<NameTableData, 'rows' | 'entries' | 'groupWidth' | 'seed'>;

/** Fills rows and entries, by a counting sort of the names into their rows. */
function layOut(names: Names, groupOfName: Uint32Array, layout: Layout): void {
  measureRows(names, layout);
  endRows(layout.rows);
  placeEntries(names, groupOfName, layout);
}

/** Adds up each row's entries, and fills its filters. */
function measureRows({ texts, hashes }: Names, { rows, groupWidth, seed }: Layout): void {
  const rowCount = rows.length / ROW_WORDS - 1;
  for (let number = 0, at = 0; number < hashes.length; number++) {
    const hash = hashes[number] as number;
    const end = at + 1 + (texts[at] as number);
    const row = rowAt(hash, rowCount);
    rows[row + ENTRIES_AT] = (rows[row + ENTRIES_AT] as number) + end - at + groupWidth;
    rows[row + NAME_FILTER] = (rows[row + NAME_FILTER] as number) | filterBit(hash);
    addParents(rows, rowCount, texts, at + 1, end, seed);
    at = end;
  }
}

/** Fills each row's entries from their end, so that the row holds in the end where they begin. */
function placeEntries({ texts, hashes }: Names, groupOfName: Uint32Array, layout: Layout): void {
  const { rows, entries, groupWidth } = layout;
  const rowCount = rows.length / ROW_WORDS - 1;
  for (let number = 0, at = 0; number < hashes.length; number++) {
    const row = rowAt(hashes[number] as number, rowCount);
    const end = at + 1 + (texts[at] as number);
    const entry = (rows[row + ENTRIES_AT] as number) - (end - at + groupWidth);
    rows[row + ENTRIES_AT] = entry;
    entries[entry] = texts[at] as number;
    writeNumber(entries, entry + 1, groupWidth, groupOfName[number] as number);
    let to = entry + 1 + groupWidth;
    for (let from = at + 1; from < end; from++) entries[to++] = texts[from] as number;
    at = end;
  }
}

/** Puts every suffix that the name lies below into its row's filter. */
function addParents(
  rows: Uint32Array,
  rowCount: number,
  texts: Uint8Array,
  start: number,
  end: number,
  seed: number,
): void {
  let state = seed;
  for (let at = end - 1; at >= start; at--) {
    const byte = texts[at] as number;
    if (byte === DOT) {
      const hash = hashEnd(state);
      const word = rowAt(hash, rowCount) + PARENT_FILTER;
      rows[word] = (rows[word] as number) | filterBit(hash);
    }
    state = hashStep(state, byte);
  }
}

/** Turns the sizes of the rows' entries into where they end. */
function endRows(rows: Uint32Array): void {
  let end = 0;
  for (let row = 0; row < rows.length; row += ROW_WORDS) {
    end += rows[row + ENTRIES_AT] as number;
    rows[row + ENTRIES_AT] = end;
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
