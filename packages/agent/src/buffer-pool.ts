/** Smaller buffers cost little to allocate. */
const MIN_POOLED_BYTES = 64 * 1024;
/** Larger buffers are not kept between requests. */
const MAX_POOLED_BYTES = 2 * 1024 * 1024;

/**
 * Keeps one buffer for the data of large requests. Having the system find, clear and take back memory for each request
 * takes longer than copying the data.
 */
export class BufferPool {
  #spare: Buffer | undefined;
  /** Memory that has been acquired. Memory that is never released is collected as usual. */
  readonly #acquired = new WeakSet<ArrayBufferLike>();

  /** Returns uninitialized memory of `length` bytes. */
  acquire(length: number): Buffer {
    if (length < MIN_POOLED_BYTES || length > MAX_POOLED_BYTES) return Buffer.allocUnsafe(length);
    const spare = this.#spare;
    this.#spare = undefined;
    const memory = spare !== undefined && spare.length >= length ? spare : Buffer.allocUnsafeSlow(length);
    this.#acquired.add(memory.buffer);
    return memory.subarray(0, length);
  }

  /** Takes back the memory of a buffer, or of a part of it, which must not be used any more. Ignores other memory. */
  release({ buffer }: Buffer): void {
    if (!this.#acquired.delete(buffer)) return;
    const { length = 0 } = this.#spare ?? {};
    if (buffer.byteLength > length) this.#spare = Buffer.from(buffer);
  }
}
