import { createReadStream, existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { adblockReader } from './adblock.ts';
import { detectFormat, type Format, LINES_TO_DETECT } from './detect.ts';
import { dnsmasqReader } from './dnsmasq.ts';
import { SourceFault } from './fault.ts';
import { createGatherer, type Gathered, type Gatherer, type Refusal } from './gather.ts';
import { hostsReader } from './hosts.ts';
import { type Item, type LineReader, refused } from './item.ts';
import { type ByteLimit, createByteLimit, linesOf, MAX_LINE_LENGTH } from './lines.ts';
import { plainReader, squidReader } from './plain.ts';
import { rpzReader } from './rpz.ts';
import { SQUIDGUARD_FILES, type SquidguardFile, squidguardReader } from './squidguard.ts';
import { v2flyReader } from './v2fly.ts';

/** Where the bytes of a list come from. A file's path lets a v2fly list include its neighbours. */
export type Input =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stream'; readonly bytes: AsyncIterable<Uint8Array> };

export type ReadOptions = {
  /** Told by the content when undefined. */
  readonly format: Format | undefined;
  readonly subdomains: boolean;
  readonly attribute: string | undefined;
  readonly maxBytes: number;
  /** In a folder of v2fly files, the one that is meant. */
  readonly name: string;
  readonly onRefusal?: (refusal: Refusal) => void;
  readonly onProgress?: (bytes: number, lines: number) => void;
};

export type ReadList = Gathered & { readonly format: Format; readonly isDetected: boolean };

type Reading = { readonly gatherer: Gatherer; readonly count: ByteLimit; readonly lineRead: () => void };

/** Includes may fan out; a real list comes to a few hundred files. */
const MAX_INCLUDED_FILES = 10_000;

/** Reads a list of any format. Rejects with a `SourceFault`, or as `node:fs` does. */
export async function readList(input: Input, options: ReadOptions): Promise<ReadList> {
  const reading = createReading(options);
  if (input.kind === 'folder') return readFolder(input.path, options, reading);
  const bytes = input.kind === 'file' ? createReadStream(input.path) : input.bytes;
  const lines = linesOf(bytes, reading.count);
  const { head, rest } = await takeHead(lines);
  const format = options.format ?? detect(head);
  const path = input.kind === 'file' ? input.path : undefined;
  checkOptions(format, options);
  if (format === 'v2fly') await readV2fly(path, options, reading, replay(head, rest));
  else await readLines(undefined, replay(head, rest), readerOf(format, path, options), reading);
  return { ...reading.gatherer.finish(), format, isDetected: options.format === undefined };
}

function createReading({ maxBytes, onRefusal, onProgress }: ReadOptions): Reading {
  const limit = createByteLimit(maxBytes);
  let bytes = 0;
  let lines = 0;
  return {
    gatherer: createGatherer(onRefusal),
    count: (more) => {
      limit(more);
      bytes += more;
      onProgress?.(bytes, lines);
    },
    lineRead: () => {
      lines += 1;
    },
  };
}

async function readFolder(path: string, options: ReadOptions, reading: Reading): Promise<ReadList> {
  const parts = SQUIDGUARD_FILES.flatMap((file) => {
    const found = [file, `${file}.gz`].map((name) => join(path, name)).find((name) => existsSync(name));
    return found === undefined ? [] : [[file, found] as const];
  });
  const isDetected = options.format === undefined;
  const format = options.format ?? (parts.length > 0 ? 'ut1' : 'v2fly');
  checkOptions(format, options);
  if (format === 'ut1' && parts.length > 0) {
    for (const [file, found] of parts)
      await readLines(file, linesOf(createReadStream(found), reading.count), squidguardReader(file), reading);
  } else if (format === 'v2fly' && existsSync(join(path, options.name)))
    await readV2fly(join(path, options.name), options, reading);
  else
    throw new SourceFault(
      `the folder holds neither \`domains\` (UT1) nor a file \`${options.name}\` (v2fly)`,
      'name the file itself',
    );
  return { ...reading.gatherer.finish(), format, isDetected };
}

function checkOptions(format: Format, { subdomains, attribute }: ReadOptions): void {
  if (subdomains && format !== 'hosts')
    throw new SourceFault(`the list is read as ${format}`, '--subdomains is for hosts files: leave it out');
  if (attribute !== undefined && format !== 'v2fly')
    throw new SourceFault(`the list is read as ${format}`, '--attribute is for v2fly lists: leave it out');
}

function detect(head: readonly string[]): Format {
  const format = detectFormat(head);
  if (!format.ok) throw new SourceFault(format.error.problem, format.error.hint);
  return format.value;
}

function readerOf(
  format: Exclude<Format, 'v2fly'>,
  path: string | undefined,
  options: ReadOptions,
): LineReader {
  switch (format) {
    case 'plain':
      return plainReader();
    case 'squid':
      return squidReader();
    case 'hosts':
      return hostsReader(options.subdomains);
    case 'dnsmasq':
      return dnsmasqReader();
    case 'adblock':
      return adblockReader();
    case 'rpz':
      return rpzReader();
    case 'ut1':
      return squidguardReader(squidguardFile(path));
  }
}

function squidguardFile(path: string | undefined): SquidguardFile {
  const name = path === undefined ? '' : basename(path, '.gz');
  return SQUIDGUARD_FILES.find((file) => file === name) ?? 'domains';
}

type Lines = AsyncIterable<readonly string[]>;

async function takeHead(lines: AsyncGenerator<readonly string[]>): Promise<{ head: string[]; rest: Lines }> {
  const head: string[] = [];
  while (head.length < LINES_TO_DETECT) {
    const next = await lines.next();
    if (next.done) break;
    for (const line of next.value) head.push(line);
  }
  if (head[0]?.startsWith('\uFEFF')) head[0] = head[0].slice(1);
  return { head, rest: lines };
}

async function* replay(head: readonly string[], rest: Lines): AsyncGenerator<readonly string[]> {
  yield head;
  yield* rest;
}

async function readLines(
  file: string | undefined,
  lines: Lines,
  read: LineReader,
  { gatherer, lineRead }: Reading,
  follow?: (item: Item & { kind: 'include' }) => Promise<Item>,
): Promise<void> {
  let line = 0;
  for await (const batch of lines)
    for (const text of batch) {
      line += 1;
      lineRead();
      const items =
        text.length > MAX_LINE_LENGTH ? [refused('a line of more than 65,536 characters')] : read(text);
      const [first] = items; // an include stands alone on its line
      const taken = first?.kind === 'include' && follow !== undefined ? [await follow(first)] : items;
      gatherer.take({ ...(file === undefined ? {} : { file }), line }, text, taken);
    }
}

/** Reads a v2fly file and those that it includes, from the same folder. */
async function readV2fly(
  path: string | undefined,
  options: ReadOptions,
  reading: Reading,
  given?: Lines,
): Promise<void> {
  const folder = path === undefined ? undefined : dirname(path);
  const seen = new Set<string>();

  const readOne = async (
    name: string,
    attributes: readonly string[],
    above: readonly string[],
    lines: Lines,
  ): Promise<void> => {
    const follow = async (item: Item & { kind: 'include' }): Promise<Item> => {
      const included = item.name.toLowerCase();
      const wanted = [...new Set([...attributes, ...item.attributes])].toSorted();
      const key = JSON.stringify([included, wanted]);
      if (folder === undefined)
        return refused('an include, where only one file is given: name a file in its folder');
      if ([...above, name].includes(included)) return refused('an include that leads back to itself');
      if (!existsSync(join(folder, included))) return refused('an include of a file that is not there');
      if (seen.size >= MAX_INCLUDED_FILES) return refused('more than 10,000 includes');
      if (seen.has(key)) return item; // all its lines are in the list already
      seen.add(key);
      const stream = createReadStream(join(folder, included));
      await readOne(included, wanted, [...above, name], linesOf(stream, reading.count));
      return item;
    };
    await readLines(name, lines, v2flyReader(attributes), reading, follow);
  };

  const name = path === undefined ? 'the list' : basename(path);
  const lines = given ?? linesOf(createReadStream(path ?? ''), reading.count);
  await readOne(name, options.attribute === undefined ? [] : [options.attribute], [], lines);
}
