/** What the lexer finds (qemu-ga §1.2). */
export const Token = {
  /** Nothing: all input is read. */
  none: 0,
  openBrace: 1,
  closeBrace: 2,
  openBracket: 3,
  closeBracket: 4,
  comma: 5,
  colon: 6,
  integer: 7,
  float: 8,
  string: 9,
  word: 10,
  /** A byte that cannot start or continue a token; the text is all of the token, that byte included. */
  stray: 11,
  /** A token longer than the limit, cut off there. */
  cut: 12,
} as const;

export type Token = (typeof Token)[keyof typeof Token];
