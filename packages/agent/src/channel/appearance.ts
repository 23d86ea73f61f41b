import { existsSync, type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

/**
 * Settles when `path` has come to be, or has been put there anew; at the latest after `ms` milliseconds, or when
 * `signal` aborts. Folders on the way to it may come to be meanwhile, too. Never rejects.
 */
export function appearance(path: string, ms: number, signal: AbortSignal): Promise<void> {
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
          // The folder's own name tells that it has gone or been moved, and is watched in vain.
          if (event !== 'rename' || (name !== basename(part) && name !== basename(folder))) return;
          missing ||= !existsSync(path);
          if (existsSync(path)) done();
          else follow();
        });
        watcher.on('error', () => {});
      } catch {
        // The folder has gone, or may not be watched: there is still the clock.
      }
      // It may have come while we were about to watch.
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

/** The first part of a path that does not exist; the path itself if all do. */
function firstMissing(path: string): string {
  const folder = dirname(path);
  return folder === path || existsSync(folder) ? path : firstMissing(folder);
}
