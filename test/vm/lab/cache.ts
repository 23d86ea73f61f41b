import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
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
 * Returns a folder that is made once on this machine and then kept. If several processes call this at the same time,
 * one makes the folder and the others wait. A maker that is killed leaves only an unfinished entry.
 *
 * @param name must change with all inputs of the contents
 * @param maker a Node program and its arguments; the folder is added as the last one. The program must rename the
 *   finished folder to it as its last step (see `workFolderOf`).
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

/** Unmounts what a maker that was killed has left mounted in its folder: debootstrap mounts `/proc` and `/sys`. */
function unmountBelow(folder: string): void {
  const mountPoints = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mountPoint) => mountPoint.startsWith(`${folder}/`));
  // The last one mounted may lie in one that was mounted before.
  for (const mountPoint of mountPoints.reverse()) execFileSync('/bin/umount', ['--lazy', mountPoint]);
}

/** Returns an empty folder beside the final one, to make the contents in. Call it under the lock. */
export function workFolderOf(path: string): string {
  const work = `${path}${UNFINISHED}`;
  unmountBelow(work);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  return work;
}
