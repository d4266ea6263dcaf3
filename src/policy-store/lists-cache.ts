import { readUnchanged } from '../files/read-unchanged.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { CompiledLists } from '../policy/matching/host-list.ts';
import { returnableBuffer } from '../policy/matching/returnable-buffer.ts';
import { decodeLists, encodeLists } from './lists-cache-format.ts';

/** The lists, compiled, take less. */
const READING = {
  maxBytes: 2 ** 31,
  allocate: returnableBuffer,
  noun: 'cache',
  tooLargeHint: 'delete it',
  changedHint: 'read it again',
};

/** For all to read, as the lists are: what the administrator's `check` has written serves the proxy's own user. */
const ACCESS = { mode: 0o644 };

/** What was kept of the lists of this version and these names; undefined when there is nothing that can be relied on. */
export function readListsCache(
  path: string,
  version: string,
  names: readonly string[],
): CompiledLists | undefined {
  try {
    const bytes = readUnchanged(path, READING);
    return bytes.ok ? decodeLists(bytes.value, version, names) : undefined;
  } catch {
    return undefined; // missing, unreadable or forged: the lists themselves are there
  }
}

/** Replaces the cache in one step, so that no reader sees half of it. Where no file can be written there is none. */
export function writeListsCache(path: string, version: string, lists: CompiledLists): void {
  try {
    replaceFile(path, encodeLists(lists, version), ACCESS);
  } catch {
    // The next start reads the lists once more.
  }
}
