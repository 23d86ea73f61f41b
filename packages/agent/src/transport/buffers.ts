import { readvSync, writeSync } from 'node:fs';
import { EAGAIN, EINTR, errnoOf } from '@guestwire/posix';

/** Bytes that may be queued for a host that does not read. */
export const OUTPUT_LIMIT_BYTES = 256 * 1024;

export class OutputQueue {
  #buffers: Buffer[] = [];
  #bytes = 0;

  get empty(): boolean {
    return this.#bytes === 0;
  }

  /** True when no more should be added for now; bytes that are added anyway are kept. */
  get full(): boolean {
    return this.#bytes >= OUTPUT_LIMIT_BYTES;
  }

  /** True when more may be added again. */
  get roomy(): boolean {
    return this.#bytes <= OUTPUT_LIMIT_BYTES / 2;
  }

  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#buffers.push(bytes);
    this.#bytes += bytes.length;
  }

  /** Writes as much as a non-blocking descriptor takes. If the host is gone, the rest is dropped (qemu-ga §2.1). */
  flush(fd: number): void {
    for (let next = this.#buffers[0]; next !== undefined; next = this.#buffers[0]) {
      let written: number;
      try {
        written = writeSync(fd, next);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno !== EAGAIN && errno !== EINTR) this.drop();
        return;
      }
      this.#bytes -= written;
      if (written === next.length) this.#buffers.shift();
      else this.#buffers[0] = next.subarray(written);
    }
  }

  drop(): void {
    this.#buffers = [];
    this.#bytes = 0;
  }
}

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
