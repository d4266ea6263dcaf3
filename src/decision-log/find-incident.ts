import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

/** The line of a decision as it stands in the log; whose it is, the asker must compare. */
export type FoundIncident = Readonly<Record<string, unknown>>;

/**
 * Looks a code such as `7F3K-9Q2M` up in the newest lines of all logs in a folder, whichever process wrote them.
 * Undefined: it is not among them. `busy`: others look already, or this asker does; it is nobody's data path.
 */
export type FindIncident = (code: string, asker: string) => Promise<FoundIncident | 'busy' | undefined>;

/** Of one file, and of all together: with some 700 bytes a request the last 48,000 and 96,000 requests. */
const MAX_TAIL_BYTES = 32 * 1024 * 1024;
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;

/** How much is read at once, before others of this process have their turn. */
const CHUNK_BYTES = 1024 * 1024;

/** The longest line in bytes, with much to spare: a text in it has 2048 characters at most. */
const MAX_LINE_BYTES = 128 * 1024;

const MAX_WAITING = 16;

/** Behind those who came before, and for a disk that is slow. */
const MAX_WAIT_MS = 10_000;

/** After each search others have the process for nine times as long: who asks on and on takes a tenth of it. */
const REST = 9;

export function createFindIncident(folder: string): FindIncident {
  const waiting = new Set<string>();
  let last: Promise<unknown> = Promise.resolve();
  return async (code, asker) => {
    if (waiting.has(asker) || waiting.size >= MAX_WAITING) return 'busy';
    waiting.add(asker);
    const search = last.then(() => searchFolder(folder, code)).finally(() => waiting.delete(asker));
    last = search.then(rest, rest);
    return inTime(search.then(({ line }) => line));
  };
}

async function inTime(
  found: Promise<FoundIncident | undefined>,
): Promise<FoundIncident | 'busy' | undefined> {
  const deadline = new AbortController();
  const late = setTimeout(MAX_WAIT_MS, 'busy' as const, { ref: false, signal: deadline.signal });
  late.catch(() => {}); // it was found in time
  try {
    return await Promise.race([found, late]);
  } finally {
    deadline.abort();
  }
}

type Search = { readonly line: FoundIncident | undefined; readonly tookMs: number };

const rest = async (search: Search | Error): Promise<void> =>
  'tookMs' in search ? setTimeout(search.tookMs * REST, undefined, { ref: false }) : undefined;

async function searchFolder(folder: string, code: string): Promise<Search> {
  const startedAt = performance.now();
  const names = (await readdir(folder).catch(() => [])).filter((name) => CURRENT_LOG.test(name));
  const tailBytes = Math.min(MAX_TAIL_BYTES, Math.floor(MAX_TOTAL_BYTES / Math.max(1, names.length)));
  // Within a text the quotes would be escaped, so nothing that a client sent can be taken for this.
  const needle = Buffer.from(`,"code":"${code}"`);
  let line: FoundIncident | undefined;
  for (const name of names) {
    line = await searchFile(join(folder, name), needle, tailBytes).catch(() => undefined); // it was moved away meanwhile
    if (line !== undefined) break;
  }
  return { line, tookMs: performance.now() - startedAt };
}

/** What is written now (`logName`); what rotation has moved away is for `postern replay` and others with time. */
const CURRENT_LOG = /^decisions(?:\.worker-\d+)?\.ndjson$/;

/** From the end: people ask about what has just happened. */
async function searchFile(
  path: string,
  needle: Buffer,
  tailBytes: number,
): Promise<FoundIncident | undefined> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - tailBytes);
    for (let end = size; end > start; end -= CHUNK_BYTES) {
      const from = Math.max(start, end - CHUNK_BYTES);
      // A little of the next chunk: the code may stand across the seam.
      const chunk = await readPart(file, from, Math.min(size, end + needle.length));
      const at = chunk.lastIndexOf(needle);
      if (at !== -1) return await lineAround(file, from + at);
    }
    return undefined;
  } finally {
    await file.close();
  }
}

async function lineAround(file: FileHandle, at: number): Promise<FoundIncident | undefined> {
  const from = Math.max(0, at - MAX_LINE_BYTES);
  const part = await readPart(file, from, at + MAX_LINE_BYTES);
  const end = part.indexOf('\n', at - from);
  const start = part.lastIndexOf('\n', at - from) + 1;
  if (end === -1 || (start === 0 && from > 0)) return undefined;
  try {
    const line: unknown = JSON.parse(part.toString('utf8', start, end));
    return typeof line === 'object' && line !== null ? (line as FoundIncident) : undefined;
  } catch {
    return undefined; // a line that a crash has cut
  }
}

async function readPart(file: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(to - from);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, from + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
