import { readvSync } from 'node:fs';

/** What is read at once, at most. */
export const SLAB_SIZE = 64 * 1024;

/** A virtio port gives at most this many bytes to each buffer of a call, however large the buffer is. */
const PAGE_SIZE = 4096;

/** Space to read into, with a buffer for each page: one call can then bring a slab's worth out of a virtio port. */
export class InputSlab {
  #bytes = Buffer.alloc(0);
  #pages: readonly Buffer[] = [];

  /**
   * Reads what a non-blocking descriptor has, a slab's worth at most; nothing at the end of the file. The bytes are
   * the caller's. Throws Node's system error.
   */
  read(fd: number): Buffer {
    if (this.#bytes.length === 0) this.#renew();
    const length = readvSync(fd, this.#pages);
    const chunk = this.#bytes.subarray(0, length);
    // To copy a little is cheaper than to give a slab away for it, and keeps no slab alive.
    if (length < SLAB_SIZE / 2) return Buffer.from(chunk);
    this.#bytes = Buffer.alloc(0);
    return chunk;
  }

  #renew(): void {
    const slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
    this.#bytes = slab;
    this.#pages = Array.from({ length: SLAB_SIZE / PAGE_SIZE }, (_, page) =>
      slab.subarray(page * PAGE_SIZE, (page + 1) * PAGE_SIZE),
    );
  }
}
