import { type FilesystemSpace, statvfs, statvfsCached } from '@guestwire/posix';
import type { Awaitable } from '../../awaitable.js';
import type { Mount } from './mounts.js';

/** Their space is in memory: also while the filesystem is frozen, or its disk does not respond. */
const TYPES_IN_MEMORY = /^(ext[234]|xfs)$/;

/** The space of a project is read from the disk. */
const PROJECT_QUOTA = /(^|,)p(rj)?(quota|qnoenforce)(,|$)/;

/**
 * Returns the space of a filesystem; undefined if the kernel does not know it. In this thread if that cannot wait, otherwise
 * in the thread pool: the way to a mount point may lead to a server that does not respond.
 */
export function spaceOf({ directory, type, entry }: Mount): Awaitable<FilesystemSpace | undefined> {
  // A mount that covers this one may be that of a server.
  const isInMemory =
    entry !== undefined &&
    !entry.isCovered &&
    TYPES_IN_MEMORY.test(type) &&
    !PROJECT_QUOTA.test(entry.options);
  return (isInMemory ? statvfsCached(directory, entry.id) : undefined) ?? statvfs(directory);
}
