import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ELOOP, systemError } from '@guestwire/posix';
import { OperationError } from '../operation-error.js';

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** As many links as the kernel follows in one path. */
const MAX_LINKS = 40;

/** A file or folder that only root, or the agent's own user, can change or replace. */
export interface TrustedFile {
  /** Its path without links. */
  readonly path: string;
  readonly stats: Stats;
}

/**
 * Checks that nobody but root and the agent's own user can change or replace a hook or a folder of hooks: the file, each
 * folder above it, and the same for the target of each link. Such a path cannot be changed between the check and the
 * execution, since each folder is checked before its entries are read.
 *
 * A folder above may be writable by all if it is sticky, like `/tmp`: others cannot replace an entry of root there. With
 * an access control list, the group bits of a mode are what the list grants at most, so that it needs no other check.
 * @throws {OperationError} that names what to change
 * @throws a system error if the file does not exist or cannot be reached
 */
export async function checkAccess(hook: string): Promise<TrustedFile> {
  let path = '/';
  let stats = await lstat(path);
  let links = 0;
  const rest = hook.split('/');
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '' || name === '.') continue;
    assertTrusted(hook, path, stats, true);
    const next = join(path, name);
    stats = await lstat(next);
    if (!stats.isSymbolicLink()) {
      path = next;
      continue;
    }
    assertOwner(hook, next, stats);
    links += 1;
    if (links > MAX_LINKS) throw systemError(ELOOP, 'lstat');
    const target = await readlink(next);
    rest.unshift(...target.split('/'));
    if (target.startsWith('/')) path = '/';
    stats = await lstat(path);
  }
  assertTrusted(hook, path, stats, false);
  return { path, stats };
}

function assertTrusted(hook: string, path: string, stats: Stats, isAbove: boolean): void {
  assertOwner(hook, path, stats);
  if ((stats.mode & WRITABLE_BY_OTHERS) === 0) return;
  if (isAbove && (stats.mode & STICKY) !== 0) return;
  throw refusal(hook, `${path} is writable by others`, stats, `chmod go-w ${quote(path)}`);
}

function assertOwner(hook: string, path: string, stats: Stats): void {
  if (stats.uid === 0 || stats.uid === process.geteuid?.()) return;
  throw refusal(hook, `${path} does not belong to root`, stats, `chown -h root ${quote(path)}`);
}

function refusal(hook: string, reason: string, { mode, uid, gid }: Stats, remedy: string): OperationError {
  const octal = (mode & 0o7777).toString(8).padStart(4, '0');
  return new OperationError(
    `fsfreeze hook ${hook} is refused: ${reason} (mode ${octal}, owner ${uid}:${gid}); run: ${remedy}`,
  );
}

/** Returns a word of a shell command. */
function quote(path: string): string {
  return /^[\w./+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
