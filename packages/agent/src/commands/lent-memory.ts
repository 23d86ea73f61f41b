/** What is smaller costs little to have anew. */
const LEAST = 64 * 1024;
/** What is larger is not kept between requests. */
const MOST = 2 * 1024 * 1024;

/**
 * Memory for the data of large requests, lent and given back, so that the system need not find, clear and take back as much for
 * each of them: that takes it longer than to copy them.
 */
export class LentMemory {
  #spare: Buffer | undefined;
  /** What is out. Whoever never gives his back, loses nothing but this advantage. */
  readonly #lent = new WeakSet<ArrayBufferLike>();

  /** Memory of so many bytes that nobody else has, with anything in it. */
  take(length: number): Buffer {
    if (length < LEAST || length > MOST) return Buffer.allocUnsafe(length);
    const spare = this.#spare;
    this.#spare = undefined;
    const memory = spare !== undefined && spare.length >= length ? spare : Buffer.allocUnsafeSlow(length);
    this.#lent.add(memory.buffer);
    return memory.subarray(0, length);
  }

  /** Takes back what a buffer, or a part of it, lies in. Nobody may use it any more. Anything else is left alone. */
  giveBack({ buffer }: Buffer): void {
    if (!this.#lent.delete(buffer)) return;
    const { length = 0 } = this.#spare ?? {};
    if (buffer.byteLength > length) this.#spare = Buffer.from(buffer);
  }
}
