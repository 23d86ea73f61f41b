/**
 * Modified UTF-8, the encoding of all text on the wire (qemu-ga §1.2): UTF-8, but U+0000 is `C0 80`, and noncharacters are as invalid
 * as surrogates.
 */

const REPLACEMENT = 0xfffd;
/** Text that `Buffer` decodes differently contains one of these. */
const SUSPICIOUS = /[\uFFFD\p{Noncharacter_Code_Point}]/u;
const NOT_WIRE_TEXT = /[\p{Cs}\p{Noncharacter_Code_Point}]/gu;
const NUL = Buffer.from([0xc0, 0x80]);

/** Returns false for surrogates, noncharacters and everything beyond Unicode. */
export function isValidCodePoint(point: number): boolean {
  return (
    point >= 0 &&
    point <= 0x10ffff &&
    (point < 0xd800 || point > 0xdfff) &&
    (point < 0xfdd0 || point > 0xfdef) &&
    (point & 0xfffe) !== 0xfffe
  );
}

/** The largest number of bytes of a sequence, valid or not. */
export const LONGEST_SEQUENCE = 6;

/** By number of bytes, the least code point for which a sequence is the shortest. */
const LEAST = [0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000];

/** The result of {@link readSequence}. */
export interface Sequence {
  /** −1 if the sequence is invalid. */
  point: number;
  /** The position after the sequence. */
  end: number;
}

/**
 * Reads the sequence that begins at `at`, which must lie before `limit`. An invalid one ends after its lead byte and those of the
 * continuation bytes it announces that are present.
 */
export function readSequence(bytes: Uint8Array, at: number, limit: number, into: Sequence): void {
  const lead = bytes[at] as number;
  let end = at + 1;
  let point = -1;
  if (lead < 0x80) {
    point = lead;
  } else if (lead >= 0xc0 && lead < 0xfe) {
    const size = Math.clz32(~(lead << 24));
    point = lead & (0x7f >> size);
    while (end < at + size) {
      const next = end < limit ? (bytes[end] as number) : 0;
      if ((next & 0xc0) !== 0x80) {
        point = -1;
        break;
      }
      point = point * 64 + (next & 0x3f);
      end++;
    }
    const shortest = point >= (LEAST[size] as number) || (point === 0 && size === 2);
    if (!shortest || !isValidCodePoint(point)) point = -1;
  }
  into.point = point;
  into.end = end;
}

/** Decodes modified UTF-8. Each malformed sequence becomes one U+FFFD (qemu-ga §3.1). */
export function decodeText(bytes: Uint8Array): string {
  const buffer = asBuffer(bytes);
  const quick = buffer.toString();
  if (!SUSPICIOUS.test(quick)) return quick;
  const parts: string[] = [];
  const sequence: Sequence = { point: 0, end: 0 };
  let points: number[] = [];
  for (let at = 0; at < buffer.length; at = sequence.end) {
    readSequence(buffer, at, buffer.length, sequence);
    points.push(sequence.point < 0 ? REPLACEMENT : sequence.point);
    if (points.length === 4096) {
      parts.push(String.fromCodePoint(...points));
      points = [];
    }
  }
  return parts.join('') + String.fromCodePoint(...points);
}

/** Encodes a string as modified UTF-8, the bytes that the operating system receives for a path. */
export function encodeText(text: string): Buffer {
  if (!text.includes('\0')) return Buffer.from(text);
  return Buffer.concat(text.split('\0').flatMap((part, i) => [...(i === 0 ? [] : [NUL]), Buffer.from(part)]));
}

/** Returns a `Buffer` over the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Replaces what the wire cannot carry, lone surrogates and noncharacters, by U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(NOT_WIRE_TEXT, '\uFFFD');
}
