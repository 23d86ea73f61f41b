import { Base64Error } from './errors.js';
import { decodeGroups, Groups, LongText, type Piece, textOf } from './long-text.js';
import { asBuffer } from './modified-utf8.js';
import type { Text } from './values.js';

/** Characters decoded at a time; a multiple of 4. */
const WINDOW = 64 * 1024;

const SKIP = 0x40;
const INVALID = 0xff;
const PAD = 0x3d;

/** By character: its 6 bits (0 for `=`), {@link SKIP} or {@link INVALID}. */
const VALUES = new Uint8Array(256).fill(INVALID);
for (const [value, code] of Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
).entries()) {
  VALUES[code] = value;
}
VALUES[PAD] = 0;
VALUES[0x0a] = SKIP;

/**
 * Binary data in arguments or results, as bytes or as base64 text. Text is decoded, and so checked, on demand: the agent looks up a
 * file's handle before it looks at the data (qemu-ga §5.7).
 */
export class Base64Data {
  /** The bytes, or the text, which may turn out not to be base64. */
  readonly source: Buffer | Text;
  /** Called when the bytes of a message have been encoded and are not needed any more. */
  readonly sent: (() => void) | undefined;

  private constructor(source: Buffer | Text, sent?: () => void) {
    this.source = source;
    this.sent = sent;
  }

  /**
   * @param bytes must not change before they are sent
   * @param sent called once when all bytes have been encoded to be sent; they may change from then on
   */
  static fromBytes(bytes: Uint8Array, sent?: () => void): Base64Data {
    return new Base64Data(asBuffer(bytes), sent);
  }

  static fromText(text: Text): Base64Data {
    return new Base64Data(text);
  }

  /** Characters of the base64 text. */
  get encodedLength(): number {
    return Buffer.isBuffer(this.source) ? Math.ceil(this.source.length / 3) * 4 : this.source.length;
  }

  /** Returns the base64 text. */
  toText(): string {
    return Buffer.isBuffer(this.source) ? this.source.toString('base64') : this.source.toString();
  }

  /**
   * Returns the bytes in one buffer; those given to {@link fromBytes} are not copied. Text is read as leniently as `qemu-ga` reads it
   * (qemu-ga §4).
   * @param allocate returns the memory, at least as long as text of this length can need
   * @throws {Base64Error} for a character that is not base64
   */
  decode(allocate: (length: number) => Buffer = Buffer.allocUnsafeSlow): Buffer {
    if (Buffer.isBuffer(this.source)) return this.source;
    const bytes = allocate(Math.floor(this.source.length / 4) * 3 - paddingOf(this.source));
    if (typeof this.source === 'string' && decodesAtOnce(this.source, bytes)) return bytes;
    const decoder = new Decoder();
    let length = 0;
    for (const part of partsOf(this.source)) {
      if (part instanceof Groups && decoder.isBetweenGroups) length += part.bytes.copy(bytes, length);
      else for (const text of windowsOf(part)) length = decoder.decode(text, bytes, length);
    }
    return bytes.subarray(0, length);
  }

  /**
   * Returns the bytes as {@link decode} does, and releases the memory of received text: this value cannot be used again.
   * @throws {Base64Error} as {@link decode}
   */
  take(allocate?: (length: number) => Buffer): Buffer {
    try {
      return this.decode(allocate);
    } finally {
      this.release();
    }
  }

  /** Releases the memory of received text: this value cannot be used again. */
  release(): void {
    if (this.source instanceof LongText) this.source.release();
  }

  /**
   * Returns the number of bytes; decodes the whole text for it.
   * @throws {Base64Error} as {@link decode}
   */
  decodedLength(): number {
    let length = 0;
    for (const window of this.windows()) length += window.length;
    return length;
  }

  /**
   * Yields the bytes in windows, so that they need not be in memory all at once. Each window overwrites the one before.
   * @throws {Base64Error} on reaching a character that is not base64; {@link decodedLength} finds it beforehand
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

/** The padding characters of a text of whole groups: the number of bytes that its last group lacks. */
function paddingOf(text: Text): number {
  if (text.length % 4 !== 0) return 0;
  const end = typeof text === 'string' ? text.slice(-2) : text.end(2);
  return end === '==' ? 2 : end.endsWith('=') ? 1 : 0;
}

/**
 * Decodes whole groups of base64 with Node's decoder, and returns true if each character was part of one. That decoder skips
 * all others, which shows in the length, but accepts two more, and the low byte of one beyond Latin-1.
 */
function decodesAtOnce(text: string, into: Buffer): boolean {
  if (text.length % 4 !== 0 || text.includes('-') || text.includes('_')) return false;
  return Buffer.byteLength(text) === text.length && into.write(text, 'base64') === into.length;
}

/** @throws {Base64Error} for a string that is not ASCII */
function* partsOf(text: Text): Generator<Piece, void, undefined> {
  if (text instanceof LongText) {
    yield* text.pieces;
  } else {
    if (Buffer.byteLength(text) !== text.length) throw new Base64Error();
    for (let at = 0; at < text.length; at += WINDOW) yield Buffer.from(text.slice(at, at + WINDOW), 'latin1');
  }
}

function* windowsOf(part: Piece): Generator<Buffer, void, undefined> {
  const text = textOf(part);
  for (let at = 0; at < text.length; at += WINDOW) yield text.subarray(at, at + WINDOW);
}

/** Decodes base64 in portions, by groups of four characters. An incomplete last group gives nothing. */
class Decoder {
  #bits = 0;
  #count = 0;
  #thirdIsPad = false;

  get isBetweenGroups(): boolean {
    return this.#count === 0;
  }

  /** Decodes `text` into `out`, from `at` on; returns the end of the bytes. */
  decode(text: Buffer, out: Buffer, at: number): number {
    const head = Math.min(-this.#count & 3, text.length);
    const afterHead = this.#slowly(text, 0, head, out, at);
    // The last group may be padded; all others are tried the fast way.
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
