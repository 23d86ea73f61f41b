import {
  BLOCK_SIZE,
  decodeGroups,
  GROUP_LENGTH,
  GROUPS_AT_ONCE,
  Groups,
  giveBack,
  isDigit,
  newBlock,
  type Piece,
} from '@guestwire/schema/text';

const SMALLEST_BLOCK = 256;

/**
 * Bytes of one token, copied from the chunks in which they arrive, or decoded. So what is held is never much more than what was
 * sent, in whatever portions it came.
 */
export class Pieces {
  #list: Piece[] = [];
  #length = 0;
  #block: Buffer | undefined;
  #used = 0;
  /** Does the block hold what {@link Groups} do? */
  #decoded = false;
  /** The beginning of a group whose end has not come, after the block. */
  readonly #group = Buffer.alloc(GROUP_LENGTH);
  #begun = 0;

  /** Bytes collected so far. */
  get length(): number {
    return this.#length;
  }

  /** How many of them, at the end, are the beginning of a group of base64. */
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

  /**
   * Appends base64 text, which goes on where the last one ended or begins with a group. It is decoded at once: that shows
   * what it is, and takes less memory.
   *
   * @returns up to where it is base64, and was taken; a little of what is before the end may be left as well
   */
  appendGroups(chunk: Buffer, from: number, to: number): number {
    let at = this.#completeGroup(chunk, from, to);
    if (this.#begun > 0) return at;
    while (to - at >= GROUP_LENGTH) {
      const groups = Math.min((to - at) >> 2, GROUPS_AT_ONCE / GROUP_LENGTH);
      const block = this.#room(3, (to - at) * 0.75, true);
      const characters = Math.min(groups, Math.floor((block.length - this.#used) / 3)) * GROUP_LENGTH;
      if (!decodeGroups(chunk, at, at + characters, block, this.#used)) return at;
      this.#used += (characters / GROUP_LENGTH) * 3;
      this.#length += characters;
      at += characters;
    }
    return this.#completeGroup(chunk, at, to);
  }

  /** Takes what belongs to the group that has begun, or begins one. */
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

  /** What was begun is text, and so is what follows. */
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

  /** The block, with room for `least` bytes at least; if it is a new one, it is made for `wanted` or more. */
  #room(least: number, wanted: number, decoded: boolean): Buffer {
    if (this.#block === undefined || this.#decoded !== decoded || this.#block.length - this.#used < least) {
      this.#seal();
      this.#block = newBlock(Math.min(Math.max(Math.ceil(wanted), this.#length, SMALLEST_BLOCK), BLOCK_SIZE));
      this.#decoded = decoded;
    }
    return this.#block;
  }

  #seal(): void {
    const block = this.#block;
    if (block !== undefined && this.#used > 0) {
      let bytes = block.subarray(0, this.#used);
      // A few bytes must not keep a large block: text and groups may take turns as often as the sender likes.
      if (this.#used < block.length / 2) {
        bytes = Buffer.allocUnsafeSlow(this.#used);
        block.copy(bytes);
        giveBack([block]);
      }
      this.#list.push(this.#decoded ? new Groups(bytes) : bytes);
    }
    this.#block = undefined;
    this.#used = 0;
  }

  /** Gives the pieces away, in order, and starts anew. */
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
    this.#begun = 0;
  }
}
