import { LongText, type Text, type WireValue } from '@guestwire/schema';
import { type Piece, textOf } from '@guestwire/schema/text';
import { Builder } from './builder.js';
import { Lexer, SHORT } from './lexer.js';
import { type MessageLimits, REQUEST_LIMITS } from './limits.js';
import { Token } from './tokens.js';

/** A message, or a mistake in the input that is to be answered with `desc` (qemu-ga §1.4). */
export type ParsedMessage =
  | { readonly kind: 'value'; readonly value: WireValue }
  | {
      readonly kind: 'error';
      /** Long where a long stray token is quoted: half of a large request, say, whose host has gone. */
      readonly desc: Text;
      /** If the mistake is a byte that fits nowhere: that byte. */
      readonly stray?: number;
    };

const COUNT_LIMIT = 'JSON token count limit exceeded';
const DEPTH_LIMIT = 'JSON nesting depth limit exceeded';
const SIZE_LIMIT = 'JSON token size limit exceeded';

/**
 * Bytes to messages, in the dialect and with the limits, errors and recovery of QEMU 10.0 (qemu-ga §1.1 to
 * 1.4). One reader serves a channel for as long as the agent runs: half a message of one connection is
 * continued by the bytes of the next.
 *
 * It reads on demand: {@link next} stops at the end of a message, and what follows stays unread in its chunk.
 * No input makes it throw, and it never holds much more than {@link MessageLimits.bytes} of what was read.
 */
export class MessageReader {
  readonly #limits: MessageLimits;
  readonly #lexer: Lexer;
  readonly #builder = new Builder();
  #braces = 0;
  #brackets = 0;
  #tokens = 0;
  #bytes = 0;

  constructor(limits: MessageLimits = REQUEST_LIMITS) {
    this.#limits = limits;
    this.#lexer = new Lexer(limits.bytes);
  }

  /** Adds input, which must not change before {@link next} has found nothing more. */
  push(chunk: Uint8Array): void {
    this.#lexer.push(chunk);
  }

  /** Is there input that {@link next} has not looked at? */
  get hasUnread(): boolean {
    return this.#lexer.hasUnread;
  }

  /** Has a message begun whose end has not come? To be asked when {@link next} has found nothing. */
  get unfinished(): boolean {
    return this.#braces + this.#brackets > 0 || this.#lexer.length > 0;
  }

  /** The next message or mistake; `undefined` if it takes more input to know. */
  next(): ParsedMessage | undefined {
    const lexer = this.#lexer;
    for (;;) {
      const token = lexer.next();
      switch (token) {
        case Token.none:
          if (this.#tooLong()) this.#builder.abandon();
          return undefined;
        case Token.stray:
          return this.#mistake(strayDesc(lexer), lexer.lastByte);
        case Token.cut:
          return this.#mistake(SIZE_LIMIT);
        case Token.openBrace:
          this.#braces++;
          break;
        case Token.closeBrace:
          this.#braces--;
          break;
        case Token.openBracket:
          this.#brackets++;
          break;
        case Token.closeBracket:
          this.#brackets--;
          break;
      }
      if (this.#tooLong()) return this.#mistake(SIZE_LIMIT);
      if (++this.#tokens > this.#limits.tokens) return this.#mistake(COUNT_LIMIT);
      if (this.#braces + this.#brackets > this.#limits.depth) return this.#mistake(DEPTH_LIMIT);
      this.#bytes += lexer.length;
      this.#builder.accept(token, lexer);
      if (this.#braces < 0 || this.#brackets < 0 || this.#braces + this.#brackets === 0)
        return this.#message();
    }
  }

  /**
   * Is the message too long, the token in hand included? It cannot become a value then, whatever follows: the
   * error comes when the token ends, but what was built can go at once.
   */
  #tooLong(): boolean {
    return this.#bytes + this.#lexer.length + 1 > this.#limits.bytes;
  }

  #message(): ParsedMessage {
    const { detail } = this.#builder;
    if (detail !== undefined) return this.#mistake(`JSON parse error, ${detail}`);
    const value = this.#builder.take();
    this.#reset();
    return { kind: 'value', value };
  }

  #mistake(desc: Text, stray?: number): ParsedMessage {
    this.#builder.clear();
    this.#reset();
    return stray === undefined ? { kind: 'error', desc } : { kind: 'error', desc, stray };
  }

  #reset(): void {
    this.#braces = 0;
    this.#brackets = 0;
    this.#tokens = 0;
    this.#bytes = 0;
  }
}

const BEFORE_STRAY = Buffer.from("JSON parse error, stray '");
const AFTER_STRAY = Buffer.from("'");

/** Quotes the stray token up to its first NUL byte, which can only be the one that made it stray. */
function strayDesc(lexer: Lexer): Text {
  const pieces = lexer.take();
  // The byte that made it stray was never taken for base64.
  const last = textOf(pieces.pop() as Piece);
  const quoted = lexer.lastByte === 0 ? last.subarray(0, -1) : last;
  const text = new LongText([BEFORE_STRAY, ...pieces, quoted, AFTER_STRAY], false);
  return text.length <= SHORT ? text.toString() : text;
}
