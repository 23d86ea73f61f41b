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

/** `f_type` of the filesystems that are memory and nothing else: tmpfs and ramfs. */
const MEMORY_FILESYSTEMS: readonly number[] = [0x01021994, 0x858458f6];

/** More than so many bytes at once go through the thread pool: they would hold up everything else for too long. */
const AT_ONCE = 1024 * 1024;

/**
 * The system calls on one open file, at its own offset. What is certain not to wait is done at once, since the way
 * through the thread pool costs many times as much as a small transfer; all else goes that way, so that a slow disk,
 * or a filesystem that somebody has frozen, never holds up the agent. Fails with system errors.
 */
export interface FileIo {
  /** How many bytes there were, 0 at the end of the file. Of a regular file it may be fewer than there are. */
  read(into: Buffer, at: number, length: number): number | Promise<number>;
  /** How many bytes were taken. */
  write(bytes: Buffer, at: number): number | Promise<number>;
  /** Moves the offset and says where it is then. */
  seek(offset: bigint, whence: Whence): bigint | Promise<bigint>;
  /** The size, exactly. */
  size(): bigint | Promise<bigint>;
}

/** @param regular whether it is a regular file: of a device nobody knows what waits */
export async function fileIo(fd: number, regular: boolean): Promise<FileIo> {
  const inMemory = regular && (await isInMemory(fd));
  /** Reads may be tried on the kernel's cache. */
  let cached = regular && !inMemory;
  return {
    read(into, at, length) {
      if (length <= AT_ONCE) {
        if (inMemory) return readSync(fd, into, at, length, null);
        if (cached) {
          const got = readCachedSync(fd, into.subarray(at, at + length));
          if (got >= 0) return got;
          // Whatever it is, the slow way tells it.
          if (got !== -EAGAIN) cached = false;
        }
      }
      return readFd(fd, into, at, length);
    },

    write(bytes, at) {
      // Elsewhere even a write to the cache may wait: for the disk to catch up, or for a thaw.
      return inMemory && bytes.length - at <= AT_ONCE
        ? writeSync(fd, bytes, at, bytes.length - at, null)
        : writeFd(fd, bytes, at);
    },

    seek(offset, whence) {
      // The end of a file in a network may have to be asked for.
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
