import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isOwnName } from '../files/replace-file.ts';

/** How long files must rest before they are read: an editor's save is several changes, a copy is many. */
const SETTLE_MS = 200;

/**
 * Calls back after files in a folder or below it have changed and come to rest: written in place, replaced by a rename,
 * added or removed, or the folder itself exchanged for another.
 *
 * It watches folders, never files: Node's recursive watch on Linux watches each file, and loses sight of one that an
 * editor replaces.
 */
export function watchFolder(
  folder: string,
  onChange: () => void,
  onFault: (error: Error) => void,
): { close(): void } {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;

  const noteChange = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      watchAll(); // before reading, so that nothing changes unseen in between
      onChange();
    }, SETTLE_MS);
  };
  const stopWatching = (path: string): void => {
    watchers.get(path)?.close();
    watchers.delete(path);
  };
  const startWatching = (path: string, concerns: (name: string | null) => boolean): void => {
    try {
      const watcher = watch(path, (_event, name) => {
        if (concerns(name)) noteChange();
      });
      watcher.on('error', () => stopWatching(path)); // it is gone; what comes in its place is found by its parent
      watchers.set(path, watcher);
    } catch (error) {
      onFault(error as Error); // out of inotify watches, say: a reload by signal still works
    }
  };
  const watchAll = (): void => {
    for (const path of [...watchers.keys()]) stopWatching(path);
    startWatching(dirname(folder), (name) => name === basename(folder));
    for (const path of foldersBelow(folder)) startWatching(path, isNews);
  };

  watchAll();
  return {
    close() {
      clearTimeout(timer);
      for (const path of [...watchers.keys()]) stopWatching(path);
    },
  };
}

/**
 * What we write ourselves, caches and files half written, is no change. Other names that begin with a dot may be one:
 * mounted configuration is exchanged by a link named `..data`, to which the files' own links lead.
 */
const isNews = (name: string | null): boolean => name === null || !isOwnName(name);

/** The folder and all below it; none where it is missing. */
function foldersBelow(folder: string): string[] {
  try {
    const inside = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [folder, ...inside.flatMap(({ name }) => foldersBelow(join(folder, name)))];
  } catch {
    return [];
  }
}
