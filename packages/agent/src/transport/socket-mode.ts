import { chmodSync, closeSync, constants, fstatSync, openSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { ENOENT, O_PATH, systemError } from '@guestwire/posix';

/** Keeps all permissions but reading and writing by the owner. */
const PRIVATE_UMASK = 0o177;

/**
 * Runs `bind`, which must bind synchronously, so that the socket is created with the mode 0600: {@link setSocketMode}
 * alone would leave a moment in which others could connect.
 */
export function privateWhile<T>(bind: () => T): T {
  // A worker may not change the umask, which belongs to the process.
  const umask = isMainThread ? process.umask(PRIVATE_UMASK) : undefined;
  try {
    return bind();
  } finally {
    if (umask !== undefined) process.umask(umask);
  }
}

/** Changes the permissions of the socket at a path, and never those of another file that has replaced it. Throws a system error. */
export function setSocketMode(path: string, mode: number): void {
  const fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    if (!fstatSync(fd).isSocket()) throw systemError(ENOENT, 'open');
    chmodSync(`/proc/self/fd/${fd}`, mode);
  } finally {
    closeSync(fd);
  }
}
