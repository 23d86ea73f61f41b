import { LongText, type Text, type WireValue } from '@guestwire/schema';
import { type Piece, textOf } from '@guestwire/schema/text';
import { Builder } from './builder.js';
import { Lexer, SHORT_STRING_LIMIT } from './lexer.js';
import { Token } from './transitions.js';

/** The largest sizes of one message. A message beyond a limit is replied to with an error, and dropped. */
export interface MessageLimits {
  /** All tokens together have fewer bytes than this, and no token has more. */
  readonly bytes: number;
  readonly tokens: number;
  /** Braces and brackets open at the same time. */
  readonly depth: number;
}

/** The limits of the agent (qemu-ga §1.3). */
export const REQUEST_LIMITS: MessageLimits = { bytes: 64 * 2 ** 20, tokens: 2 ** 21, depth: 1024 };

/** The limits of a host: a `guest-file-read` of 48 MiB has a reply with 64 MiB of base64, more than the agent itself accepts. */
export const REPLY_LIMITS: MessageLimits = { bytes: 80 * 2 ** 20, tokens: 2 ** 21, depth: 1024 };

/** A message, or an error in the input, to be replied to with `desc` (qemu-ga §1.4). */
export type ParsedMessage =
  | { readonly kind: 'value'; readonly value: WireValue }
  | {
      readonly kind: 'error';
      /** Long if it quotes a long stray token, such as half of a large request. */
      readonly desc: Text;
      /** The unexpected byte, if the error is one. */
      readonly stray?: number;
    };

const COUNT_LIMIT = 'JSON token count limit exceeded';
const DEPTH_LIMIT = 'JSON nesting depth limit exceeded';
const SIZE_LIMIT = 'JSON token size limit exceeded';

/**
 * Reads messages from bytes, with the dialect, limits, errors and recovery of QEMU 10.0 (qemu-ga §1.1 to §1.4). One reader serves a
 * channel for as long as the agent runs: the bytes of a connection continue half a message of the one before.
 *
 * It reads on demand: {@link next} stops at the end of a message, and leaves the rest of the chunk unread. No input makes it throw or
 * hold much more than {@link MessageLimits.bytes}.
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

  /** Adds input, which must not change before {@link next} has returned `undefined`. */
  push(chunk: Uint8Array): void {
    this.#lexer.push(chunk);
  }

  /** True if there is input that {@link next} has not read. */
  get hasUnread(): boolean {
    return this.#lexer.hasUnread;
  }

  /** True if a message has begun and not ended; valid after {@link next} has returned `undefined`. */
  get unfinished(): boolean {
    return this.#braces + this.#brackets > 0 || this.#lexer.length > 0;
  }

  /** Returns the next message or error; `undefined` if it takes more input. */
  next(): ParsedMessage | undefined {
    const lexer = this.#lexer;
    for (;;) {
      const token = lexer.next();
      switch (token) {
        case Token.none:
          if (this.#tooLong()) this.#builder.abandon();
          return undefined;
        case Token.stray:
          return this.#fail(strayDesc(lexer), lexer.lastByte);
        case Token.cut:
          return this.#fail(SIZE_LIMIT);
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
      if (this.#tooLong()) return this.#fail(SIZE_LIMIT);
      if (++this.#tokens > this.#limits.tokens) return this.#fail(COUNT_LIMIT);
      if (this.#braces + this.#brackets > this.#limits.depth) return this.#fail(DEPTH_LIMIT);
      this.#bytes += lexer.length;
      this.#builder.accept(token, lexer);
      if (this.#braces < 0 || this.#brackets < 0 || this.#braces + this.#brackets === 0)
        return this.#message();
    }
  }

  /** Returns true if the message with the current token is too long. The error comes when the token ends. */
  #tooLong(): boolean {
    return this.#bytes + this.#lexer.length + 1 > this.#limits.bytes;
  }

  #message(): ParsedMessage {
    const { detail } = this.#builder;
    if (detail !== undefined) return this.#fail(`JSON parse error, ${detail}`);
    const value = this.#builder.take();
    this.#reset();
    return { kind: 'value', value };
  }

  #fail(desc: Text, stray?: number): ParsedMessage {
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

/** Quotes the stray token without a NUL byte, which can only be its last one. */
function strayDesc(lexer: Lexer): Text {
  const pieces = lexer.take();
  // The last byte was never decoded as base64.
  const last = textOf(pieces.pop() as Piece);
  const quoted = lexer.lastByte === 0 ? last.subarray(0, -1) : last;
  const text = new LongText([BEFORE_STRAY, ...pieces, quoted, AFTER_STRAY], false);
  return text.length <= SHORT_STRING_LIMIT ? text.toString() : text;
}
