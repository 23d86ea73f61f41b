import { writeSync } from 'node:fs';
import { EAGAIN, EINTR, errnoOf } from '@guestwire/posix';

/** Bytes that may be queued for a host that does not read. */
export const OUTPUT_LIMIT_BYTES = 256 * 1024;

/** Bytes to be written to a descriptor. */
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
