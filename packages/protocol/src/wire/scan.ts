/** For fewer bytes, reading words costs more than it saves. */
const WORDS_MIN_BYTES = 64;

const ONES = 0x01010101;
const SPACES = 0x20202020;
const BACKSLASHES = 0x5c5c5c5c;
const HIGH_BITS = 0x80808080 | 0;

/**
 * Returns the index, from `at` on and at most `end`, of the first byte that is not plain text of a string: a control character, the
 * quote, a backslash, or not ASCII. Reads 16 bytes at a time. For an ASCII byte `b`, `b - 0x20` has its high bit set only if `b` is a control character, and
 * `(b ^ x) - 1` only if `b` is `x`; one subtraction tests four bytes. Only a byte that is a hit itself can borrow from the next.
 */
export function plainEnd(bytes: Buffer, at: number, end: number, quote: number): number {
  let i = at;
  if (end - at >= WORDS_MIN_BYTES) {
    const misaligned = -(bytes.byteOffset + at) & 3;
    const first = bytewise(bytes, at, at + misaligned, quote);
    if (first < at + misaligned) return first;
    i = first;
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + i, ((end - i) >> 4) << 2);
    const quotes = quote * ONES;
    let w = 0;
    for (; w < words.length; w += 4) {
      const a = words[w] as number;
      const b = words[w + 1] as number;
      const c = words[w + 2] as number;
      const d = words[w + 3] as number;
      const hits =
        a |
        (a - SPACES) |
        ((a ^ quotes) - ONES) |
        ((a ^ BACKSLASHES) - ONES) |
        (b | (b - SPACES) | ((b ^ quotes) - ONES) | ((b ^ BACKSLASHES) - ONES)) |
        (c | (c - SPACES) | ((c ^ quotes) - ONES) | ((c ^ BACKSLASHES) - ONES)) |
        (d | (d - SPACES) | ((d ^ quotes) - ONES) | ((d ^ BACKSLASHES) - ONES));
      if ((hits & HIGH_BITS) !== 0) break;
    }
    i += w * 4;
  }
  return bytewise(bytes, i, end, quote);
}

function bytewise(bytes: Buffer, at: number, end: number, quote: number): number {
  let i = at;
  for (; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte === quote || byte === 0x5c || byte < 0x20 || byte >= 0x80) break;
  }
  return i;
}
