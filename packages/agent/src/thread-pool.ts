import { readFileSync, stat } from 'node:fs';
import process from 'node:process';
import { isSingleExecutable } from './single-executable.js';

/** Threads of the pool that Node starts by default. */
const DEFAULT_SIZE = 4;

/** Threads of the daemon's pool. An idle thread takes some kilobytes. */
const DAEMON_SIZE = 19;

/** Threads for polls, programs, and the thaw. */
const RESERVED = 4;

/** Threads for writing log file, standard error and audit log. */
const LOGS = 3;

const SIZE = 'UV_THREADPOOL_SIZE';

/** Set by `bin/guestd.sh` if it has set the size. */
const SIZE_SET = 'GUESTD_POOL';

let size = Number(process.env[SIZE] ?? DEFAULT_SIZE) || DEFAULT_SIZE;

/**
 * Starts the thread pool of a daemon with its own size, unless the environment gives one. Programs of the host do not
 * inherit the variable. In the npm form `bin/guestd.sh` sets the size, since Node reads modules in the pool.
 */
export function startThreadPool(env: Record<string, string | undefined>): void {
  if (
    env[SIZE_SET] === undefined &&
    env[SIZE] === undefined &&
    isSingleExecutable() &&
    !hasAddressSpaceLimit()
  ) {
    env[SIZE] = String(DAEMON_SIZE);
    env[SIZE_SET] = '1';
    // The first use starts the threads.
    stat('/', () => {});
    size = DAEMON_SIZE;
  }
  if (env[SIZE_SET] === undefined) return;
  delete env[SIZE];
  delete env[SIZE_SET];
}

/** True if RLIMIT_AS is set: the stack and the heap of each thread reserve some 70 MiB of address space. */
function hasAddressSpaceLimit(): boolean {
  try {
    return /^Max address space +\d/m.test(readFileSync('/proc/self/limits', 'latin1'));
  } catch {
    return false;
  }
}

/** Returns the number of commands that may wait in the pool for a disk or another machine at the same time. */
export function blockingLimit(): number {
  // In a small pool, commands have half of the threads.
  const forLogs = Math.min(LOGS, Math.max(0, Math.floor(size / 2) - RESERVED));
  return Math.max(1, size - RESERVED - forLogs);
}
