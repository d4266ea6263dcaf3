import { createHash, hash } from 'node:crypto';
import { parseDomainPattern } from '../policy/matching/domain-pattern.ts';
import type { CompiledLists } from '../policy/matching/host-list.ts';
import { parseHostPattern } from '../policy/matching/host-pattern.ts';
import type { NameTableData } from '../policy/matching/name-table.ts';
import { MAX_GROUP_WIDTH, MEMBER_FORMS } from '../policy/matching/name-table-layout.ts';
import { parseNetwork } from '../policy/network.ts';

/**
 * Compiled lists as bytes, in the byte order of the machine:
 *
 * | bytes | |
 * |---|---|
 * | 0–3 | `FORMAT` |
 * | 4–35 | the version of the lists, a SHA-256 |
 * | 36–67 | SHA-256 of all that follows |
 * | 68–87 | how many bytes each of the parts below takes |
 * | from 88 | `rowStarts`, `groupStarts`, `groupMembers`, `rows`, and all else as JSON |
 */
const VERSION_AT = 4;
const CHECKSUM_AT = 36;
const LENGTHS_AT = 68;
const PARTS_AT = 88;

/** To be raised with every change to this layout, to that of name tables, and to what a list's lines mean. */
const FORMAT = 0x4c53_5404;

type Rest = Omit<CompiledLists, 'table'> & Pick<NameTableData, 'seed' | 'size' | 'groupWidth'>;

/** The pieces of the file, in their order: no second copy of a large table is made. */
export function encodeLists(lists: CompiledLists, version: string): readonly Uint8Array[] {
  const { table, ...others } = lists;
  const { rowStarts, groupStarts, groupMembers, rows, ...numbers } = table;
  const rest: Rest = { ...others, ...numbers };
  const parts = [
    ...[rowStarts, groupStarts, groupMembers].map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    ),
    rows,
    new TextEncoder().encode(JSON.stringify(rest)),
  ];
  const lengths = new Uint8Array(Uint32Array.from(parts, ({ length }) => length).buffer);
  const checksum = createHash('sha256');
  for (const part of [lengths, ...parts]) checksum.update(part);
  const format = new Uint8Array(Uint32Array.of(FORMAT).buffer);
  return [format, Buffer.from(version, 'hex'), checksum.digest(), lengths, ...parts];
}

/**
 * The lists of this version and these names, as views of these bytes; undefined when they are others or damaged. It
 * allocates nothing by the lengths that the bytes claim. Throws a SyntaxError on what is no JSON.
 */
export function decodeLists(
  bytes: Uint8Array<ArrayBuffer>,
  version: string,
  names: readonly string[],
): CompiledLists | undefined {
  if (bytes.length < PARTS_AT || !isOfVersion(bytes, version)) return undefined;
  const lengths = [...new Uint32Array(bytes.buffer, LENGTHS_AT, (PARTS_AT - LENGTHS_AT) / 4)];
  const ends = lengths.map((_, part) =>
    lengths.slice(0, part + 1).reduce((sum, each) => sum + each, PARTS_AT),
  );
  if (ends.at(-1) !== bytes.length || !isIntact(bytes)) return undefined;
  const [rowStarts, groupStarts, groupMembers, rows, json] = ends.map((end, part) =>
    bytes.subarray(end - (lengths[part] ?? 0), end),
  );
  if (!rowStarts || !groupStarts || !groupMembers || !rows || !json) return undefined;
  const rest = JSON.parse(new TextDecoder().decode(json)) as unknown;
  if (!isRest(rest, names)) return undefined;
  const { seed, size, groupWidth, ...others } = rest;
  const table: NameTableData = {
    seed,
    size,
    groupWidth,
    rowStarts: words(rowStarts),
    rows,
    groupStarts: words(groupStarts),
    groupMembers: words(groupMembers),
  };
  return isSound(table, names.length) ? { ...others, table } : undefined;
}

const words = ({ buffer, byteOffset, byteLength }: Uint8Array<ArrayBuffer>): Uint32Array<ArrayBuffer> =>
  new Uint32Array(buffer, byteOffset, byteLength / 4);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const isOfVersion = (bytes: Uint8Array<ArrayBuffer>, version: string): boolean =>
  new Uint32Array(bytes.buffer, 0, 1)[0] === FORMAT &&
  hex(bytes.subarray(VERSION_AT, CHECKSUM_AT)) === version;

const isIntact = (bytes: Uint8Array): boolean =>
  hash('sha256', bytes.subarray(LENGTHS_AT)) === hex(bytes.subarray(CHECKSUM_AT, LENGTHS_AT));

/**
 * A checksum keeps damage out, not forgery. Whoever can write here can write the lists too, but through them nobody may
 * reach beyond the lists: to sets of rules, say, or into an endless walk.
 */
const isSound = ({ rowStarts, rows, groupStarts, groupMembers }: NameTableData, lists: number): boolean =>
  rowStarts.length > 1 &&
  isAscending(rowStarts, rows.length) &&
  isAscending(groupStarts, groupMembers.length) &&
  groupMembers.every((member) => member < lists * MEMBER_FORMS);

const isAscending = (offsets: Uint32Array, end: number): boolean =>
  offsets.every((offset, at) => offset <= (offsets[at + 1] ?? end));

/** No cache may say what compiling would never have let through. */
function isRest(rest: unknown, asked: readonly string[]): rest is Rest {
  if (typeof rest !== 'object' || rest === null) return false;
  const { seed, size, groupWidth, names, counts, ...entries } = rest as Partial<Record<keyof Rest, unknown>>;
  const { anySuffix, patterns, networks, withAddresses } = entries;
  const isSet = (value: unknown): boolean => isUint32(value) && Number(value) < asked.length;
  return (
    isUint32(seed) &&
    isUint32(size) &&
    isUint32(groupWidth) &&
    groupWidth >= 1 &&
    groupWidth <= MAX_GROUP_WIDTH &&
    isListOf(names, (name, at) => name === asked[at]) &&
    names.length === asked.length &&
    isListOf(counts, isUint32) &&
    counts.length === asked.length &&
    isListOf(withAddresses, isSet) &&
    isListOf(anySuffix, isEntry(isSet, isAnySuffixName)) &&
    isListOf(
      patterns,
      isEntry(isSet, (text) => parseHostPattern(text).ok),
    ) &&
    isListOf(
      networks,
      isEntry(isSet, (text) => parseNetwork(text).ok),
    )
  );
}

const isUint32 = (value: unknown): value is number => typeof value === 'number' && value >>> 0 === value;

const isListOf = (
  list: unknown,
  isMember: (member: unknown, at: number) => boolean,
): list is readonly unknown[] => Array.isArray(list) && list.every(isMember);

/** `[text, set]`, with nothing else in it. */
const isEntry =
  (isSet: (value: unknown) => boolean, isText: (text: string) => boolean) =>
  (entry: unknown): boolean =>
    Array.isArray(entry) &&
    entry.length === 2 &&
    typeof entry[0] === 'string' &&
    isText(entry[0]) &&
    isSet(entry[1]);

/** The `a` of an entry `a.*`. */
function isAnySuffixName(name: string): boolean {
  const pattern = parseDomainPattern(`${name}.*`);
  return pattern.ok && pattern.value.kind === 'any-suffix' && pattern.value.name === name;
}
