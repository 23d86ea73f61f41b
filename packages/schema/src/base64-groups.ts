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
 * `out`, if one of them is not among the 64 characters of base64; `=` is not.
 *
 * Node's decoder is fast, but skips unknown characters and stops at `=`, which shows in the length, and accepts the URL alphabet.
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
