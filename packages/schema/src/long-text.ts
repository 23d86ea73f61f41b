import { decodeText } from './modified-utf8.js';

/** The size of most blocks of text: those that are used again. */
export const BLOCK_SIZE = 64 * 1024;
/** Characters of a group of base64. */
export const GROUP_LENGTH = 4;

/** Blocks that were given back: memory that is used again costs neither the system nor the garbage collector anything. */
const spare: Buffer[] = [];
const MOST_SPARE = 64;
/** The memory of all blocks of the largest size. */
const blocks = new WeakSet<ArrayBufferLike>();

export function newBlock(size: number): Buffer {
  if (size < BLOCK_SIZE) return Buffer.allocUnsafeSlow(size);
  const old = spare.pop();
  if (old !== undefined) return old;
  const block = Buffer.allocUnsafeSlow(BLOCK_SIZE);
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
    return (this.bytes.length / 3) * GROUP_LENGTH;
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
 * A long string in pieces, so that a payload of megabytes need not become one JavaScript string before it is decoded. They are
 * modified UTF-8, where U+0000 is the bytes `C0 80`; what turned out to be base64 was decoded as it came.
 */
export class LongText {
  #pieces: readonly Piece[];
  /** In bytes of modified UTF-8; for ASCII also the number of characters. */
  readonly length: number;
  /** True if all of it is ASCII. */
  readonly ascii: boolean;

  constructor(pieces: readonly Piece[], ascii: boolean) {
    this.#pieces = pieces;
    this.ascii = ascii;
    this.length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** The pieces, in order, as they are held. */
  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  /** The pieces, in order, as the text that they are. */
  *chunks(): Generator<Buffer, void, undefined> {
    for (const piece of this.#pieces) yield textOf(piece);
  }

  /** The last bytes, each as one character. */
  end(length: number): string {
    let end = '';
    for (let i = this.#pieces.length - 1; i >= 0 && end.length < length; i--) {
      const text = textOf(this.#pieces[i] as Piece);
      end = text.toString('latin1', Math.max(text.length - (length - end.length), 0)) + end;
    }
    return end;
  }

  /** Gives the memory of the pieces back, for other texts: nobody may have them any more. Empty from now on. */
  release(): void {
    giveBack(this.#pieces);
    this.#pieces = [];
  }

  /** The text as one JavaScript string. */
  toString(): string {
    return this.ascii
      ? Array.from(this.chunks(), (chunk) => chunk.toString('latin1')).join('')
      : decodeText(Buffer.concat([...this.chunks()]));
  }
}
