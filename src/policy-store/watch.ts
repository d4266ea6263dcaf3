import { type FSWatcher, watch } from 'node:fs';

/** How long files must rest before they are read: an editor's save is several changes, a copy is many. */
const SETTLE_MS = 200;

/** Calls back after the files in a folder, or below it, have changed and come to rest. */
export function watchFolder(
  folder: string,
  onChange: () => void,
  onFault: (error: Error) => void,
): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(onChange, SETTLE_MS);
    });
    watcher.on('error', onFault);
  } catch (error) {
    onFault(error as Error); // out of inotify watches, say: a reload by signal still works
  }
  return {
    close() {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}
