import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import { EAGAIN, errnoOf } from '@guestwire/posix';

/** The memory to start with; it is doubled as needed. */
const FIRST_SIZE_BYTES = 4096;

/** All pipes are read into this; bytes to be kept are copied before the next read. */
const landing = Buffer.allocUnsafeSlow(64 * 1024);

export interface OutputCaptureOptions {
  /** Bytes to keep; the rest is read and dropped. */
  readonly limit: number;
  /** Where memory is acquired; if it is refused, fewer bytes are kept. */
  readonly budget?: MemoryBudget;
  /** Called once, when no process can write to the pipe any more. */
  readonly onEnd?: () => void;
}

/** Captures what is written to a pipe. The pipe is always read to its end, so that no writer has to wait. */
export class OutputCapture implements Disposable {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #limit: number;
  readonly #budget: MemoryBudget | undefined;
  #memory = Buffer.alloc(0);
  #length = 0;
  #truncated = false;
  #isKept = true;
  #ended = false;
  /** Bytes to read before the pipe is closed. */
  #dropLimit = Number.POSITIVE_INFINITY;

  /** @param fd the end of a pipe to read from; it is closed at the end of the output */
  constructor(fd: number, { limit, budget, onEnd }: OutputCaptureOptions) {
    this.#fd = fd;
    this.#limit = limit;
    this.#budget = budget;
    const onread = {
      buffer: landing,
      callback: (length: number) => {
        this.#keep(landing.subarray(0, length));
        return !this.#socket.destroyed;
      },
    };
    // The constructor takes `onread` as `connect` does; the type does not say so.
    const options = { fd, readable: true, writable: false, onread };
    this.#socket = new Socket(options);
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#ended = true;
      onEnd?.();
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  get data(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  get truncated(): boolean {
    return this.#truncated;
  }

  /** Keeps what is in the pipe now, up to the limit, without waiting for its end. Throws a system error. */
  drain(): void {
    try {
      // The socket has made the descriptor non-blocking. A process may write faster than this reads.
      for (let length = -1; length !== 0 && !this.#truncated && !this.#socket.destroyed; ) {
        length = readSync(this.#fd, landing);
        this.#keep(landing.subarray(0, length));
      }
    } catch (error) {
      if (errnoOf(error) !== EAGAIN) throw error;
    }
  }

  /** Frees the bytes that were kept; the rest of the pipe is still read, and dropped. */
  forget(): void {
    this.#isKept = false;
    this.#budget?.release(this.#memory.length);
    this.#memory = Buffer.alloc(0);
    this.#length = 0;
  }

  /**
   * Frees the bytes that were kept, and reads and drops up to `limit` more; then a later write to the pipe fails. This does
   * not keep the process alive.
   */
  drop(limit: number): void {
    this.forget();
    this.#dropLimit = limit;
    this.#socket.unref();
  }

  /** Reads no more. A later write to the pipe fails. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #keep(bytes: Buffer): void {
    this.#dropLimit -= bytes.length;
    if (this.#dropLimit < 0) this.#socket.destroy();
    if (!this.#isKept || this.#truncated) return;
    this.#reserve(this.#length + bytes.length);
    // `copy` copies what fits.
    const kept = bytes.copy(this.#memory, this.#length);
    this.#length += kept;
    this.#truncated = kept < bytes.length;
  }

  #reserve(length: number): void {
    const oldSize = this.#memory.length;
    if (length <= oldSize || oldSize === this.#limit) return;
    let size = Math.max(oldSize, FIRST_SIZE_BYTES);
    while (size < length) size *= 2;
    size = Math.min(size, this.#limit);
    if (this.#budget?.acquire(size - oldSize) === false) return;
    const memory = Buffer.allocUnsafeSlow(size);
    this.#memory.copy(memory, 0, 0, this.#length);
    this.#memory = memory;
  }
}

/** Limits the memory that several owners hold together. */
export class MemoryBudget {
  #available: number;
  readonly #reclaim: () => boolean;

  /**
   * @param bytes the limit
   * @param reclaim called if there is not enough: releases something dispensable, or returns false
   */
  constructor(bytes: number, reclaim: () => boolean) {
    this.#available = bytes;
    this.#reclaim = reclaim;
  }

  /** Returns false if `bytes` are not available. */
  acquire(bytes: number): boolean {
    while (this.#available < bytes) if (!this.#reclaim()) return false;
    this.#available -= bytes;
    return true;
  }

  release(bytes: number): void {
    this.#available += bytes;
  }
}
