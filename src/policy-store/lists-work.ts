import { createHash, hash, randomInt } from 'node:crypto';
import { basename, join } from 'node:path';
import { type CompiledLists, compileLists, type HostList } from '../policy/matching/host-list.ts';
import { fail, type Problem, type Result, succeed } from '../policy/result.ts';
import { readListFile } from './list-file.ts';
import { readListsCache, writeListsCache } from './lists-cache.ts';
import { PARSER_VERSION } from './parser-version.ts';

export type LoadedLists = {
  readonly compiled: CompiledLists;
  /** SHA-256, in hex, over the lists' names and contents. */
  readonly version: string;
  readonly source: 'files' | 'cache';
};

/** All lists together: they are held in memory while they are compiled. */
const MAX_TOTAL_BYTES = 2 ** 30;

/** What is smaller is compiled as quickly as a cache is read. */
const MIN_CACHED_BYTES = 100_000;

/** Does the work of `loadLists`, without a pause. The names are sorted. */
export function loadListsHere(policyFolder: string, names: readonly string[]): Result<LoadedLists> {
  const lists = readFiles(policyFolder, names);
  if (!lists.ok) return lists;
  const version = versionOf(lists.value);
  const cacheKey = hash('sha256', `${PARSER_VERSION}\n${version}`);
  const bytes = lists.value.reduce((sum, list) => sum + list.bytes.length, 0);
  const cacheFile = join(policyFolder, 'lists', '.compiled.cache');
  const cached = bytes < MIN_CACHED_BYTES ? undefined : readListsCache(cacheFile, cacheKey, names);
  if (cached !== undefined) return succeed({ compiled: cached, version, source: 'cache' });
  const compiled = compileLists(lists.value, randomInt(2 ** 32)); // so that nobody can write names that all have one hash
  if (!compiled.ok) return compiled;
  if (bytes >= MIN_CACHED_BYTES) writeListsCache(cacheFile, cacheKey, compiled.value);
  return succeed({ compiled: compiled.value, version, source: 'files' });
}

function readFiles(policyFolder: string, names: readonly string[]): Result<readonly HostList[]> {
  const lists: HostList[] = [];
  const problems: Problem[] = [];
  let room = MAX_TOTAL_BYTES;
  for (const name of names) {
    const file = `${basename(policyFolder)}/lists/${name}.txt`;
    const bytes = readListFile(policyFolder, name, room);
    if (!bytes.ok) {
      problems.push({ at: file, ...bytes.error });
      continue;
    }
    lists.push({ name, bytes: bytes.value, file });
    room -= bytes.value.length;
  }
  return problems.length > 0 ? fail(problems) : succeed(lists);
}

function versionOf(lists: readonly HostList[]): string {
  const version = createHash('sha256');
  for (const { name, bytes } of lists) version.update(`${name}\n${hash('sha256', bytes)}\n`);
  return version.digest('hex');
}
