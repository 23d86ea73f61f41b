import { readvSync } from 'node:fs';

/** The most that one read returns. */
export const INPUT_SIZE_BYTES = 64 * 1024;

/** A virtio port fills at most this much of each buffer of a call, however large the buffer is. */
const PAGE_SIZE_BYTES = 4096;

/** Memory to read into, with a buffer for each page: one call can then fill all of it from a virtio port. */
export class InputBuffer {
  #memory = Buffer.alloc(0);
  #pages: readonly Buffer[] = [];

  /**
   * Reads from a non-blocking descriptor; returns no bytes at the end of the file. The caller owns the bytes. Throws
   * Node's system error.
   */
  read(fd: number): Buffer {
    if (this.#memory.length === 0) this.#renew();
    const length = readvSync(fd, this.#pages);
    const chunk = this.#memory.subarray(0, length);
    // Copying a small chunk is cheaper than giving the memory away, and keeps less alive.
    if (length < INPUT_SIZE_BYTES / 2) return Buffer.from(chunk);
    this.#memory = Buffer.alloc(0);
    return chunk;
  }

  #renew(): void {
    const memory = Buffer.allocUnsafeSlow(INPUT_SIZE_BYTES);
    this.#memory = memory;
    this.#pages = Array.from({ length: INPUT_SIZE_BYTES / PAGE_SIZE_BYTES }, (_, page) =>
      memory.subarray(page * PAGE_SIZE_BYTES, (page + 1) * PAGE_SIZE_BYTES),
    );
  }
}
