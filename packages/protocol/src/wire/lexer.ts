import { asBuffer, type Piece, textOf } from '@guestwire/schema/text';
import { Pieces } from './pieces.js';
import { plainEnd } from './scan.js';
import { Token } from './tokens.js';
import { EMIT, STAY, State, transitions } from './transitions.js';

const NOTHING = Buffer.alloc(0);
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;
const BACKSLASH = 0x5c;
/** Longer strings are kept as `LongText`. */
export const SHORT = 16 * 1024;
/** Below this many bytes it is not worth while to try whether they are base64. */
const WORTHWHILE = 4096;

/**
 * Bytes to tokens, one at a time and only on demand. The state lives on between chunks, and between
 * connections (qemu-ga §1.1).
 *
 * The token that {@link next} returned can be asked for until the following call.
 */
export class Lexer {
  readonly #longest: number;
  readonly #queue: Buffer[] = [];
  #chunk: Buffer = NOTHING;
  /** Next byte to read. */
  #at = 0;
  /** Where the token begins in this chunk; its earlier bytes are in `#held`. */
  #start = 0;
  /** Up to here the token cannot become too long. */
  #end = 0;
  #state: State = State.start;
  readonly #held = new Pieces();
  #plain = true;
  /** May the rest of the string be base64, as far as it was seen? */
  #data = true;

  /** @param longest a token of more bytes is cut */
  constructor(longest: number) {
    this.#longest = longest;
  }

  /** Adds input, which must not change before {@link next} has found nothing more. */
  push(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#queue.push(asBuffer(chunk));
  }

  /** Is there input that no token was made of yet? */
  get hasUnread(): boolean {
    return this.#at < this.#chunk.length || this.#queue.length > 0;
  }

  /** Bytes of the token so far. */
  get length(): number {
    return this.#held.length + this.#at - this.#start;
  }

  /** Of a string: is it free of escapes, and ASCII only? */
  get plain(): boolean {
    return this.#plain;
  }

  /** Of a stray token: the byte that made it stray. */
  get lastByte(): number {
    return this.#chunk[this.#at - 1] ?? 0;
  }

  /** The bytes of the token. May be called once. */
  take(): Piece[] {
    this.#held.append(this.#chunk, this.#start, this.#at);
    this.#start = this.#at;
    return this.#held.take();
  }

  /** The bytes of the token from `skipped` up to `dropped` before its end, as Latin-1. */
  latin1(skipped = 0, dropped = 0): string {
    return this.#held.length === 0
      ? this.#chunk.toString('latin1', this.#start + skipped, this.#at - dropped)
      : Buffer.concat(this.take().map(textOf))
          .toString('latin1')
          .slice(skipped, -dropped || undefined);
  }

  /** The next token; {@link Token.none} if there is none before the end of the input. */
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

  /** Goes on in the chunk, or to the next one. */
  #advance(): boolean {
    if (this.#at === this.#chunk.length) {
      this.#chunk = this.#queue.shift() ?? NOTHING;
      this.#at = 0;
      this.#start = 0;
    }
    this.#end = Math.min(this.#chunk.length, this.#at + this.#longest + 1 - this.#held.length);
    return this.#at < this.#end;
  }

  /** Reads to the end of a token, or as far as it may. */
  #run(): Token {
    const chunk = this.#chunk;
    const end = this.#end;
    let at = this.#at;
    let state = this.#state;
    while (at < end) {
      if (state === State.doubleQuoted || state === State.singleQuoted) {
        const quote = state === State.doubleQuoted ? DOUBLE_QUOTE : SINGLE_QUOTE;
        if (this.#data && end - at >= WORTHWHILE) at = this.#takeData(at, end, quote);
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
        this.#data = true;
      }
      state = entered;
    }
    this.#at = at;
    this.#state = state;
    return Token.none;
  }

  /**
   * Takes what is base64 of a long string, as most long strings are: decoding it tells so, and is quicker than to look
   * at each character first. Returns where the rest begins.
   */
  #takeData(at: number, end: number, quote: number): number {
    const chunk = this.#chunk;
    // Only once where it fails: it looks far ahead, which must not be done anew behind every escape.
    this.#data = false;
    const quoteAt = chunk.indexOf(quote, at);
    const ends = quoteAt >= 0 && quoteAt <= end;
    const stop = ends ? quoteAt : end;
    const before = this.#held.length + at - this.#start - 1;
    if (ends && before + stop - at <= SHORT) return at;
    // Groups are counted from the beginning of the string; the last one may be padded.
    const first = at + ((this.#held.begun - before) & 3);
    const last = ends ? first + (Math.max(stop - first - 1, 0) & ~3) : stop;
    if (plainEnd(chunk, at, first, quote) < first) return at;
    this.#held.append(chunk, this.#start, first);
    this.#start = this.#held.appendGroups(chunk, first, last);
    this.#data = this.#start === last;
    return this.#start;
  }
}
