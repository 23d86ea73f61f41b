import { releaseBlock } from './block-pool.js';
import { decodeText } from './modified-utf8.js';

/** Characters of a group of base64. */
export const GROUP_LENGTH = 4;

/** Base64 text, whole groups of four characters without padding, held as the bytes that it encodes. */
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

/** A part of a text: its bytes, or the bytes that its base64 encodes. */
export type Piece = Buffer | Groups;

/** Returns the text of a piece. */
export function textOf(piece: Piece): Buffer {
  return piece instanceof Groups ? Buffer.from(piece.bytes.toString('base64'), 'latin1') : piece;
}

/**
 * A long string in pieces of modified UTF-8, so that megabytes of data do not become one JavaScript string first. Base64 in it is
 * already decoded.
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

  /** The pieces as they are held, in order. */
  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  /** Yields the text of each piece, in order. */
  *chunks(): Generator<Buffer, void, undefined> {
    for (const piece of this.#pieces) yield textOf(piece);
  }

  /** Returns the last `length` bytes, each as one character. */
  end(length: number): string {
    let end = '';
    for (let i = this.#pieces.length - 1; i >= 0 && end.length < length; i--) {
      const text = textOf(this.#pieces[i] as Piece);
      end = text.toString('latin1', Math.max(text.length - (length - end.length), 0)) + end;
    }
    return end;
  }

  /** Releases the memory, for other texts, and leaves this text empty. Nothing else may still use the pieces. */
  release(): void {
    for (const piece of this.#pieces) releaseBlock(piece instanceof Groups ? piece.bytes : piece);
    this.#pieces = [];
  }

  toString(): string {
    return this.ascii
      ? Array.from(this.chunks(), (chunk) => chunk.toString('latin1')).join('')
      : decodeText(Buffer.concat([...this.chunks()]));
  }
}

/** Returns true for one of the 64 characters that encode six bits each. */
export function isDigit(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || // a to z
    (code >= 0x41 && code <= 0x5a) || // A to Z
    (code >= 0x2f && code <= 0x39) || // slash, 0 to 9
    code === 0x2b // plus
  );
}

/** Characters decoded at a time: a larger string costs more than its share of garbage collection. */
export const GROUPS_WINDOW = 16 * 1024;

const DASH = 0x2d;
const UNDERSCORE = 0x5f;

/**
 * Decodes the characters between `from` and `to`, four to a group, into `out` from `at` on. Returns false, with undefined contents in
 * `out`, if one is not among the 64 characters of base64. Node's decoder skips those, which shows in the length, and accepts two more.
 */
export function decodeGroups(text: Buffer, from: number, to: number, out: Buffer, at: number): boolean {
  const groups = text.subarray(from, to);
  if (groups.includes(DASH) || groups.includes(UNDERSCORE)) return false;
  let written = at;
  for (let start = 0; start < groups.length; start += GROUPS_WINDOW) {
    const end = Math.min(start + GROUPS_WINDOW, groups.length);
    const length = ((end - start) / 4) * 3;
    if (out.write(groups.toString('latin1', start, end), written, length, 'base64') < length) return false;
    written += length;
  }
  return true;
}
