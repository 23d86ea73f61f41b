import { closeFd, EBADF, statFd, systemError, type Whence } from '@guestwire/posix';
import { type Awaitable, after, ensure } from '../../awaitable.js';
import { fileIo } from './file-io.js';
import type { StreamRead } from './pending-read.js';
import { StdioBuffer, type StreamAccess } from './stdio-buffer.js';

/**
 * A C stdio stream over a descriptor, buffered as in glibc, since a host can observe when bytes reach the file
 * (qemu-ga §5.7). As in C, a write after a read requires a seek in between, and a read after a write a flush or a seek.
 *
 * All methods fail with system errors; those that return an {@link Awaitable} throw them if they end at once. Callers await one
 * call before the next. Only `close` may be called at any time: it
 * waits for the call in progress, and later calls fail.
 */
export class StdioStream {
  readonly #fd: number;
  readonly #buffer: StdioBuffer;
  /** Settles when no call is in progress. */
  #idle: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(fd: number, buffer: StdioBuffer) {
    this.#fd = fd;
    this.#buffer = buffer;
  }

  /** Creates a stream for a descriptor that was just opened, and closes it with the stream. */
  static async attach(fd: number, access: StreamAccess): Promise<StdioStream> {
    const stats = await statFd(fd);
    const io = await fileIo(fd, stats.isFile());
    return new StdioStream(fd, new StdioBuffer(fd, io, access, stats));
  }

  /**
   * Reads `count` bytes, fewer at the end of the file or if a non-blocking descriptor has no more.
   * @param allocate returns the space, for the bytes that are available rather than for `count`
   */
  read(count: number, allocate: (length: number) => Buffer = Buffer.allocUnsafe): Awaitable<StreamRead> {
    return this.#withIndicator(() => this.#buffer.read(count, allocate));
  }

  /** Writes all of `data`. If that fails, the buffered data is lost, as in C. */
  write(data: Buffer): Awaitable<void> {
    return this.#withIndicator(() => this.#buffer.write(data));
  }

  async seek(distance: bigint, whence: Whence): Promise<bigint> {
    return this.#exclusive(async () => {
      try {
        return await this.#buffer.seek(distance, whence);
      } finally {
        this.#buffer.failed = false;
      }
    });
  }

  /** Writes the buffered data, and discards data that was read ahead. */
  async flush(): Promise<void> {
    return this.#exclusive(() => this.#buffer.flush());
  }

  /** Writes the buffered data and closes the descriptor, even if this fails. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#idle;
    try {
      await this.#buffer.drain();
    } catch (error) {
      await closeFd(this.#fd).catch(() => {});
      throw error;
    }
    await closeFd(this.#fd);
  }

  /** Clears the error indicator; if it was set before, the operation fails without an error number. */
  #withIndicator<T>(operation: () => Awaitable<T>): Awaitable<T> {
    return this.#exclusive(() => {
      const { failed } = this.#buffer;
      const work = (): Awaitable<T> =>
        after(operation(), (result) => {
          if (failed) throw systemError(0, 'earlier write');
          return result;
        });
      return ensure(work, () => {
        this.#buffer.failed = false;
      });
    });
  }

  /** Records the call in progress, for {@link close}. */
  #exclusive<T>(operation: () => Awaitable<T>): Awaitable<T> {
    if (this.#closed) throw systemError(EBADF, 'stream');
    const work = operation();
    if (work instanceof Promise) this.#idle = work.catch(() => {});
    return work;
  }
}
