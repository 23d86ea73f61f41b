import { EAGAIN, errnoOf } from '@guestwire/posix';

/** Initial space for a read of unknown length. */
export const INITIAL_READ_BYTES = 64 * 1024;

export interface StreamRead {
  readonly data: Buffer;
  /** True if a read returned no bytes, not merely if the last byte was read. */
  readonly eof: boolean;
}

/** A read that is not complete. */
export class PendingRead {
  readonly #count: number;
  /** The bytes so far, and the space for more. */
  data: Buffer;
  /** The number of bytes so far. */
  length = 0;

  /** @param data space for some of the `count` bytes */
  constructor(count: number, data: Buffer) {
    this.#count = count;
    this.data = data;
  }

  /** The number of bytes that have not been read. */
  get missing(): number {
    return this.#count - this.length;
  }

  /** Copies the bytes of `source` that are missing, and returns their number. */
  take(source: Buffer | undefined, from: number, to: number): number {
    const count = Math.min(to - from, this.missing);
    if (source === undefined || count === 0) return 0;
    source.copy(this.withRoom(count).data, this.length, from, from + count);
    this.length += count;
    return count;
  }

  /** Makes room for `bytes` more. */
  withRoom(bytes: number): this {
    if (this.data.length - this.length >= bytes) return this;
    const larger = Math.max(this.data.length * 2, this.length + bytes, INITIAL_READ_BYTES);
    const { data } = this;
    this.data = Buffer.allocUnsafe(Math.min(this.#count, larger));
    data.copy(this.data, 0, 0, this.length);
    return this;
  }

  end(eof: boolean): StreamRead {
    return { data: this.data.subarray(0, this.length), eof };
  }

  /** A non-blocking descriptor that has no more bytes now ends a read, unless it has read none. */
  interrupt(error: unknown): StreamRead {
    if (this.length === 0 || errnoOf(error) !== EAGAIN) throw error;
    return this.end(false);
  }
}
