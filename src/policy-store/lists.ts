import { readdirSync, statSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { Worker } from 'node:worker_threads';
import { isIdentifier } from '../policy/identifier.ts';
import { fail, type Result } from '../policy/result.ts';
import { type LoadedLists, loadListsHere } from './lists-work.ts';

export type { LoadedLists } from './lists-work.ts';

/** Up to this many bytes of lists are read at once: to start a thread takes longer. */
const MAX_INLINE_BYTES = 20_000;

/** Ten times what 20 million names take. A list that takes longer was made to. */
const LISTS_DEADLINE_MS = 300_000;

/** What the thread allocates lives long, outside V8's heap, or for one line. */
const YOUNG_GENERATION_MB = 4;

/** The lists in the folder by their names, sorted; none where there is no folder of lists. */
export const listNames = (policyFolder: string): readonly string[] =>
  filesIn(join(policyFolder, 'lists'), false)
    .filter(isListFile)
    .map((file) => file.slice(0, -LIST_SUFFIX.length));

/**
 * The files in `lists/` and below it that are no lists, because of their names or because they lie too deep: `vpn.list`,
 * `sub/ads.txt`. Hidden ones, YAML and what tells people about lists are not among them. Sorted.
 */
export const ignoredListFiles = (policyFolder: string): readonly string[] =>
  filesIn(join(policyFolder, 'lists'), true).filter((file) => !isListFile(file) && !NOT_MEANT.test(file));

const LIST_SUFFIX = '.txt';
const isListFile = (file: string): boolean =>
  file.endsWith(LIST_SUFFIX) && isIdentifier(file.slice(0, -LIST_SUFFIX.length));

/** YAML is a policy wherever it lies. */
const NOT_MEANT = /(?:^|\/)(?:\.|(?:readme|licen[cs]e|copying)[^/]*$)|\.(?:ya?ml|md)$/i;

/** By their paths in the folder, links included. */
function filesIn(folder: string, recursive: boolean): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .toSorted();
  } catch {
    return [];
  }
}

/**
 * Reads lists by their names from `lists/<name>.txt` in the policy folder, or what was kept of them when they were last
 * read. Large ones are read in a thread of their own, so that requests are answered meanwhile.
 */
export async function loadLists(
  policyFolder: string,
  names: readonly string[],
): Promise<Result<LoadedLists>> {
  const sorted = [...new Set(names)].toSorted();
  return bytesOfLists(policyFolder, sorted) <= MAX_INLINE_BYTES
    ? loadListsHere(policyFolder, sorted)
    : loadInThread(policyFolder, sorted);
}

const bytesOfLists = (policyFolder: string, names: readonly string[]): number =>
  names.reduce((sum, name) => sum + bytesOfFile(join(policyFolder, 'lists', `${name}.txt`)), 0);

function bytesOfFile(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0; // reading it will tell what is wrong
  }
}

// `.ts` in the sources, `.js` where they have been compiled: the compiler mends imports, not this name.
const WORKER = new URL(`./lists-worker${extname(import.meta.url)}`, import.meta.url);

/** Comes back when the thread has ended, so that its memory has been given back. */
async function loadInThread(policyFolder: string, names: readonly string[]): Promise<Result<LoadedLists>> {
  const failed = (problem: string, hint: string): Result<LoadedLists> =>
    fail([{ at: `${basename(policyFolder)}/lists`, problem, hint }]);
  const { promise, resolve } = Promise.withResolvers<Result<LoadedLists>>();
  const thread = new Worker(WORKER, {
    workerData: { policyFolder, names },
    execArgv: [], // options of this process, such as `--input-type`, are not for a file of ours
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  let result: Result<LoadedLists> = failed('their reader ended early', 'try again');
  const deadline = setTimeout(() => {
    result = failed(`they took over ${LISTS_DEADLINE_MS / 1000} s to read`, 'split or shorten them');
    void thread.terminate();
  }, LISTS_DEADLINE_MS);
  thread.on('message', (message: Result<LoadedLists>) => {
    result = message;
  });
  thread.on('error', (error) => {
    result = failed(`they cannot be read: ${error.message}`, 'see that there is memory enough for them');
  });
  thread.on('exit', () => {
    clearTimeout(deadline);
    resolve(result);
  });
  return promise;
}
