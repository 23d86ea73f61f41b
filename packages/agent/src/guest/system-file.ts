import { closeSync, constants, openSync, readSync } from 'node:fs';
import { EFBIG, errnoOf, errnoText, systemError } from '@guestwire/posix';

/** Files of the system that say one thing are small; one that is larger is not what it should be. */
const DEFAULT_LIMIT = 1 << 20;

/** Where all such files are read into, one at a time: a buffer for each would give the garbage collector work. */
const chunk = Buffer.allocUnsafeSlow(32 * 1024);

/** A file of the system could not be read: the message says it in GLib's words, as the reference does. */
export class SystemFileError extends Error {
  override readonly name = 'SystemFileError';
  /** The positive error number. */
  readonly errno: number;

  constructor(message: string, cause: unknown) {
    super(message, { cause });
    this.errno = errnoOf(cause) ?? 0;
  }
}

/**
 * Reads a small file that only root writes: below `/proc`, `/sys` or `/etc`. It is read in this thread, as such files
 * are in memory: a walk through the thread pool takes longer than the read. Never waits for the other end of a FIFO.
 *
 * @param limit bytes; a longer file is an error
 * @throws {SystemFileError}
 */
export function readSystemFile(path: string, limit = DEFAULT_LIMIT): Buffer {
  let step = 'open';
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    step = 'read from';
    return readAll(fd, limit);
  } catch (cause) {
    throw new SystemFileError(`Failed to ${step} file “${path}”: ${errnoText(cause)}`, cause);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Files below `/proc` do not tell their size, so reads go on until there is nothing. */
function readAll(fd: number, limit: number): Buffer {
  const parts: Buffer[] = [];
  for (let length = 0; ; ) {
    const count = readSync(fd, chunk);
    if (count === 0) return Buffer.concat(parts, length);
    length += count;
    if (length > limit) throw systemError(EFBIG, 'read');
    parts.push(Buffer.from(chunk.subarray(0, count)));
  }
}
