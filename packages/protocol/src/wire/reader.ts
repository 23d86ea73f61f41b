import { LongText, type Text, type WireValue } from '@guestwire/schema';
import { type Piece, textOf } from '@guestwire/schema/text';
import { Builder } from './builder.js';
import { Lexer, SHORT_STRING_LIMIT } from './lexer.js';
import { PLAIN_LINE_LIMIT, parsePlainLine } from './plain-line.js';
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
  /** False if the limits are so small that such a line might exceed them. */
  readonly #readsPlainLines: boolean;
  #braces = 0;
  #brackets = 0;
  #tokens = 0;
  #bytes = 0;

  constructor(limits: MessageLimits = REQUEST_LIMITS) {
    this.#limits = limits;
    this.#lexer = new Lexer(limits.bytes);
    this.#readsPlainLines = Math.min(limits.bytes, limits.tokens, limits.depth) > PLAIN_LINE_LIMIT;
  }

  /** Adds input, which must not change before {@link next} has returned `undefined`, or {@link keepUnread} was called. */
  push(chunk: Uint8Array): void {
    this.#lexer.push(chunk);
  }

  /** Copies what {@link next} has not read of the last chunk, whose memory may change from now on. */
  keepUnread(): void {
    this.#lexer.keepUnread();
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
    const line = this.#readsPlainLines && this.#tokens === 0 ? lexer.peekLine(PLAIN_LINE_LIMIT) : undefined;
    if (line !== undefined) {
      const value = parsePlainLine(line);
      lexer.endLine(value !== undefined && line.length);
      if (value !== undefined) return { kind: 'value', value };
    }
    for (;;) {
      const token = lexer.next();
      switch (token) {
        case Token.none:
          if (this.#tooLong()) this.#builder.abandon();
          return undefined;
        case Token.stray:
          this.#clear();
          return new StrayToken(lexer.take(), lexer.lastByte);
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

  #fail(desc: Text): ParsedMessage {
    this.#clear();
    return { kind: 'error', desc };
  }

  #clear(): void {
    this.#builder.clear();
    this.#reset();
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

/** The error of a stray token, whose text is made when it is read: most of a flood has no reply. */
class StrayToken {
  readonly kind = 'error';
  readonly stray: number;
  readonly #pieces: Piece[];

  constructor(pieces: Piece[], stray: number) {
    this.#pieces = pieces;
    this.stray = stray;
  }

  /** Quotes the token without a NUL byte, which can only be its last one. */
  get desc(): Text {
    // The last byte was never decoded as base64.
    const last = textOf(this.#pieces.at(-1) as Piece);
    const quoted = this.stray === 0 ? last.subarray(0, -1) : last;
    const text = new LongText([BEFORE_STRAY, ...this.#pieces.slice(0, -1), quoted, AFTER_STRAY], false);
    return text.length <= SHORT_STRING_LIMIT ? text.toString() : text;
  }
}
