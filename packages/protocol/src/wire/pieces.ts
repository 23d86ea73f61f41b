import {
  acquireBlock,
  BLOCK_SIZE_BYTES,
  decodeGroups,
  GROUP_LENGTH,
  GROUPS_WINDOW,
  Groups,
  isDigit,
  type Piece,
  releaseBlock,
} from '@guestwire/schema/text';

const SMALLEST_BLOCK = 256;

/** Collects the bytes of one token, copied or decoded from the chunks in which they arrive. Holds little more than was sent. */
export class Pieces {
  #list: Piece[] = [];
  #length = 0;
  #block: Buffer | undefined;
  #used = 0;
  /** Bytes of sealed blocks that hold nothing. */
  #unused = 0;
  /** True if the block holds decoded {@link Groups}. */
  #decoded = false;
  /** The beginning of an incomplete group, which comes after the block. */
  readonly #group = Buffer.alloc(GROUP_LENGTH);
  #begun = 0;

  /** Bytes collected so far. */
  get length(): number {
    return this.#length;
  }

  /** The number of bytes at the end that begin a group of base64. */
  get begun(): number {
    return this.#begun;
  }

  append(chunk: Buffer, from: number, to: number): void {
    const size = to - from;
    if (size === 0) return;
    this.#endGroups();
    this.#copy(chunk, from, to);
    this.#length += size;
  }

  /** Decodes and appends base64 text, which continues the last one or begins with a group. Returns its end, or a little less. */
  appendGroups(chunk: Buffer, from: number, to: number): number {
    let at = this.#completeGroup(chunk, from, to);
    if (this.#begun > 0) return at;
    while (to - at >= GROUP_LENGTH) {
      const groups = Math.min((to - at) >> 2, GROUPS_WINDOW / GROUP_LENGTH);
      const block = this.#room(3, (to - at) * 0.75, true);
      const characters = Math.min(groups, Math.floor((block.length - this.#used) / 3)) * GROUP_LENGTH;
      if (!decodeGroups(chunk, at, at + characters, block, this.#used)) return at;
      this.#used += (characters / GROUP_LENGTH) * 3;
      this.#length += characters;
      at += characters;
    }
    return this.#completeGroup(chunk, at, to);
  }

  /** Appends the characters that complete a group, or that begin the last one. */
  #completeGroup(chunk: Buffer, from: number, to: number): number {
    if (this.#begun === 0 && to - from >= GROUP_LENGTH) return from;
    let at = from;
    for (; at < to && this.#begun < GROUP_LENGTH; at++) {
      const code = chunk[at] as number;
      if (!isDigit(code)) break;
      this.#group[this.#begun++] = code;
      this.#length++;
    }
    if (this.#begun === GROUP_LENGTH) {
      decodeGroups(this.#group, 0, GROUP_LENGTH, this.#room(3, 3, true), this.#used);
      this.#used += 3;
      this.#begun = 0;
    }
    return at;
  }

  /** Treats an incomplete group as text. */
  #endGroups(): void {
    if (this.#begun === 0) return;
    const begun = this.#begun;
    this.#begun = 0;
    this.#copy(this.#group, 0, begun);
  }

  #copy(chunk: Buffer, from: number, to: number): void {
    let at = from;
    while (at < to) {
      const taken = chunk.copy(this.#room(1, to - at, false), this.#used, at, to);
      this.#used += taken;
      at += taken;
    }
  }

  /** Returns a block with room for `least` bytes; a new one has room for `wanted`, within limits. */
  #room(least: number, wanted: number, decoded: boolean): Buffer {
    if (this.#block === undefined || this.#decoded !== decoded || this.#block.length - this.#used < least) {
      this.#seal();
      const size = Math.max(Math.ceil(wanted), this.#length, SMALLEST_BLOCK);
      this.#block = acquireBlock(Math.min(size, BLOCK_SIZE_BYTES));
      this.#decoded = decoded;
    }
    return this.#block;
  }

  #seal(): void {
    const block = this.#block;
    if (block !== undefined && this.#used > 0) {
      let bytes = block.subarray(0, this.#used);
      const unused = block.length - this.#used;
      // A few bytes must not keep a large block more than once: a sender can alternate text and groups.
      if (unused > this.#used && this.#unused + unused > BLOCK_SIZE_BYTES) {
        bytes = Buffer.allocUnsafeSlow(this.#used);
        block.copy(bytes);
        releaseBlock(block);
      } else this.#unused += unused;
      this.#list.push(this.#decoded ? new Groups(bytes) : bytes);
    }
    this.#block = undefined;
    this.#used = 0;
  }

  /** Returns the pieces in order, and clears this. */
  take(): Piece[] {
    this.#endGroups();
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
    this.#unused = 0;
    this.#begun = 0;
  }
}
