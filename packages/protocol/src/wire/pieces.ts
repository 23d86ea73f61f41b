/** A piece shorter than this is copied: a reference to it would cost more than its bytes. */
const WORTH_KEEPING = 16 * 1024;
const SMALLEST_BLOCK = 256;
const LARGEST_BLOCK = 64 * 1024;

/**
 * Bytes of one token, collected from the chunks in which they arrive.
 *
 * A long piece is kept by reference if it is nearly all of the memory it would keep alive; everything else is
 * copied into blocks. So what is held is never much more than what was sent, in whatever portions it came.
 */
export class Pieces {
  #list: Buffer[] = [];
  #length = 0;
  #block: Buffer | undefined;
  #used = 0;

  /** Bytes collected so far. */
  get length(): number {
    return this.#length;
  }

  append(chunk: Buffer, from: number, to: number): void {
    const size = to - from;
    if (size === 0) return;
    if (size >= WORTH_KEEPING && size * 8 >= chunk.buffer.byteLength * 7) {
      this.#seal();
      this.#list.push(chunk.subarray(from, to));
    } else {
      this.#copy(chunk, from, to);
    }
    this.#length += size;
  }

  #copy(chunk: Buffer, from: number, to: number): void {
    let at = from;
    while (at < to) {
      if (this.#block === undefined || this.#used === this.#block.length) {
        this.#seal();
        const wanted = Math.max(to - at, this.#length, SMALLEST_BLOCK);
        this.#block = Buffer.allocUnsafeSlow(Math.min(wanted, LARGEST_BLOCK));
      }
      const taken = chunk.copy(this.#block, this.#used, at, to);
      this.#used += taken;
      at += taken;
    }
  }

  #seal(): void {
    if (this.#block !== undefined) this.#list.push(this.#block.subarray(0, this.#used));
    this.#block = undefined;
    this.#used = 0;
  }

  /** Gives the pieces away, in order, and starts anew. */
  take(): Buffer[] {
    this.#seal();
    const list = this.#list;
    this.clear();
    return list;
  }

  clear(): void {
    this.#list = [];
    this.#length = 0;
    this.#block = undefined;
    this.#used = 0;
  }
}
