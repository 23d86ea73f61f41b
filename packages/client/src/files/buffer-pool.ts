/** Buffers that are reused. A new buffer comes from the system page by page, which costs as much as filling it. */
export class BufferPool {
  readonly #free: Buffer[] = [];

  /** Returns a buffer of at least `size` bytes with arbitrary contents. */
  acquire(size: number): Buffer {
    const buffer = this.#free.pop();
    return buffer !== undefined && buffer.length >= size ? buffer : Buffer.allocUnsafeSlow(size);
  }

  /** Takes back a buffer that is not used any more. */
  release(buffer: Buffer): void {
    this.#free.push(buffer);
  }
}

/**
 * Returns an allocator of consecutive slices of one buffer, which is faster than a buffer for each chunk. `buffer` has
 * room for `count` chunks; if absent, it is allocated at the first full chunk.
 */
export function sliceAllocator(
  chunkSize: number,
  count: number,
  buffer?: Buffer,
): (length: number) => Buffer {
  let free = buffer;
  return (length) => {
    // A short chunk is the last one: it must not keep the memory of the others alive.
    if (length > chunkSize || (length < chunkSize && buffer === undefined)) {
      return Buffer.allocUnsafeSlow(length);
    }
    free ??= Buffer.allocUnsafeSlow(chunkSize * count);
    const slice = free.subarray(0, length);
    free = free.subarray(length);
    return slice;
  };
}
