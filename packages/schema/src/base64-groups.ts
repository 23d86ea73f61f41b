/** Whole groups of base64, decoded by Node, which is quick, where that comes to the same as doing it by the book. */

/** Is this one of the 64 characters that stand for six bits each? */
export function isDigit(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) || // a to z
    (code >= 0x41 && code <= 0x5a) || // A to Z
    (code >= 0x2f && code <= 0x39) || // slash, 0 to 9
    code === 0x2b
  );
} // plus

/** So many characters become a string at a time: one that is larger than this costs more than its share of garbage collection. */
export const GROUPS_AT_ONCE = 16 * 1024;

const DASH = 0x2d;
const UNDERSCORE = 0x5f;

/**
 * Decodes the characters between `from` and `to`, four to a group, into `out` from `at` on. False if one of them is none of
 * base64's 64, a `=` included; what stands in `out` then is of no use.
 *
 * Node's decoder skips what it does not know and stops at `=`, which shows in the length; beyond that it takes the URL
 * alphabet.
 */
export function decodeGroups(text: Buffer, from: number, to: number, out: Buffer, at: number): boolean {
  const groups = text.subarray(from, to);
  if (groups.includes(DASH) || groups.includes(UNDERSCORE)) return false;
  let written = at;
  for (let start = 0; start < groups.length; start += GROUPS_AT_ONCE) {
    const end = Math.min(start + GROUPS_AT_ONCE, groups.length);
    const length = ((end - start) / 4) * 3;
    if (out.write(groups.toString('latin1', start, end), written, length, 'base64') < length) return false;
    written += length;
  }
  return true;
}
