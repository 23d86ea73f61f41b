/** A piece shorter than this is copied: a reference to it would cost more than its bytes. */
const WORTH_KEEPING = 16 * 1024;
const SMALLEST_BLOCK = 256;
const LARGEST_BLOCK = 64 * 1024;

/** Blocks that were given back: memory that is used again costs neither the system nor the garbage collector anything. */
const spare: Buffer[] = [];
const MOST_SPARE = 64;
/** The memory of all blocks of the largest size. */
const blocks = new WeakSet<ArrayBufferLike>();

const newBlock = (size: number): Buffer => {
  if (size < LARGEST_BLOCK) return Buffer.allocUnsafeSlow(size);
  const old = spare.pop();
  if (old !== undefined) return old;
  const block = Buffer.allocUnsafeSlow(LARGEST_BLOCK);
  blocks.add(block.buffer);
  return block;
};

/** Takes the memory of pieces back, as far as it is ours. Nobody may use them any more, nor give them back again. */
export const giveBack = (pieces: readonly Buffer[]): void => {
  for (const { buffer } of pieces) {
    if (spare.length < MOST_SPARE && blocks.has(buffer)) spare.push(Buffer.from(buffer));
  }
};

/**
 * Bytes of one token, collected from the chunks in which they arrive.
 *
 * A long piece is kept by reference, if that is allowed and it is nearly all of the memory it would keep alive; everything
 * else is copied into blocks. So what is held is never much more than what was sent, in whatever portions it came.
 */
export class Pieces {
  readonly #keeps: boolean;
  #list: Buffer[] = [];
  #length = 0;
  #block: Buffer | undefined;
  #used = 0;

  /** @param keeps may pieces be kept by reference? */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  /** Bytes collected so far. */
  get length(): number {
    return this.#length;
  }

  append(chunk: Buffer, from: number, to: number): void {
    const size = to - from;
    if (size === 0) return;
    if (this.#keeps && size >= WORTH_KEEPING && size * 8 >= chunk.buffer.byteLength * 7) {
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
        this.#block = newBlock(Math.min(wanted, LARGEST_BLOCK));
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
