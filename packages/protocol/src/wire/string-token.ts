import { LongText, type Text } from '@guestwire/schema';
import {
  decodeText,
  isValidCodePoint,
  LONGEST_SEQUENCE,
  type Piece,
  readSequence,
  type Sequence,
  textOf,
} from '@guestwire/schema/text';
import { type Lexer, SHORT_STRING_LIMIT } from './lexer.js';

/** The longest escape is a pair of surrogates, `\uD83D\uDE00`. */
const LONGEST_ESCAPE = 12;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;

/** After a backslash, each character of the first string stands for the one at the same place in the second. */
const ESCAPE_NAMES = `"'\\/bfnrt`;
const ESCAPE_MEANINGS = `"'\\/\b\f\n\r\t`;
const SIMPLE_ESCAPES = new Map(
  Array.from(ESCAPE_NAMES, (name, i) => [name.charCodeAt(0), ESCAPE_MEANINGS.charCodeAt(i)]),
);

/** The problem of a malformed string token, in the words of `qemu-ga` (qemu-ga §1.4). */
export class InvalidString {
  readonly detail: string;

  constructor(detail: string) {
    this.detail = detail;
  }
}

/** Returns the text of the lexer's string token. */
export function stringValue(lexer: Lexer): Text | InvalidString {
  const short = lexer.length - 2 <= SHORT_STRING_LIMIT;
  if (lexer.plain) return short ? lexer.latin1(1, 1) : new LongText(withoutQuotes(lexer.take()), true);
  try {
    const text = withoutEscapes(lexer.take());
    return short ? text.toString() : text;
  } catch (error) {
    if (error instanceof InvalidString) return error;
    throw error;
  }
}

/** The quotes were never decoded as base64, so the pieces at both ends are text. */
function withoutQuotes(pieces: Piece[]): Piece[] {
  const last = pieces.length - 1;
  pieces[0] = (pieces[0] as Buffer).subarray(1);
  pieces[last] = (pieces[last] as Buffer).subarray(0, -1);
  return pieces;
}

/** Resolves escapes piece by piece, so that at most one piece is in memory twice. */
function withoutEscapes(pieces: Piece[]): LongText {
  const chunks: Buffer[] = [];
  let ascii = true;
  let rest = Buffer.alloc(0);
  let skip = 1;
  for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
    const work = Buffer.concat([rest, textOf(piece).subarray(skip)]);
    const done = unescapeInPlace(work, pieces.length === 0);
    chunks.push(work.subarray(0, done.written));
    rest = Buffer.from(work.subarray(done.read));
    ascii &&= done.ascii;
    skip = 0;
  }
  return new LongText(chunks, ascii);
}

/**
 * Overwrites the beginning of `work` with its text, which is never longer. Of the last piece, the last byte is the quote; of others, an
 * escape or sequence at the end that may be incomplete is left unread.
 */
function unescapeInPlace(work: Buffer, last: boolean): { read: number; written: number; ascii: boolean } {
  const end = last ? work.length - 1 : work.length;
  const sequence: Sequence = { point: 0, end: 0 };
  let ascii = true;
  let read = 0;
  let written = 0;
  while (read < end) {
    const byte = work[read] as number;
    if (byte === BACKSLASH) {
      if (!last && end - read < LONGEST_ESCAPE) break;
      const start = read;
      read += 2;
      const name = work[start + 1] as number;
      let point = SIMPLE_ESCAPES.get(name);
      if (point === undefined) {
        if (name !== LOWER_U) throw new InvalidString('invalid escape sequence in string');
        point = hex(work, read);
        read += 4;
        if ((point & 0xfc00) === 0xd800 && work[read] === BACKSLASH && work[read + 1] === LOWER_U) {
          const low = hex(work, read + 2);
          if ((low & 0xfc00) === 0xdc00) {
            point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
            read += 6;
          }
        }
        if (!isValidCodePoint(point)) {
          throw new InvalidString(
            `${decodeText(work.subarray(start, read))} is not a valid Unicode character`,
          );
        }
      }
      if (point === 0 || point >= 0x80) ascii = false;
      written = put(work, written, point);
    } else if (byte >= 0x80) {
      if (!last && end - read < LONGEST_SEQUENCE) break;
      readSequence(work, read, end, sequence);
      if (sequence.point < 0) throw new InvalidString('invalid UTF-8 sequence in string');
      while (read < sequence.end) work[written++] = work[read++] as number;
      ascii = false;
    } else {
      work[written++] = byte;
      read++;
    }
  }
  return { read, written, ascii };
}

/** Returns the value of four hexadecimal digits; −1 if they are not. */
function hex(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i] ?? 0;
    const lower = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) value = value * 16 + byte - 0x30;
    else if (lower >= 0x61 && lower <= 0x66) value = value * 16 + lower - 0x57;
    else return -1;
  }
  return value;
}

/** Writes a code point as modified UTF-8, without allocating; returns its end. */
function put(bytes: Buffer, at: number, point: number): number {
  let to = at;
  if (point > 0 && point < 0x80) {
    bytes[to++] = point;
    return to;
  }
  if (point < 0x800) {
    bytes[to++] = 0xc0 | (point >> 6);
  } else {
    if (point < 0x10000) {
      bytes[to++] = 0xe0 | (point >> 12);
    } else {
      bytes[to++] = 0xf0 | (point >> 18);
      bytes[to++] = 0x80 | ((point >> 12) & 0x3f);
    }
    bytes[to++] = 0x80 | ((point >> 6) & 0x3f);
  }
  bytes[to++] = 0x80 | (point & 0x3f);
  return to;
}
