import { discardMemory } from '@guestwire/posix';
import { IdleTimer } from '@guestwire/schema/text';

/** Smaller buffers cost little to allocate. */
const MIN_POOLED_BYTES = 4 * 1024;
/** The spare buffer has at least this size, so that requests of different sizes share one. */
const MIN_KEPT_BYTES = 64 * 1024;
/** Larger buffers are not kept between requests. */
const MAX_POOLED_BYTES = 48 * 1024 * 1024;
/** Larger buffers are dropped when none has been released for some time. */
const MAX_IDLE_BYTES = 2 * 1024 * 1024;

/**
 * Keeps one buffer for the data of requests. Having the system find, clear and take back memory for each request takes
 * longer than copying the data.
 */
export class BufferPool {
  #spare: Buffer | undefined;
  /** Memory that has been acquired. Memory that is never released is collected as usual. */
  readonly #acquired = new WeakSet<ArrayBufferLike>();
  readonly #idleTimer = new IdleTimer(() => {
    if (this.#spare === undefined || this.#spare.length <= MAX_IDLE_BYTES) return;
    // The next large buffer may be allocated before this one is collected.
    discardMemory(this.#spare.buffer);
    this.#spare = undefined;
  });

  /** Returns uninitialized memory of `length` bytes. */
  acquire(length: number): Buffer {
    if (length < MIN_POOLED_BYTES || length > MAX_POOLED_BYTES) return Buffer.allocUnsafe(length);
    const spare = this.#spare;
    this.#spare = undefined;
    const fits = spare !== undefined && spare.length >= length;
    const memory = fits ? spare : Buffer.allocUnsafeSlow(Math.max(length, MIN_KEPT_BYTES));
    this.#acquired.add(memory.buffer);
    return memory.subarray(0, length);
  }

  /** Takes back the memory of a buffer, or of a part of it, which must not be used any more. Ignores other memory. */
  release({ buffer }: Buffer): void {
    if (!this.#acquired.delete(buffer)) return;
    const { length = 0 } = this.#spare ?? {};
    if (buffer.byteLength > length) this.#spare = Buffer.from(buffer);
    if (buffer.byteLength > MAX_IDLE_BYTES) this.#idleTimer.use();
  }
}
