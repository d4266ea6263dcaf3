import { createReadStream } from 'node:fs';
import { pipeline, Readable, type Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { createTarDetector } from '../files/tar.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import type { LogSource } from './log-files.ts';

/** A line that could not be understood: `at` is `file:line`. */
export type UnreadableLine = { readonly kind: 'unreadable'; readonly at: string; readonly problem: string };

/** Text of one line → what it says of what is wanted, or what is wrong with it. */
export type ParseLine<Entry> = (text: string) => Result<Entry, string>;

/** A piece of a log: what its lines say, and the bytes of the source that were read for it. */
export type LogBatch<Entry> = {
  readonly entries: readonly (Entry | UnreadableLine)[];
  readonly bytes: number;
};

/**
 * The longest line that is read, in characters. The writer cuts texts after 2048 characters, each of which may be
 * escaped as six: no line of its own comes near.
 */
const MAX_LINE_CHARACTERS = 256 * 1024;

/** How much of a file is read at once, in bytes; a batch holds the lines of about as much text. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a log from its beginning to its end, packed by gzip or zstd or not, and hands on each piece as it comes. Lines
 * are read as they are written, so memory does not grow with the log. A line that cannot be understood is an entry too;
 * a source that cannot be read to its end is a problem.
 */
export async function readLog<Entry>(
  source: LogSource,
  parse: ParseLine<Entry>,
  onBatch: (batch: LogBatch<Entry>) => void,
): Promise<Result<undefined>> {
  let bytes = 0;
  const lines = createLineReader(source.name, parse);
  try {
    const stored = counted(openSource(source), (length) => {
      bytes += length;
    });
    const isTar = createTarDetector();
    for await (const chunk of unpacked(stored)) {
      if (isTar(chunk)) return fail([{ at: source.name, ...TAR }]);
      onBatch({ entries: lines.take(chunk), bytes });
      bytes = 0;
    }
  } catch (error) {
    return fail([problemOf(source, error as NodeJS.ErrnoException)]);
  }
  onBatch({ entries: lines.end(), bytes });
  return succeed(undefined);
}

const openSource = ({ path }: LogSource): AsyncIterable<Buffer> =>
  path === undefined ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });

async function* counted(
  chunks: AsyncIterable<Buffer>,
  onBytes: (length: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}

// RFC 1952 section 2.3.1, RFC 8878 section 3.1.1.
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** By what the bytes are, and not by a name that they may not have. */
async function* unpacked(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0);
  while (head.length < ZSTD.length) {
    const { value, done } = await chunks.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const whole = prepended(head, chunks);
  if (head.subarray(0, GZIP.length).equals(GZIP))
    yield* through(createGunzip({ chunkSize: CHUNK_BYTES }), whole);
  else if (head.subarray(0, ZSTD.length).equals(ZSTD)) yield* throughZstd(whole);
  else yield* whole;
}

async function* prepended(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head;
  yield* rest;
}

async function* through(unpacker: Transform, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  pipeline(Readable.from(chunks, { objectMode: false }), unpacker, () => {}); // a failure comes out of the loop below
  for await (const chunk of unpacker) yield chunk as Buffer;
}

/** Node's unpacker ends with the first frame, and says nothing of those after it (node:zlib, Node 24). */
async function* throughZstd(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let given = 0;
  const unpacker = createZstdDecompress({ chunkSize: CHUNK_BYTES });
  yield* through(
    unpacker,
    counted(chunks, (length) => {
      given += length;
    }),
  );
  if (unpacker.bytesWritten < given)
    throw new MoreFrames('only the first of several zstd frames can be read');
}

class MoreFrames extends Error {}

function problemOf({ name }: LogSource, error: NodeJS.ErrnoException): Problem {
  const hint =
    error instanceof MoreFrames
      ? 'unpack it first: zstdcat FILE | postern … -'
      : error.code?.startsWith('Z_') ||
          error.code?.startsWith('ZSTD_') ||
          error.code === 'ERR_STREAM_PREMATURE_CLOSE'
        ? 'the packed file is damaged or not complete'
        : 'check that it is there and readable';
  return { at: name, problem: `the log cannot be read to its end: ${error.message}`, hint };
}

const TAR = {
  problem: 'it is a tar archive, and no log',
  hint: 'unpack it, and name the folder or a file in it',
};

type LineReader<Entry> = {
  take(chunk: Buffer): LogBatch<Entry>['entries'];
  end(): LogBatch<Entry>['entries'];
};

function createLineReader<Entry>(name: string, parse: ParseLine<Entry>): LineReader<Entry> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let number = 0;
  let isTooLong = false;

  const read = (line: string, entries: (Entry | UnreadableLine)[]): void => {
    number += 1;
    const at = `${name}:${number}`;
    if (isTooLong || line.length > MAX_LINE_CHARACTERS) {
      const problem = `it is longer than ${MAX_LINE_CHARACTERS.toLocaleString('en')} characters`;
      entries.push({ kind: 'unreadable', at, problem });
    } else if (line !== '' && line.trim() !== '') {
      const entry = parse(line);
      entries.push(entry.ok ? entry.value : { kind: 'unreadable', at, problem: entry.error });
    }
    isTooLong = false;
  };

  const takeText = (text: string): (Entry | UnreadableLine)[] => {
    const entries: (Entry | UnreadableLine)[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      read(start === 0 ? rest + text.slice(0, end) : text.slice(start, end), entries);
      if (start === 0) rest = '';
      start = end + 1;
    }
    rest += text.slice(start);
    if (rest.length > MAX_LINE_CHARACTERS) {
      isTooLong = true; // the rest of it is passed over, not kept
      rest = '';
    }
    return entries;
  };

  return {
    take: (chunk) => takeText(decoder.write(chunk)),
    end() {
      const entries = takeText(decoder.end());
      if (rest !== '' || isTooLong) read(rest, entries);
      rest = '';
      return entries;
    },
  };
}
