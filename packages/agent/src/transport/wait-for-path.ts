import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Waits until `path` exists, or has been replaced if it does; at most `ms` milliseconds, and until `signal` aborts.
 * Folders on the way to it may be missing at first. Never rejects.
 */
export function waitForPath(path: string, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let watcher: FSWatcher | undefined;
    const timer = setTimeout(() => done(), ms);
    const done = (): void => {
      clearTimeout(timer);
      watcher?.close();
      signal.removeEventListener('abort', done);
      resolve();
    };
    let missing = !existsSync(path);
    /** Watches the folder in which the next part of the path has to appear. */
    const follow = (): void => {
      watcher?.close();
      watcher = undefined;
      const part = firstMissing(path);
      const folder = dirname(part);
      try {
        watcher = watch(folder, (event, name) => {
          // An event with the folder's own name: the folder has been removed or renamed.
          if (event !== 'rename' || (name !== basename(part) && name !== basename(folder))) return;
          missing ||= !existsSync(path);
          if (existsSync(path)) done();
          else follow();
        });
        watcher.on('error', () => {});
      } catch {
        // The folder is gone, or may not be watched: the timer remains.
      }
      // It may have appeared before the watch began.
      if (missing && existsSync(path)) done();
      else if (part !== path && existsSync(part)) follow();
    };
    if (signal.aborted) done();
    else {
      signal.addEventListener('abort', done);
      follow();
    }
  });
}

/** Returns the first part of a path that does not exist; the path itself if all exist. */
function firstMissing(path: string): string {
  const folder = dirname(path);
  return folder === path || existsSync(folder) ? path : firstMissing(folder);
}
