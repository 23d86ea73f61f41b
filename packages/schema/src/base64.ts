import { decodeGroups } from './base64-groups.js';
import { Base64Error } from './errors.js';
import { Groups, LongText, type Piece, textOf } from './long-text.js';
import type { Text } from './values.js';

/** Base64 of this many characters is decoded at a time; a multiple of 4. */
const WINDOW = 64 * 1024;

const SKIP = 0x40;
const INVALID = 0xff;
const PAD = 0x3d;

/** What a character stands for: 6 bits (a `=` counts as 0), {@link SKIP} or {@link INVALID}. */
const VALUES = new Uint8Array(256).fill(INVALID);
for (const [value, code] of Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
).entries()) {
  VALUES[code] = value;
}
VALUES[PAD] = 0;
VALUES[0x0a] = SKIP;

/**
 * Binary data in a command's arguments or results, either as bytes or as the base64 text that stands for
 * them. Nothing is converted before it is asked for, so text is checked only when it is decoded: the agent
 * looks up a file's handle before it looks at the data (qemu-ga §5.7).
 */
export class Base64Data {
  /** What it was made from: the bytes, or the text, which may turn out not to be base64. */
  readonly source: Buffer | Text;
  /** To be called when the bytes have been encoded, in a message that is on its way, and are not needed any more. */
  readonly sent: (() => void) | undefined;

  private constructor(source: Buffer | Text, sent?: () => void) {
    this.source = source;
    this.sent = sent;
  }

  /**
   * The bytes themselves; they must not change before they are sent.
   *
   * @param sent is called when they have been encoded to be sent, all of them, for once: they may change then
   */
  static fromBytes(bytes: Uint8Array, sent?: () => void): Base64Data {
    return new Base64Data(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), sent);
  }

  /** Text that should be base64. */
  static fromText(text: Text): Base64Data {
    return new Base64Data(text);
  }

  /** Characters of the base64 text. */
  get encodedLength(): number {
    return Buffer.isBuffer(this.source) ? Math.ceil(this.source.length / 3) * 4 : this.source.length;
  }

  /** The base64 text. */
  toText(): string {
    return Buffer.isBuffer(this.source) ? this.source.toString('base64') : this.source.toString();
  }

  /**
   * The bytes, in one buffer of their own memory (or the very bytes that were given).
   *
   * The text is read as leniently as the C agent reads it (qemu-ga §4).
   * @param allocate gives that memory, as much as text of this length stands for, which is more than is needed only for text
   * that no encoder makes; memory of nobody else's if absent
   * @throws {Base64Error} if it has a character that base64 does not have
   */
  decode(allocate: (length: number) => Buffer = Buffer.allocUnsafeSlow): Buffer {
    if (Buffer.isBuffer(this.source)) return this.source;
    const bytes = allocate(Math.floor(this.source.length / 4) * 3 - paddingOf(this.source));
    const decoder = new Decoder();
    let length = 0;
    for (const part of partsOf(this.source)) {
      if (part instanceof Groups && decoder.isBetweenGroups) length += part.bytes.copy(bytes, length);
      else for (const text of windowsOf(part)) length = decoder.decode(text, bytes, length);
    }
    return bytes.subarray(0, length);
  }

  /**
   * The bytes, as {@link decode} gives them, for whoever is the only one to use this value, and does so once: the memory of
   * received text is given back.
   * @throws {Base64Error} as {@link decode}
   */
  take(allocate?: (length: number) => Buffer): Buffer {
    try {
      return this.decode(allocate);
    } finally {
      if (this.source instanceof LongText) this.source.release();
    }
  }

  /**
   * The number of bytes. Costs a pass over the text.
   * @throws {Base64Error} as {@link decode}
   */
  decodedLength(): number {
    let length = 0;
    for (const window of this.windows()) length += window.length;
    return length;
  }

  /**
   * The bytes in windows, so that they need not be in memory all at once. A window is overwritten by the next.
   * @throws {Base64Error} when it comes to a character that base64 does not have; call {@link decodedLength}
   * first if nothing must happen then
   */
  *windows(): Generator<Buffer, void, undefined> {
    if (Buffer.isBuffer(this.source)) {
      yield this.source;
      return;
    }
    const decoder = new Decoder();
    const out = Buffer.allocUnsafeSlow(Math.floor((Math.min(WINDOW, this.source.length) + 3) / 4) * 3);
    for (const part of partsOf(this.source)) {
      if (part instanceof Groups && decoder.isBetweenGroups) yield part.bytes;
      else for (const text of windowsOf(part)) yield out.subarray(0, decoder.decode(text, out, 0));
    }
  }
}

/** By how many bytes the last group of a text falls short of three, if it is whole. */
function paddingOf(text: Text): number {
  if (text.length % 4 !== 0) return 0;
  const end = typeof text === 'string' ? text.slice(-2) : text.end(2);
  return end === '==' ? 2 : end.endsWith('=') ? 1 : 0;
}

/** The text in parts, if it is ASCII, as all base64 is. */
function* partsOf(text: Text): Generator<Piece, void, undefined> {
  if (text instanceof LongText) {
    yield* text.pieces;
  } else {
    if (Buffer.byteLength(text) !== text.length) throw new Base64Error();
    for (let at = 0; at < text.length; at += WINDOW) yield Buffer.from(text.slice(at, at + WINDOW), 'latin1');
  }
}

/** A part of the text in windows. */
function* windowsOf(part: Piece): Generator<Buffer, void, undefined> {
  const text = textOf(part);
  for (let at = 0; at < text.length; at += WINDOW) yield text.subarray(at, at + WINDOW);
}

/**
 * Decodes base64 in portions. Characters count in groups of four; a group gives one byte, a second unless
 * its third character is `=`, a third unless its fourth is. An incomplete last group gives nothing.
 */
class Decoder {
  #bits = 0;
  #count = 0;
  #thirdIsPad = false;

  /** False if a group has begun. */
  get isBetweenGroups(): boolean {
    return this.#count === 0;
  }

  /** Decodes `text` into `out`, from `at` on; returns where the bytes end. */
  decode(text: Buffer, out: Buffer, at: number): number {
    const head = Math.min(-this.#count & 3, text.length);
    const afterHead = this.#slowly(text, 0, head, out, at);
    // The last group may be padded; all others are tried the quick way.
    const groups = Math.max(((text.length - head) >> 2) - 1, 0);
    const tail = head + groups * 4;
    const quick = this.#count === 0 && decodeGroups(text, head, tail, out, afterHead);
    const afterGroups = quick ? afterHead + groups * 3 : this.#slowly(text, head, tail, out, afterHead);
    return this.#slowly(text, tail, text.length, out, afterGroups);
  }

  #slowly(text: Buffer, from: number, to: number, out: Buffer, at: number): number {
    let written = at;
    for (let i = from; i < to; i++) {
      const code = text[i] as number;
      const value = VALUES[code] as number;
      if (value === SKIP) continue;
      if (value === INVALID) throw new Base64Error();
      this.#bits = (this.#bits << 6) | value;
      this.#count++;
      if (this.#count === 3) this.#thirdIsPad = code === PAD;
      if (this.#count < 4) continue;
      out[written++] = this.#bits >> 16;
      if (!this.#thirdIsPad) out[written++] = this.#bits >> 8;
      if (code !== PAD) out[written++] = this.#bits;
      this.#bits = 0;
      this.#count = 0;
    }
    return written;
  }
}
