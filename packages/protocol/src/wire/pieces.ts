import { decodeGroups, GROUPS_AT_ONCE, isDigit } from './base64-groups.js';

const SMALLEST_BLOCK = 256;
const LARGEST_BLOCK = 64 * 1024;
const GROUP = 4;

/** Blocks that were given back: memory that is used again costs neither the system nor the garbage collector anything. */
const spare: Buffer[] = [];
const MOST_SPARE = 64;
/** The memory of all blocks of the largest size. */
const blocks = new WeakSet<ArrayBufferLike>();

function newBlock(size: number): Buffer {
  if (size < LARGEST_BLOCK) return Buffer.allocUnsafeSlow(size);
  const old = spare.pop();
  if (old !== undefined) return old;
  const block = Buffer.allocUnsafeSlow(LARGEST_BLOCK);
  blocks.add(block.buffer);
  return block;
}

/** Base64 text, whole groups of four characters without padding, held as the bytes that it stands for. */
export class Groups {
  readonly bytes: Buffer;

  /** @param bytes three for each group */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Characters of the text. */
  get length(): number {
    return (this.bytes.length / 3) * GROUP;
  }
}

/** A part of a text: its bytes, or what they stand for. */
export type Piece = Buffer | Groups;

/** The bytes of a part of a text. */
export function textOf(piece: Piece): Buffer {
  return piece instanceof Groups ? Buffer.from(piece.bytes.toString('base64'), 'latin1') : piece;
}

/** Takes the memory of pieces back, as far as it is ours. Nobody may use them any more, nor give them back again. */
export function giveBack(pieces: readonly Piece[]): void {
  for (const piece of pieces) {
    const { buffer } = piece instanceof Groups ? piece.bytes : piece;
    if (spare.length < MOST_SPARE && blocks.has(buffer)) spare.push(Buffer.from(buffer));
  }
}

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
  readonly #group = Buffer.alloc(GROUP);
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
    while (to - at >= GROUP) {
      const groups = Math.min((to - at) >> 2, GROUPS_AT_ONCE / GROUP);
      const block = this.#room(3, (to - at) * 0.75, true);
      const characters = Math.min(groups, Math.floor((block.length - this.#used) / 3)) * GROUP;
      if (!decodeGroups(chunk, at, at + characters, block, this.#used)) return at;
      this.#used += (characters / GROUP) * 3;
      this.#length += characters;
      at += characters;
    }
    return this.#completeGroup(chunk, at, to);
  }

  /** Takes what belongs to the group that has begun, or begins one. */
  #completeGroup(chunk: Buffer, from: number, to: number): number {
    if (this.#begun === 0 && to - from >= GROUP) return from;
    let at = from;
    for (; at < to && this.#begun < GROUP; at++) {
      const code = chunk[at] as number;
      if (!isDigit(code)) break;
      this.#group[this.#begun++] = code;
      this.#length++;
    }
    if (this.#begun === GROUP) {
      decodeGroups(this.#group, 0, GROUP, this.#room(3, 3, true), this.#used);
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
      this.#block = newBlock(
        Math.min(Math.max(Math.ceil(wanted), this.#length, SMALLEST_BLOCK), LARGEST_BLOCK),
      );
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
