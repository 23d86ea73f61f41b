/**
 * The blanks of Python's `isspace` and `\s`, which QEMU's compiler uses. Unlike JavaScript's, they include U+001C to U+001F and
 * U+0085, and not the byte-order mark U+FEFF.
 */

/** The blanks, as a part of a character class in a regular expression. */
export const BLANK_CLASS =
  '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';

const BEYOND_ASCII = new RegExp(`[${BLANK_CLASS}]`);

function isBlank(code: number): boolean {
  if (code < 0x80) return code <= 0x20 && (code >= 0x1c || (code >= 0x09 && code <= 0x0d));
  return BEYOND_ASCII.test(String.fromCharCode(code));
}

/** Returns the offset of the first character at or after `offset` that is not a blank, or the length of the text. */
export function skipBlanks(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

/** Returns a text without the blanks at its end. */
export function withoutTrailingBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
