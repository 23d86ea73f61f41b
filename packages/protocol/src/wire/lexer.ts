import { asBuffer, type Piece, textOf } from '@guestwire/schema/text';
import { Pieces } from './pieces.js';
import { plainEnd } from './scan.js';
import { EMIT, STAY, State, Token, transitions } from './transitions.js';

const NOTHING = Buffer.alloc(0);
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const LINE_FEED = 0x0a;
/** Tokens that are copied at once. */
const SMALL_BYTES = 64;
/** Longer strings are `LongText`. */
export const SHORT_STRING_LIMIT = 16 * 1024;
/** Shorter input is not tried as base64. */
const BASE64_MIN_BYTES = 4096;

/**
 * Splits bytes into tokens, on demand. Keeps its state between chunks, and between connections (qemu-ga §1.1). The properties of the
 * token that {@link next} returned are valid until the next call.
 */
export class Lexer {
  readonly #longest: number;
  readonly #queue: Buffer[] = [];
  #chunk: Buffer = NOTHING;
  /** The next byte to read. */
  #at = 0;
  /** The start of the token in this chunk; its earlier bytes are in `#held`. */
  #start = 0;
  /** The position up to which the token is within the limit. */
  #end = 0;
  /** The position before which {@link peekLine} returns no line. */
  #noLineBefore = 0;
  #state: State = State.start;
  readonly #held = new Pieces();
  #plain = true;
  /** False once the string turned out not to be base64. */
  #maybeBase64 = true;

