import { close, fchmod, fstat, fsync, open, read, type Stats, write } from 'node:fs';
import { promisify } from 'node:util';
import { check, ENOSYS } from './errno.js';
import { CFunction } from './library.js';

/** The origins of an offset, as `lseek` numbers them. */
export const SEEK_SET = 0;
export const SEEK_CUR = 1;
export const SEEK_END = 2;
export type Whence = typeof SEEK_SET | typeof SEEK_CUR | typeof SEEK_END;

const RWF_NOWAIT = 0x8;
const CURRENT_OFFSET = -1;

/** The kernel’s error numbers are below this. */
const ERRNO_RANGE = 4096;

const cLseek = new CFunction<number | bigint>('int64_t lseek(int fd, int64_t offset, int whence)');
const cPreadv2 = new CFunction(
  'int64_t preadv2(int fd, iovec *vector, int count, int64_t offset, int flags)',
  { iovec: { base: 'void *', length: 'size_t' } },
);

/** Opens a file in the thread pool; the descriptor is not inherited by child processes. Rejects with a system error. */
export const openFd: (path: Buffer | string, flags: number, mode?: number) => Promise<number> =
  promisify(open);

/** Closes a descriptor in the thread pool. Rejects with a system error. */
export const closeFd: (fd: number) => Promise<void> = promisify(close);

/** Changes the mode of an open file in the thread pool. Rejects with a system error. */
export const chmodFd: (fd: number, mode: number) => Promise<void> = promisify(fchmod);

/** Waits until what was written is on the disk. Rejects with a system error. */
export const syncFd: (fd: number) => Promise<void> = promisify(fsync);

/** Returns the status of an open file. Rejects with a system error. */
export const statFd: (fd: number) => Promise<Stats> = promisify(fstat);

/** Returns the size of an open file, exactly. Rejects with a system error. */
export function sizeOfFd(fd: number): Promise<bigint> {
  return new Promise((resolve, reject) => {
    fstat(fd, { bigint: true }, (error, stats) => (error === null ? resolve(stats.size) : reject(error)));
  });
}

/**
 * Reads at the descriptor's own offset, in the thread pool: returns the number of bytes, 0 at the end of the file.
 * Rejects with a system error.
 */
export function readFd(fd: number, into: Buffer, at: number, length: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, into, at, length, null, (error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

/** Writes at the descriptor's own offset, in the thread pool: returns the number of bytes. Rejects with a system error. */
export function writeFd(fd: number, bytes: Buffer, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, at, bytes.length - at, null, (error, count) =>
      error === null ? resolve(count) : reject(error),
    );
  });
}

/** Offsets of `/dev/mem` may be negative; only the range of error numbers is an error. */
function checkOffset(offset: number | bigint): bigint {
  return BigInt(offset > -ERRNO_RANGE ? check(offset, 'lseek') : offset);
}

/** Moves the descriptor's offset, in this thread, and returns it. Throws a system error. */
export function seekFdSync(fd: number, offset: bigint, whence: Whence): bigint {
  return checkOffset(cLseek.call(fd, offset, whence));
}

/** Moves the descriptor's offset, in the thread pool, and returns it. Rejects with a system error. */
export async function seekFd(fd: number, offset: bigint, whence: Whence): Promise<bigint> {
  return checkOffset(await cLseek.callAsync(fd, offset, whence));
}

/**
 * Reads at the descriptor's own offset what the kernel has in memory, in this thread, without waiting for a disk. Returns
 * the number of bytes, 0 at the end of the file, or a negated error number: `EAGAIN` if it would have to wait.
 */
export function readCachedSync(fd: number, into: Buffer): number {
  if (!cPreadv2.isAvailable) return -ENOSYS;
  return cPreadv2.call(fd, { base: into, length: into.length }, 1, CURRENT_OFFSET, RWF_NOWAIT);
}
