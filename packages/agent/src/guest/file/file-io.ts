import { fstatSync, readSync, statfs, writeSync } from 'node:fs';
import {
  EAGAIN,
  readCachedSync,
  readFd,
  SEEK_END,
  seekFd,
  seekFdSync,
  sizeOfFd,
  type Whence,
  writeFd,
} from '@guestwire/posix';

/** `f_type` of the filesystems in memory: tmpfs and ramfs. */
const MEMORY_FILESYSTEMS: readonly number[] = [0x01021994, 0x858458f6];

/** Larger transfers go through the thread pool: they would block the event loop for too long. */
const MAX_SYNC_BYTES = 1024 * 1024;

/**
 * The system calls on one open file, at its own offset. Calls that cannot block run in this thread, since the thread pool
 * costs many times as much as a small transfer; all others run in the pool, so that a slow disk or a frozen filesystem
 * does not block the agent. Fails with system errors.
 */
export interface FileIo {
  /** Returns the number of bytes read, 0 at the end of the file; it may be fewer than `length` before the end. */
  read(into: Buffer, at: number, length: number): number | Promise<number>;
  /** Returns the number of bytes written. */
  write(bytes: Buffer, at: number): number | Promise<number>;
  /** Moves the offset and returns it. */
  seek(offset: bigint, whence: Whence): bigint | Promise<bigint>;
  size(): bigint | Promise<bigint>;
}

/** @param regular true for a regular file; any call on a device may block */
export async function fileIo(fd: number, regular: boolean): Promise<FileIo> {
  const inMemory = regular && (await isInMemory(fd));
  /** Reads try the kernel's cache first. */
  let cached = regular && !inMemory;
  return {
    read(into, at, length) {
      if (length <= MAX_SYNC_BYTES) {
        if (inMemory) return readSync(fd, into, at, length, null);
        if (cached) {
          const got = readCachedSync(fd, into.subarray(at, at + length));
          if (got >= 0) return got;
          // The read below reports any other error.
          if (got !== -EAGAIN) cached = false;
        }
      }
      return readFd(fd, into, at, length);
    },

    write(bytes, at) {
      // On a disk even a write to the cache may block: for the disk, or for a thaw.
      return inMemory && bytes.length - at <= MAX_SYNC_BYTES
        ? writeSync(fd, bytes, at, bytes.length - at, null)
        : writeFd(fd, bytes, at);
    },

    seek(offset, whence) {
      // The end of a file on a network filesystem may require a request.
      return inMemory || (regular && whence !== SEEK_END)
        ? seekFdSync(fd, offset, whence)
        : seekFd(fd, offset, whence);
    },

    size: () => (inMemory ? fstatSync(fd, { bigint: true }).size : sizeOfFd(fd)),
  };
}

function isInMemory(fd: number): Promise<boolean> {
  return new Promise((resolve) => {
    statfs(`/proc/self/fd/${fd}`, (error, stats) => {
      resolve(error === null && MEMORY_FILESYSTEMS.includes(stats.type));
    });
  });
}