  /** @param longest the most bytes of a token; a longer one is cut */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Adds input, which must not change before {@link next} has returned {@link Token.none}, or {@link keepUnread} was called. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#queue.push(asBuffer(chunk));
  }

  /** Copies what has not been read of the last chunk. Call it between messages only, or when all has been read. */
  keepUnread(): void {
    const last = this.#queue.pop();
    if (last !== undefined) this.#queue.push(Buffer.from(last));
    else if (this.#at < this.#chunk.length) {
      this.#queue.push(Buffer.from(this.#chunk.subarray(this.#at)));
      this.#chunk = NOTHING;
      this.#at = this.#start = this.#end = 0;
      this.#noLineBefore = 0;
    }
  }

  /** True if there is input that {@link next} has not read. */
  get hasUnread(): boolean {
    return this.#at < this.#chunk.length || this.#queue.length > 0;
  }

  /** Bytes of the token so far. */
  get length(): number {
    return this.#held.length + this.#at - this.#start;
  }

  /** True for a string without escapes that is all ASCII. */
  get plain(): boolean {
    return this.#plain;
  }

  /** The byte that made the token stray. */
  get lastByte(): number {
    return this.#chunk[this.#at - 1] ?? 0;
  }

  /** Returns the bytes of the token. May be called once. */
  take(): Piece[] {
    // A copy in Node's pool costs less than a block.
    if (this.#held.length === 0 && this.#at - this.#start <= SMALL_BYTES) {
      return [Buffer.from(this.#chunk.subarray(this.#start, this.#at))];
    }
    this.#held.append(this.#chunk, this.#start, this.#at);
    this.#start = this.#at;
    return this.#held.take();
  }

  /** Returns the token as Latin-1, without the first `skipped` and the last `dropped` bytes. */
  latin1(skipped = 0, dropped = 0): string {
    return this.#held.length === 0
      ? this.#chunk.toString('latin1', this.#start + skipped, this.#at - dropped)
      : Buffer.concat(this.take().map(textOf))
          .toString('latin1')
          .slice(skipped, -dropped || undefined);
  }

  /**
   * Returns the text up to the next line feed in Latin-1, without reading it, if an object begins here and the line is in one chunk and
   * at most `longest` bytes long; otherwise undefined. Call {@link endLine} afterwards.
   */
  peekLine(longest: number): string | undefined {
    if (this.#state !== State.start) return undefined;
    this.#held.clear();
    for (;;) {
      this.#start = this.#at;
      if (this.#at === this.#end && !this.#advance()) return undefined;
      if (this.#at < this.#noLineBefore) return undefined;
      const byte = this.#chunk[this.#at];
      if (byte === OPEN_BRACE) break;
      if (byte !== LINE_FEED) return undefined;
      this.#at++;
    }
    const end = this.#chunk.indexOf(LINE_FEED, this.#at);
    if (end < 0 || end - this.#at > longest) {
      this.endLine(false);
      return undefined;
    }
    return this.#chunk.toString('latin1', this.#at, end);
  }

  /** @param length the length of the line, if it is skipped; otherwise no further line of the chunk is returned, to bound the work */
  endLine(length: number | false): void {
    if (length === false) this.#noLineBefore = this.#chunk.length;
    else this.#at += length;
    this.#start = this.#at;
  }

  /** Returns the next token; {@link Token.none} if it does not end in the input so far. */
  next(): Token {
    if (this.#state === State.start || this.#state === State.recovery) {
      if (this.#held.length > 0) this.#held.clear();
      this.#start = this.#at;
    }
    for (;;) {
      if (this.#at === this.#end) {
        this.#held.append(this.#chunk, this.#start, this.#at);
        this.#start = this.#at;
        if (this.#held.length > this.#longest) {
          this.#state = State.start;
          return Token.cut;
        }
        if (!this.#advance()) return Token.none;
      }
      const token = this.#run();
      if (token !== Token.none) return token;
    }
  }

  /** Moves the limit forward in the chunk, or to the next chunk; returns false at the end of the input. */
  #advance(): boolean {
    if (this.#at === this.#chunk.length) {
      this.#chunk = this.#queue.shift() ?? NOTHING;
      this.#at = 0;
      this.#start = 0;
      this.#noLineBefore = 0;
    }
    this.#end = Math.min(this.#chunk.length, this.#at + this.#longest + 1 - this.#held.length);
    return this.#at < this.#end;
  }

  /** Reads to the end of a token, or to the limit. */
  #run(): Token {
    const chunk = this.#chunk;
    const end = this.#end;
    let at = this.#at;
    let state = this.#state;
    while (at < end) {
      if (state === State.doubleQuoted || state === State.singleQuoted) {
        const quote = state === State.doubleQuoted ? DOUBLE_QUOTE : SINGLE_QUOTE;
        if (this.#maybeBase64 && end - at >= BASE64_MIN_BYTES) at = this.#takeBase64(at, end, quote);
        at = plainEnd(chunk, at, end, quote);
        if (at === end) break;
        const byte = chunk[at] as number;
        if (byte === BACKSLASH || byte >= 0x80) this.#plain = false;
      }
      const next = transitions[state * 256 + (chunk[at] as number)] as number;
      if ((next & STAY) === 0) at++;
      if ((next & EMIT) !== 0) {
        const token = (next & ~(EMIT | STAY)) as Token;
        this.#at = at;
        this.#state = token === Token.stray ? State.recovery : State.start;
        return token;
      }
      const entered = (next & ~STAY) as State;
      if (entered === State.start || entered === State.recovery) this.#start = at;
      else if (state === State.start) {
        this.#plain = true;
        this.#maybeBase64 = true;
      }
      state = entered;
    }
    this.#at = at;
    this.#state = state;
    return Token.none;
  }

  /**
   * Decodes the base64 at the beginning of what follows of a long string, and returns its end. Most long strings are base64, and
   * trying to decode it is faster than looking at each character first.
   */
  #takeBase64(at: number, end: number, quote: number): number {
    const chunk = this.#chunk;
    // Tries only once: it looks far ahead, which must not happen again after every escape.
    this.#maybeBase64 = false;
    const quoteAt = chunk.indexOf(quote, at);
    const ends = quoteAt >= 0 && quoteAt <= end;
    const stop = ends ? quoteAt : end;
    const before = this.#held.length + at - this.#start - 1;
    if (ends && before + stop - at <= SHORT_STRING_LIMIT) return at;
    // Groups count from the beginning of the string; the last one may be padded.
    const first = at + ((this.#held.begun - before) & 3);
    const last = ends ? first + (Math.max(stop - first - 1, 0) & ~3) : stop;
    if (plainEnd(chunk, at, first, quote) < first) return at;
    this.#held.append(chunk, this.#start, first);
    this.#start = this.#held.appendGroups(chunk, first, last);
    this.#maybeBase64 = this.#start === last;
    return this.#start;
  }
}
