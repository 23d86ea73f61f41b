function visible(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
}

/**
 * Text of a guest, safe to show: control characters, which could make a terminal do things, become visible.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, visible);
}

/** Text of many lines, such as the output of a program: as {@link printable}, but for tabs and the ends of lines. */
export function printableLines(text: string): string {
  return text.replace(/[^\P{Cc}\n\t\r]|\r(?!\n)|[\p{Cf}\u2028\u2029]/gu, visible);
}
