/** The tokens of the lexer (qemu-ga §1.2). */
export const Token = {
  /** The input ends before the token does. */
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
  /** A byte that cannot start or continue a token; the text is the whole token including that byte. */
  stray: 11,
  /** A token cut off at the limit. */
  cut: 12,
} as const;

export type Token = (typeof Token)[keyof typeof Token];

/** The states of the lexer. `start` is the only one in which it expects a token. */
export const State = {
  start: 0,
  /** After a stray byte: drops everything up to a byte that may begin a message. */
  recovery: 1,
  doubleQuoted: 2,
  doubleEscape: 3,
  singleQuoted: 4,
  singleEscape: 5,
  minus: 6,
  zero: 7,
  digits: 8,
  point: 9,
  fraction: 10,
  exponent: 11,
  exponentSign: 12,
  exponentDigits: 13,
  word: 14,
} as const;

export type State = (typeof State)[keyof typeof State];

/** The byte belongs to what follows. */
export const STAY = 0x40;
/** The rest is the token that ends here, not the next state. */
export const EMIT = 0x20;
/** The transition for all bytes that {@link on} does not declare. */
const STRAY = EMIT | Token.stray;

/** The transition for a byte in a state: {@link State} or {@link EMIT}` | Token`, possibly with {@link STAY}. */
export const transitions = new Uint8Array(16 * 256).fill(STRAY);

type Bytes = string | readonly [first: number, last: number];

/** In `state`, each of these bytes (characters, or a range) leads to `next`. */
function on(state: State, bytes: Bytes, next: number): void {
  const row = transitions.subarray(state * 256, (state + 1) * 256);
  if (typeof bytes === 'string') {
    for (const code of Buffer.from(bytes)) row[code] = next;
  } else {
    row.fill(next, bytes[0], bytes[1] + 1);
  }
}

const ANY: Bytes = [0x00, 0xff];
const DIGITS = '0123456789';
const LOWER_CASE: Bytes = [0x61, 0x7a];
const STRUCTURE = '{}[],:';
/** No control characters, and not the two bytes that never occur in UTF-8. */
const TEXT: Bytes = [0x20, 0xfd];

const { start, recovery, doubleQuoted, doubleEscape, singleQuoted, singleEscape } = State;
const { minus, zero, digits, point, fraction, exponent, exponentSign, exponentDigits, word } = State;

on(start, ' \t\r\n', start);
for (const [i, byte] of [...STRUCTURE].entries()) on(start, byte, EMIT | (Token.openBrace + i));
on(start, '"', doubleQuoted);
on(start, "'", singleQuoted);
on(start, '-', minus);
on(start, DIGITS, digits);
on(start, '0', zero);
on(start, LOWER_CASE, word);

on(recovery, ANY, start | STAY);
on(recovery, TEXT, recovery);
on(recovery, '\t', recovery);
on(recovery, STRUCTURE, start | STAY);

on(doubleQuoted, TEXT, doubleQuoted);
on(doubleQuoted, '"', EMIT | Token.string);
on(doubleQuoted, '\\', doubleEscape);
on(doubleEscape, TEXT, doubleQuoted);
on(singleQuoted, TEXT, singleQuoted);
on(singleQuoted, "'", EMIT | Token.string);
on(singleQuoted, '\\', singleEscape);
on(singleEscape, TEXT, singleQuoted);

on(minus, DIGITS, digits);
on(minus, '0', zero);
// No exponent after a lone zero: `0e5` is the number 0, the word e and the number 5.
on(zero, ANY, EMIT | STAY | Token.integer);
on(zero, DIGITS, STRAY);
on(zero, '.', point);
on(digits, ANY, EMIT | STAY | Token.integer);
on(digits, DIGITS, digits);
on(digits, '.', point);
on(digits, 'eE', exponent);
on(point, DIGITS, fraction);
on(fraction, ANY, EMIT | STAY | Token.float);
on(fraction, DIGITS, fraction);
on(fraction, 'eE', exponent);
on(exponent, '+-', exponentSign);
on(exponent, DIGITS, exponentDigits);
on(exponentSign, DIGITS, exponentDigits);
on(exponentDigits, ANY, EMIT | STAY | Token.float);
on(exponentDigits, DIGITS, exponentDigits);

on(word, ANY, EMIT | STAY | Token.word);
on(word, LOWER_CASE, word);
