import { closeSync, constants, type Dirent, opendirSync, openSync, readSync, statSync } from 'node:fs';
import { EFBIG, systemError } from '@guestwire/posix';

/** Files of the system are small; a larger one is not what it should be. */
const DEFAULT_LIMIT_BYTES = 1 << 20;

/** Shared by all reads: they run in this thread, one after the other. */
const chunk = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * Reads a small file that only root writes, below `/proc`, `/sys` or `/etc`, in this thread: such files are in memory, and
 * the thread pool would take longer. Never waits for the other end of a FIFO. Throws a system error.
 * @param limit bytes; a longer file fails with `EFBIG`
 */
export function readSystemFile(path: string, limit = DEFAULT_LIMIT_BYTES): Buffer {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const parts: Buffer[] = [];
    // Files below /proc do not report their size.
    for (let length = 0; ; ) {
      const count = readSync(fd, chunk);
      if (count === 0) return Buffer.concat(parts, length);
      length += count;
      if (length > limit) throw systemError(EFBIG, 'read');
      parts.push(Buffer.from(chunk.subarray(0, count)));
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Reads a file of any length in this thread, in pieces of `size` bytes, the last of which may be shorter. A piece is valid
 * until the next one is requested. Never waits for the other end of a FIFO. Throws a system error.
 */
export function* readPieces(path: string, size: number): Generator<Buffer, void, undefined> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const piece = Buffer.allocUnsafeSlow(size);
    for (let length = size; length === size; ) {
      length = 0;
      for (let count = 1; count !== 0 && length < size; length += count) {
        count = readSync(fd, piece, length, size - length, null);
      }
      if (length > 0) yield piece.subarray(0, length);
    }
  } finally {
    closeSync(fd);
  }
}

/** What the kernel changes whenever the contents of a file change. */
export type FileVersion = readonly [device: number, inode: number, size: number, changedAtMs: number];

/** A change shortly after another one may have the same time in the file's status. */
const SETTLED_MS = 2000;

/**
 * Returns the version of a file, in this thread, to recognize contents that were read after this call; undefined if the file
 * cannot be found, or has changed so shortly before that a further change might not be seen.
 */
export function versionOf(path: string): FileVersion | undefined {
  try {
    const { dev, ino, size, ctimeMs } = statSync(path);
    return Math.abs(Date.now() - ctimeMs) < SETTLED_MS ? undefined : [dev, ino, size, ctimeMs];
  } catch {
    return undefined;
  }
}

export function isSameVersion(a: FileVersion, b: FileVersion | undefined): boolean {
  return b !== undefined && a.every((value, index) => value === b[index]);
}

/** Returns the entries of a folder in the kernel's order, which is that of some replies. Throws a system error. */
export function readDirectory(path: string): Dirent[] {
  const folder = opendirSync(path, { bufferSize: 256 });
  try {
    const entries: Dirent[] = [];
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) entries.push(entry);
    return entries;
  } finally {
    folder.closeSync();
  }
}

/** Returns a decimal integer exactly: as a `bigint` where a `number` would round. */
export function exactInteger(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

/** Returns the bytes up to the first NUL, where a string ends in C. */
export function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}
