import { Socket } from 'node:net';
import type { MemoryBudget } from './memory-budget.js';

/** So much of what a process writes to one pipe is kept (qemu-ga §5.8). */
const CAPTURE_LIMIT = 16 * 1024 * 1024;

/** The memory to begin with; it is doubled as need be. */
const FIRST_SIZE = 4096;

/** Where all pipes are read into; what is to be kept is copied from here before the next read. */
const landing = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * What comes out of a pipe. It is read to its end whatever happens, so that nobody who writes has to wait; only the
 * first {@link CAPTURE_LIMIT} bytes are kept, or fewer if there is no memory left for more.
 */
export class Capture {
  readonly #socket: Socket;
  readonly #budget: MemoryBudget;
  #memory = Buffer.alloc(0);
  #length = 0;
  #truncated = false;
  #wanted = true;
  #ended = false;

  /**
   * @param fd the end of a pipe to read from; it is closed when there is no more to read
   * @param ended called once, when nobody can write to the pipe any more
   */
  constructor(fd: number, budget: MemoryBudget, ended: () => void) {
    this.#budget = budget;
    const onread = {
      buffer: landing,
      callback: (length: number) => {
        this.#keep(landing.subarray(0, length));
        return true;
      },
    };
    // The constructor takes `onread` as `connect` does; the type does not say so.
    const options = { fd, readable: true, writable: false, onread };
    this.#socket = new Socket(options);
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => {
      this.#ended = true;
      ended();
    });
  }

  /** True when nobody can write to the pipe any more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** What has been kept. */
  get data(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  /** True if there was more than what has been kept. */
  get truncated(): boolean {
    return this.#truncated;
  }

  /** Lets go of what has been kept; the rest of the pipe is still read, and dropped. */
  forget(): void {
    this.#wanted = false;
    this.#budget.give(this.#memory.length);
    this.#memory = Buffer.alloc(0);
    this.#length = 0;
  }

  /** Reads no more. Who writes from now on gets a broken pipe. */
  close(): void {
    this.#socket.destroy();
  }

  #keep(bytes: Buffer): void {
    if (!this.#wanted || this.#truncated) return;
    this.#makeRoom(this.#length + bytes.length);
    // What does not fit is not copied.
    const kept = bytes.copy(this.#memory, this.#length);
    this.#length += kept;
    this.#truncated = kept < bytes.length;
  }

  #makeRoom(length: number): void {
    const had = this.#memory.length;
    if (length <= had || had === CAPTURE_LIMIT) return;
    let size = Math.max(had, FIRST_SIZE);
    while (size < length) size *= 2;
    size = Math.min(size, CAPTURE_LIMIT);
    if (!this.#budget.take(size - had)) return;
    const memory = Buffer.allocUnsafeSlow(size);
    this.#memory.copy(memory, 0, 0, this.#length);
    this.#memory = memory;
  }
}
