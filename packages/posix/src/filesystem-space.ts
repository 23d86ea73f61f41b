import { closeSync } from 'node:fs';
import { CFunction } from './library.js';
import { openCachedSync } from './open-beneath.js';
import { O_PATH } from './open-flags.js';

/** The space of a filesystem, in blocks. */
export interface FilesystemSpace {
  readonly blockSize: bigint;
  readonly blocks: bigint;
  readonly free: bigint;
  /** Free blocks for users without privileges. */
  readonly available: bigint;
}

/** `struct statvfs` of glibc on 64-bit machines begins with eleven words. */
const STATVFS_SIZE_BYTES = 112;

/** `struct file_handle`: its size, its type, and the longest handle. */
const FILE_HANDLE_BYTES = 128;
const FILE_HANDLE_HEAD_BYTES = 8;

const AT_EMPTY_PATH = 0x1000;

const NUL = Buffer.alloc(1);

const cStatvfs = new CFunction('int statvfs(const void *path, void *into)');
const cFstatvfs = new CFunction('int fstatvfs(int fd, void *into)');
const cNameToHandleAt = new CFunction(
  'int name_to_handle_at(int folder, const void *path, void *handle, void *mount, int flags)',
);

/** Returns the space of the filesystem that a path is on, from the thread pool; undefined if that fails. */
export async function statvfs(path: Buffer): Promise<FilesystemSpace | undefined> {
  const words = new BigUint64Array(STATVFS_SIZE_BYTES / 8);
  const result = await cStatvfs.callAsync(Buffer.concat([path, NUL]), words.buffer);
  return result === 0 ? spaceOf(words) : undefined;
}

/**
 * Returns the space of the filesystem of a mount, in this thread, without waiting for a server on the way to its mount point.
 * The caller knows that the filesystem itself answers from memory.
 * @param path the mount point
 * @param mountId the number of the mount, as in `/proc/self/mountinfo`
 * @returns undefined if the thread pool has to ask: the way is not in the kernel's cache, or leads to another mount
 */
export function statvfsCached(path: Buffer, mountId: number): FilesystemSpace | undefined {
  const fd = openCachedSync(path, O_PATH);
  if (fd < 0) return undefined;
  try {
    if (mountIdOf(fd) !== mountId) return undefined;
    const words = new BigUint64Array(STATVFS_SIZE_BYTES / 8);
    return cFstatvfs.raw(fd, words.buffer) === 0 ? spaceOf(words) : undefined;
  } finally {
    closeSync(fd);
  }
}

/** Returns the number of the mount that an open place is on, without asking its filesystem; undefined if that fails. */
function mountIdOf(fd: number): number | undefined {
  if (!cNameToHandleAt.isAvailable) return undefined;
  const handle = new Uint32Array((FILE_HANDLE_HEAD_BYTES + FILE_HANDLE_BYTES) / 4);
  handle[0] = FILE_HANDLE_BYTES;
  const id = new Int32Array(1);
  return cNameToHandleAt.raw(fd, NUL, handle, id, AT_EMPTY_PATH) === 0 ? id[0] : undefined;
}

function spaceOf([
  ,
  blockSize = 0n,
  blocks = 0n,
  free = 0n,
  available = 0n,
]: BigUint64Array): FilesystemSpace {
  return { blockSize, blocks, free, available };
}
