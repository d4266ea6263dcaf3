/** `a.b`: it and all below it. `*.a.b`: all below it. `=a.b`: it alone. */
export type NameKind = 'domain' | 'subdomains' | 'exact';

/**
 * A compiled name table: typed arrays and numbers alone, so that it can be posted to another thread and written to a
 * file.
 *
 * It is a hash table whose buckets, the rows, lie end to end in `rows`; row r is from `rowStarts[r]` to
 * `rowStarts[r + 1]`. A row is empty, or it is
 * `[filter: 4 bytes][entry][entry]…`, and an entry is
 * `[length of the name: 1 byte][number of its group: groupWidth bytes, the high one first][name: ASCII]`.
 * The filter is of the suffixes, names themselves or not, that longer names in the table end with: the walk over a host
 * ends where the table does. `rowStarts` is small enough to stay in a processor's caches, so that to look a suffix up
 * reads one place in memory that does not.
 *
 * A group is a set of members, `set * MEMBER_FORMS + rank of the form`: names that say the same share one. Those of
 * group g are `groupMembers` from `groupStarts[g]` to `groupStarts[g + 1]`.
 */
export type NameTableData = {
  /** Where the hash begins: 32 bits, without a sign. */
  readonly seed: number;
  /** How many names there are. */
  readonly size: number;
  /** 1 to `MAX_GROUP_WIDTH`. */
  readonly groupWidth: number;
  readonly rowStarts: Uint32Array<ArrayBuffer>;
  readonly rows: Uint8Array<ArrayBuffer>;
  readonly groupStarts: Uint32Array<ArrayBuffer>;
  readonly groupMembers: Uint32Array<ArrayBuffer>;
};

// Order among forms that end at the same label: `=a.b` over `*.a.b` over `a.b`, and any of them over `a.*`.
export const RANK = { 'any-suffix': 0, domain: 1, subdomains: 2, exact: 3 } as const;
export const MEMBER_FORMS = 4;
const MEMBER_FORM_BITS = 2;

/** The set that a group's member is of: by a shift, since what a division gives is kept as a floating-point number. */
export const setOf = (member: number): number => member >>> MEMBER_FORM_BITS;

/** How narrowly a name of so many labels covers a host: the greater, the narrower. */
export const specificityOf = (labels: number, form: keyof typeof RANK): number =>
  labels * MEMBER_FORMS + RANK[form];

/** In bytes: groups are numbered in 32 bits. */
export const MAX_GROUP_WIDTH = 4;

/** The bytes of a row's filter. */
export const FILTER_BYTES = 4;

/**
 * The hash of a name runs from its end to its start, so that one pass over a host gives those of all its suffixes:
 * FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), each byte one `hashStep`.
 */
export const hashStep = (state: number, byte: number): number => Math.imul(state ^ byte, 0x01000193);

/** MurmurHash3's finaliser: FNV alone leaves the high bits, which choose the row, poorly mixed. */
export function hashEnd(state: number): number {
  let hash = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The row of a hash: by its high bits, so that there may be any number of rows. */
export const rowOf = (hash: number, rowCount: number): number => ((hash * rowCount) / 0x1_0000_0000) >>> 0;

/** The byte of a filter in which a hash has its bit, and that bit: by the hash's low bits. */
export const filterByte = (hash: number): number => (hash >>> 3) & (FILTER_BYTES - 1);
export const filterBit = (hash: number): number => 1 << (hash & 7);

export const bytesOf = (data: NameTableData): number =>
  data.rowStarts.byteLength +
  data.rows.byteLength +
  data.groupStarts.byteLength +
  data.groupMembers.byteLength;
