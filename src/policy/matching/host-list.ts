import { addressLiteral, type Host, parseHost } from '../host.ts';
import { DOT } from '../name-limits.ts';
import { parseNetwork } from '../network.ts';
import { suffixParts } from '../public-suffix.ts';
import { fail, type Problem, type Result, succeed } from '../result.ts';
import { parseDomainPattern } from './domain-pattern.ts';
import { foreignLineHint } from './foreign-line.ts';
import { hasPlainName } from './host-list-name.ts';
import { MAX_PATTERNS_SIZE, parseHostPattern } from './host-pattern.ts';
import {
  createNameTableBuilder,
  type NameKind,
  type NameTableBuilder,
  type NameTableData,
} from './name-table.ts';

/** One list as it lies in its file. */
export type HostList = {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** For messages: `policies/lists/gambling.txt`. */
  readonly file: string;
};

/** What several lists say, in one structure that can be posted to another thread. Set n is the list at index n. */
export type CompiledLists = {
  readonly names: readonly string[];
  /** The entries of each list, those that it says twice twice. */
  readonly counts: readonly number[];
  readonly table: NameTableData;
  readonly anySuffix: readonly (readonly [name: string, set: number])[];
  readonly patterns: readonly (readonly [text: string, set: number])[];
  /** Canonical CIDR. A single address is no network but a host in the table. */
  readonly networks: readonly (readonly [text: string, set: number])[];
  /** The sets that hold single addresses. */
  readonly withAddresses: readonly number[];
};

/** How many lines of a list hold an entry, and how many cannot be read: with one of those the list cannot be used. */
export type ListCount = {
  readonly entries: number;
  readonly unreadable: number;
  /** The text is cut short. */
  readonly firstUnreadable?: { readonly line: number; readonly text: string };
};

/** What has been read so far. */
type Compiling = {
  readonly table: Pick<NameTableBuilder, 'add' | 'addBytes'>;
  readonly anySuffix: [string, number][];
  readonly patterns: [string, number][];
  /** Of the patterns of the list that is being read. */
  patternsSize: number;
  readonly networks: Map<string, [string, number]>;
  readonly withAddresses: Set<number>;
};

type Fault = { readonly problem: string; readonly hint: string };

/** One broken list must not bury the problems of the others. */
const MAX_PROBLEMS = 20;

/** A host has at most 253 characters; nobody reads a pattern or a comment that is longer than this. */
const MAX_LINE_BYTES = 4096;

/** Of a line that cannot be read, what is enough to know it again. */
const MAX_SHOWN_BYTES = 80;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const STAR = 0x2a;
const EQUALS = 0x3d;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/**
 * Reads lists: one entry a line; `#`, at the start or after white space, begins a comment. An entry is a domain in one
 * of the forms of `parseDomainPattern`, an address, a network in CIDR notation, or a pattern in RE2 syntax between
 * slashes. Problems are at `file:line:column`. Whoever knows the `seed` of the names' hashes, 32 bits, can write lists
 * that are slow to read and to ask; it changes nothing else.
 */
export function compileLists(lists: readonly HostList[], seed?: number): Result<CompiledLists> {
  const table = createNameTableBuilder(seed);
  const into = nothingYet(table);
  const problems: Problem[] = [];
  const counts = lists.map((list, set) => readList(list, set, into, problems));
  if (problems.length > 0) return fail(problems);
  const { anySuffix, patterns } = into;
  const networks = [...into.networks.values()];
  const names = lists.map(({ name }) => name);
  const withAddresses = [...into.withAddresses];
  return succeed({ names, counts, table: table.build(), anySuffix, patterns, networks, withAddresses });
}

/** Reads a list as `compileLists` does, and keeps nothing of it but the numbers. */
export function countList(bytes: Uint8Array): ListCount {
  let unreadable = 0;
  let firstUnreadable: ListCount['firstUnreadable'];
  const nowhere = { add: () => {}, addBytes: () => {} };
  const entries = readLines(bytes, 0, nothingYet(nowhere), ({ line, text }) => {
    unreadable++;
    firstUnreadable ??= { line, text: new TextDecoder().decode(text.subarray(0, MAX_SHOWN_BYTES)) };
  });
  return { entries, unreadable, ...(firstUnreadable === undefined ? {} : { firstUnreadable }) };
}

const nothingYet = (table: Compiling['table']): Compiling => ({
  table,
  anySuffix: [],
  patterns: [],
  patternsSize: 0,
  networks: new Map(),
  withAddresses: new Set(),
});

/** Gives the number of entries; adds what is wrong to `problems`. */
function readList({ bytes, file }: HostList, set: number, into: Compiling, problems: Problem[]): number {
  into.patternsSize = 0;
  let faults = 0;
  const count = readLines(bytes, set, into, ({ line, column, problem, hint }) => {
    if (++faults <= MAX_PROBLEMS) problems.push({ at: `${file}:${line}:${column}`, problem, hint });
  });
  if (count === 0 && faults === 0)
    problems.push({
      at: `${file}:1:1`,
      problem: 'the list is empty, so rules that name it would block nothing',
      hint: 'was it cut short? Fill it, or take it out of the rules',
    });
  if (faults > MAX_PROBLEMS)
    problems.push({
      at: file,
      problem: `${faults - MAX_PROBLEMS} more lines cannot be read`,
      hint: 'is it a list in another format? `postern list import` reads several',
    });
  return count;
}

type LineFault = Fault & { readonly line: number; readonly column: number; readonly text: Uint8Array };

