import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { createTarDetector } from '../files/tar.ts';
import { SourceFault } from './fault.ts';

/** No entry of any format is as long; what is cut here is refused. */
export const MAX_LINE_LENGTH = 65_536;

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];

/** Counts decoded bytes, of all files of a list together, and stops what is too large. */
export type ByteLimit = (bytes: number) => void;

export function createByteLimit(maxBytes: number): ByteLimit {
  let total = 0;
  return (bytes) => {
    total += bytes;
    if (total > maxBytes)
      throw new SourceFault(
        `it is larger than ${Math.round(maxBytes / 1_048_576)} MB`,
        'allow more with --max-size, in MB',
      );
  };
}

/**
 * The lines of a text, in batches as they come, without their ends. gzip and Zstandard are recognised by their first
 * bytes. What is not UTF-8 has U+FFFD in its place, and a line that is too long is cut after `MAX_LINE_LENGTH + 1`.
 */
export async function* linesOf(
  source: AsyncIterable<Uint8Array>,
  count: ByteLimit,
): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  const isTar = createTarDetector();
  for await (const chunk of decoded(source)) {
    count(chunk.length);
    if (isTar(chunk))
      throw new SourceFault('it is a tar archive', 'unpack it, and name the folder or a file in it');
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH + 2); // one for a CR
    yield lines.map(withoutEnd);
  }
  rest += decoder.decode();
  if (rest !== '') yield [withoutEnd(rest)];
}

const withoutEnd = (line: string): string =>
  (line.endsWith('\r') ? line.slice(0, -1) : line).slice(0, MAX_LINE_LENGTH + 1);

async function* decoded(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  while (length < ZSTD.length) {
    const next = await iterator.next();
    if (next.done) break;
    head.push(next.value);
    length += next.value.length;
  }
  const whole = resumed(Buffer.concat(head), iterator);
  const start = Buffer.concat(head);
  if (beginsWith(start, GZIP)) yield* unpacked(whole, createGunzip());
  else if (beginsWith(start, ZSTD)) yield* unpacked(whole, createZstdDecompress());
  else yield* whole;
}

async function* resumed(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

async function* unpacked(
  packed: AsyncIterable<Uint8Array>,
  unpacker: ReturnType<typeof createGunzip> | ReturnType<typeof createZstdDecompress>,
): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(packed), unpacker, () => {}); // a failure is thrown by the loop below
  try {
    yield* unpacker as AsyncIterable<Buffer>;
  } catch (error) {
    if (!/^(?:Z_|ZSTD_|ERR_)/.test(String((error as NodeJS.ErrnoException).code))) throw error;
    throw new SourceFault(`it is damaged: ${(error as Error).message}`, 'fetch it again');
  }
}

const beginsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, index) => bytes[index] === byte);
