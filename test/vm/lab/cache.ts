import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

function folder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'guestwire');
}

/** Entries that were not used for this time, in milliseconds, belong to an older recipe or package. */
const KEPT_UNUSED = 2 * 24 * 60 * 60_000;

/** The suffix of unfinished entries. */
const UNFINISHED = '.unfinished';

/** Returns a short name for contents, different for different contents. */
export function keyOf(...contents: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const content of contents) hash.update(String(content.length)).update(' ').update(content);
  return hash.digest('hex').slice(0, 12);
}

function removeWhatIsOld(): void {
  for (const name of readdirSync(folder())) {
    const path = join(folder(), name);
    if (!name.startsWith('guest-') || Date.now() - statSync(path).mtimeMs < KEPT_UNUSED) continue;
    rmSync(path, { recursive: true, force: true });
  }
}

/**
 * A folder that is made once on this machine and then kept. Several processes may ask for it at the same time: one
 * makes it, the others wait. A maker that is killed leaves nothing that counts.
 *
 * @param name must change with everything that the contents depend on
 * @param maker a program of Node and its arguments; it gets the folder to make as the last. Its moving the finished
 *   folder there must be the last thing that it does (see `workFolderOf`).
 */
export function cached(name: string, maker: readonly [string, ...string[]]): string {
  mkdirSync(folder(), { recursive: true });
  const path = join(folder(), name);
  if (!existsSync(path)) {
    removeWhatIsOld();
    // The lock is held by every process that has the file open: the maker and its children.
    execFileSync('/usr/bin/flock', [`${path}.lock`, process.execPath, ...maker, path], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
  const now = new Date();
  utimesSync(path, now, now);
  return path;
}

/** Where to make a folder for the cache: beside it, empty. To be called under the lock. */
export function workFolderOf(path: string): string {
  const work = `${path}${UNFINISHED}`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  return work;
}