/** Gives the number of entries; tells each line that cannot be read. */
function readLines(
  bytes: Uint8Array,
  set: number,
  into: Compiling,
  tell: (fault: LineFault) => void,
): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length); // the same memory
  let count = 0;
  let start = BYTE_ORDER_MARK.every((byte, at) => bytes[at] === byte) ? BYTE_ORDER_MARK.length : 0;
  for (let line = 1; start < bytes.length; line++) {
    const feed = buffer.indexOf(LINE_FEED, start);
    const next = feed === -1 ? bytes.length : feed;
    const end = next > start && bytes[next - 1] === CARRIAGE_RETURN ? next - 1 : next;
    if (addPlainName(buffer, start, end, set, into.table)) count++;
    else if (end > start) {
      const read = readLine(buffer, start, end, set, into);
      if (read.ok) count += read.value;
      else tell({ line, text: buffer.subarray(start, end), ...read.error });
    }
    start = next + 1;
  }
  return count;
}

/**
 * The quick way for nearly every line: `a.b`, `=a.b` or `*.a.b` with a name that stands as it is stored. False says
 * nothing about the line but that it must be read in full.
 */
function addPlainName(
  buffer: Buffer,
  start: number,
  end: number,
  set: number,
  table: Compiling['table'],
): boolean {
  const kind = kindAt(buffer, start);
  const nameStart = start + PREFIX_BYTES[kind];
  if (!hasPlainName(buffer, nameStart, end)) return false;
  // A plain name is what `parseHost` would return unchanged, in a third to a fifth of the time.
  const isTooWide = () => suffixParts(buffer.toString('latin1', nameStart, end) as Host).isPublicSuffix;
  if (kind !== 'exact' && isTooWide()) return false;
  table.addBytes(buffer, nameStart, end, kind, set);
  return true;
}

const PREFIX_BYTES = { domain: 0, exact: '='.length, subdomains: '*.'.length } as const;

function kindAt(buffer: Buffer, start: number): NameKind {
  if (buffer[start] === EQUALS) return 'exact';
  return buffer[start] === STAR && buffer[start + 1] === DOT ? 'subdomains' : 'domain';
}

/** Any line, with all that can be wrong with it. Gives how many entries it holds: one or none. */
function readLine(
  buffer: Buffer,
  start: number,
  end: number,
  set: number,
  into: Compiling,
): Result<number, Fault & { readonly column: number }> {
  const text = lineText(buffer.subarray(start, end));
  if (!text.ok) return fail({ column: 1, ...text.error });
  const entry = text.value.replace(COMMENT, '').trim();
  if (entry === '') return succeed(0);
  const added = addEntry(entry, set, into);
  if (added.ok) return succeed(1);
  const { problem, hint } = added.error;
  return fail({ column: text.value.indexOf(entry) + 1, problem, hint: foreignLineHint(entry) ?? hint });
}

const COMMENT = /(?:^|\s)#.*$/;
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/; // all but the tab

function lineText(line: Uint8Array): Result<string, Fault> {
  if (line.length > MAX_LINE_BYTES)
    return fail({ problem: `the line is ${line.length} bytes long`, hint: 'write one entry a line' });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    return fail({ problem: 'the line is not UTF-8', hint: 'save the file as UTF-8' });
  }
  return CONTROL.test(text)
    ? fail({ problem: 'the line holds a control character', hint: 'remove it' })
    : succeed(text);
}

function addEntry(entry: string, set: number, into: Compiling): Result<void, Fault> {
  if (entry.startsWith('/')) return addPattern(entry, set, into);
  return NETWORK.test(entry) ? addNetwork(entry, set, into) : addDomain(entry, set, into);
}

/** Digits with a slash, or with two colons: neither is in a domain. */
const NETWORK = /^[0-9a-f.:]+\/\d*$|^[0-9a-f]*:[0-9a-f:]*:[0-9a-f.:]*$/i;

function addPattern(entry: string, set: number, into: Compiling): Result<void, Fault> {
  if (entry.length < 3 || !entry.endsWith('/'))
    return fail({
      problem: `\`${entry}\` is not a pattern`,
      hint: 'write it between slashes, such as /^ai[0-9]+\\./',
    });
  const pattern = parseHostPattern(entry.slice(1, -1));
  if (!pattern.ok) return pattern;
  into.patternsSize += pattern.value.size;
  if (into.patternsSize > MAX_PATTERNS_SIZE)
    return fail({
      problem: `the patterns of the list are too many: over ${MAX_PATTERNS_SIZE} instructions`,
      hint: 'name hosts as domains where they can be named: those cost nothing',
    });
  into.patterns.push([pattern.value.text, set]);
  return succeed(undefined);
}

function addNetwork(entry: string, set: number, into: Compiling): Result<void, Fault> {
  const network = parseNetwork(entry);
  if (!network.ok) return network;
  const { text, bytes, prefix } = network.value;
  if (prefix < bytes.length * 8) {
    into.networks.set(`${text} ${set}`, [text, set]);
    return succeed(undefined);
  }
  const [address = ''] = text.split('/');
  const host = parseHost(bytes.length === 16 ? `[${address}]` : address);
  if (!host.ok) return host;
  into.table.add(host.value, 'exact', set);
  into.withAddresses.add(set);
  return succeed(undefined);
}

function addDomain(entry: string, set: number, into: Compiling): Result<void, Fault> {
  const pattern = parseDomainPattern(entry);
  if (!pattern.ok) return pattern;
  if (pattern.value.kind === 'any-suffix') into.anySuffix.push([pattern.value.name, set]);
  else {
    into.table.add(pattern.value.host, pattern.value.kind, set);
    if (addressLiteral(pattern.value.host) !== undefined) into.withAddresses.add(set);
  }
  return succeed(undefined);
}
