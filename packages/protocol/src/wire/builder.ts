import { Double, isText, WireObject, type WireValue } from '@guestwire/schema';
import type { Lexer } from './lexer.js';
import { InvalidString, stringValue } from './string-token.js';
import { Token } from './transitions.js';

/** The tokens that may come next in a container. */
const Expect = {
  elementOrEnd: 0,
  element: 1,
  commaOrEnd: 2,
  keyOrEnd: 3,
  key: 4,
  colon: 5,
  value: 6,
  commaOrClose: 7,
} as const;

type Expect = (typeof Expect)[keyof typeof Expect];

/** A container that is being built. Its parts are on the builder's stack, from `base` on. */
interface Frame {
  readonly base: number;
  expect: Expect;
  /** Members by name, once there are too many for a linear search. */
  index?: Map<string, WireValue>;
}

/** A problem, in the words of `qemu-ga` (qemu-ga §1.4). */
type Problem = string | undefined;

const WORDS: ReadonlyMap<string, WireValue> = new Map(
  Object.entries({ true: true, false: false, null: null }),
);

const LINEAR_SEARCH_LIMIT = 8;
/** Longer details of an error are cut (qemu-ga §1.4). */
const DETAIL_LIMIT_BYTES = 1023;

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** Builds one value from tokens. After the first problem it ignores all others: the error is due when the braces balance (qemu-ga §1.4). */
export class Builder {
  #stack: WireValue[] = [];
  #frames: Frame[] = [];
  #detail: string | undefined;
  #ignoring = false;

  /** The first problem, if there was one. */
  get detail(): string | undefined {
    return this.#detail;
  }

  /** Returns the value, whose tokens must be complete, and clears the builder. */
  take(): WireValue {
    const value = this.#stack[0] as WireValue;
    this.clear();
    return value;
  }

  clear(): void {
    this.#stack = [];
    this.#frames = [];
    this.#detail = undefined;
    this.#ignoring = false;
  }

  /** Drops the value, and ignores all tokens before the next {@link clear}. */
  abandon(): void {
    this.clear();
    this.#ignoring = true;
  }

  accept(token: Token, lexer: Lexer): void {
    if (this.#ignoring) return;
    const problem = this.#place(token, lexer);
    if (problem === undefined) return;
    this.abandon();
    this.#detail = problem.slice(0, DETAIL_LIMIT_BYTES);
  }

  #place(token: Token, lexer: Lexer): Problem {
    const frame = this.#frames.at(-1);
    switch (frame?.expect) {
      case Expect.elementOrEnd:
        if (token === Token.closeBracket) return this.#closeArray(frame);
        break;
      case Expect.commaOrEnd:
        if (token === Token.closeBracket) return this.#closeArray(frame);
        if (token !== Token.comma) return 'expected separator in list';
        frame.expect = Expect.element;
        return undefined;
      case Expect.keyOrEnd:
        if (token === Token.closeBrace) return this.#closeObject(frame);
        break;
      case Expect.colon:
        if (token !== Token.colon) return 'missing : in object pair';
        frame.expect = Expect.value;
        return undefined;
      case Expect.commaOrClose:
        if (token === Token.closeBrace) return this.#closeObject(frame);
        if (token !== Token.comma) return 'expected separator in dict';
        frame.expect = Expect.key;
        return undefined;
    }
    return this.#value(token, lexer);
  }

  #value(token: Token, lexer: Lexer): Problem {
    switch (token) {
      case Token.openBrace:
        this.#frames.push({ base: this.#stack.length, expect: Expect.keyOrEnd });
        return undefined;
      case Token.openBracket:
        this.#frames.push({ base: this.#stack.length, expect: Expect.elementOrEnd });
        return undefined;
      case Token.string: {
        const text = stringValue(lexer);
        return text instanceof InvalidString ? text.detail : this.#complete(text);
      }
      case Token.integer:
        return this.#complete(integer(lexer.latin1()));
      case Token.float:
        return this.#complete(new Double(Number(lexer.latin1())));
      case Token.word: {
        const word = lexer.latin1();
        const value = WORDS.get(word);
        return value === undefined ? `invalid keyword '${word}'` : this.#complete(value);
      }
      default:
        return 'expecting value';
    }
  }

  /** Puts a complete value into its container, as element, key or member. */
  #complete(value: WireValue): Problem {
    const frame = this.#frames.at(-1);
    switch (frame?.expect) {
      case Expect.elementOrEnd:
      case Expect.element:
        frame.expect = Expect.commaOrEnd;
        break;
      case Expect.keyOrEnd:
      case Expect.key: {
        // The grammar allows any value here, even an object.
        if (!isText(value)) return 'key is not a string in object';
        frame.expect = Expect.colon;
        this.#stack.push(value.toString());
        return undefined;
      }
      case Expect.value:
        if (!this.#isNew(frame, value)) return 'duplicate key';
        frame.expect = Expect.commaOrClose;
        break;
    }
    this.#stack.push(value);
    return undefined;
  }

  /** Returns true if the object has no other member of the name on top of the stack. Constant time on average. */
  #isNew(frame: Frame, value: WireValue): boolean {
    const stack = this.#stack;
    const top = stack.length - 1;
    const key = stack[top] as string;
    if (frame.index === undefined) {
      for (let i = frame.base; i < top; i += 2) {
        if (stack[i] === key) return false;
      }
      if (top - frame.base < 2 * LINEAR_SEARCH_LIMIT) return true;
      frame.index = new Map();
      for (let i = frame.base; i < top; i += 2) {
        frame.index.set(stack[i] as string, stack[i + 1] as WireValue);
      }
    }
    if (frame.index.has(key)) return false;
    frame.index.set(key, value);
    return true;
  }

  #closeArray(frame: Frame): Problem {
    return this.#close(frame, this.#stack.slice(frame.base));
  }

  #closeObject(frame: Frame): Problem {
    return this.#close(frame, WireObject.fromFlat(this.#stack.slice(frame.base), frame.index));
  }

  #close(frame: Frame, value: WireValue): Problem {
    this.#stack.length = frame.base;
    this.#frames.pop();
    return this.#complete(value);
  }
}

/** Parses an integer literal (qemu-ga §1.2). */
function integer(literal: string): WireValue {
  const quick = Number(literal);
  if (Number.isSafeInteger(quick)) return quick === 0 ? 0 : quick;
  // 64 bits take at most 20 characters with the sign; a megabyte of digits must not become a bigint.
  if (literal.length > 20) return new Double(quick);
  const exact = BigInt(literal);
  return exact >= INT64_MIN && exact <= UINT64_MAX ? exact : new Double(quick);
}
