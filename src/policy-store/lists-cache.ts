import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import type { CompiledLists } from '../policy/host-list.ts';
import { returnableBuffer } from '../policy/returnable-buffer.ts';
import { decodeLists, encodeLists } from './lists-cache-format.ts';

/** The lists, compiled, take less. */
const MAX_CACHE_BYTES = 2 ** 31;

const OPEN_TO_READ = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** What was kept of the lists of this version; undefined when there is nothing that can be relied on. */
export function readListsCache(path: string, version: string): CompiledLists | undefined {
  try {
    const bytes = readRegularFile(path);
    return bytes === undefined ? undefined : decodeLists(bytes, version);
  } catch {
    return undefined; // missing, unreadable or forged: the lists themselves are there
  }
}

/**
 * Replaces the cache in one step, so that no reader sees half of it. Where no file can be written there is none. All may
 * read it, as they may the lists: what the administrator's `check` has written serves the proxy's own user.
 */
export function writeListsCache(path: string, version: string, lists: CompiledLists): void {
  const temporary = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  let created = false;
  try {
    const file = openSync(temporary, 'wx', 0o644);
    created = true;
    try {
      for (const part of encodeLists(lists, version)) writeWhole(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch {
    if (created) discard(temporary);
  }
}

function readRegularFile(path: string): Uint8Array<ArrayBuffer> | undefined {
  const file = openSync(path, OPEN_TO_READ);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > MAX_CACHE_BYTES) return undefined;
    const bytes = new Uint8Array(returnableBuffer(stats.size), 0, stats.size);
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(file, bytes, at, bytes.length - at, null);
      if (read === 0) return undefined;
      at += read;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

function discard(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // The folder is gone, and the file with it.
  }
}
