import { readvSync, writeSync } from 'node:fs';
import { EAGAIN, EINTR, errnoOf } from '@guestwire/posix';

/** Bytes that may be queued for a host that does not read. */
export const OUTPUT_LIMIT_BYTES = 256 * 1024;

/** Bytes that have not been written, and what to do once they are. */
interface Output {
  bytes: Buffer;
  readonly onSent: ((bytes: Buffer) => void) | undefined;
}

export class OutputQueue {
  #queue: Output[] = [];
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

  /** @param onSent called once the bytes are written, but not if they are dropped */
  add(bytes: Buffer, onSent?: (bytes: Buffer) => void): void {
    if (bytes.length === 0) return;
    this.#queue.push({ bytes, onSent });
    this.#bytes += bytes.length;
  }

  /** Writes as much as a non-blocking descriptor takes. If the host is gone, the rest is dropped (qemu-ga §2.1). */
  flush(fd: number): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      let written: number;
      try {
        written = writeSync(fd, next.bytes);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno !== EAGAIN && errno !== EINTR) this.drop();
        return;
      }
      this.#bytes -= written;
      next.bytes = next.bytes.subarray(written);
      if (next.bytes.length > 0) continue;
      this.#queue.shift();
      next.onSent?.(next.bytes);
    }
  }

  drop(): void {
    this.#queue = [];
    this.#bytes = 0;
  }
}

export const INPUT_SIZE_BYTES = 64 * 1024;

/** A virtio port fills at most this much of each buffer of a call, however large the buffer is. */
const PAGE_SIZE_BYTES = 4096;

/** Memory to read into, with a buffer for each page: one call can then fill all of it from a virtio port. */
export class InputBuffer {
  readonly memory = Buffer.allocUnsafeSlow(INPUT_SIZE_BYTES);
  readonly #pages: readonly Buffer[] = Array.from({ length: INPUT_SIZE_BYTES / PAGE_SIZE_BYTES }, (_, page) =>
    this.memory.subarray(page * PAGE_SIZE_BYTES, (page + 1) * PAGE_SIZE_BYTES),
  );

  /**
   * Reads from a non-blocking descriptor; returns no bytes at the end of the file. The next call overwrites them. Throws
   * Node's system error.
   */
  read(fd: number): Buffer {
    return this.memory.subarray(0, readvSync(fd, this.#pages));
  }
}
