import { Double, isText, WireObject, type WireValue } from '@guestwire/schema';
import type { Lexer } from './lexer.js';
import { InvalidString, stringValue } from './string-token.js';
import { Token } from './tokens.js';

/** What may come next in a container. */
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

/** A container that is being built. Its parts lie on the builder's stack, from `base` on. */
interface Frame {
  readonly base: number;
  expect: Expect;
  /** Members by name, once they are too many to search one by one. */
  index?: Map<string, WireValue>;
}

/** What is wrong, in the reference's words (1.4). */
type Mistake = string | undefined;

const WORDS: ReadonlyMap<string, WireValue> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** Up to this many members are searched one by one. */
const FEW = 8;
/** An error's detail is cut to so many bytes (qemu-ga §1.4). */
const LONGEST_DETAIL = 1023;

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * Tokens to one value. The first mistake is remembered and everything after it ignored: up to QEMU 11.0 an
 * error is answered only when the braces balance, and then it is the first one (qemu-ga §1.4).
 */
export class Builder {
  #stack: WireValue[] = [];
  #frames: Frame[] = [];
  #detail: string | undefined;
  #deaf = false;

  /** What was wrong, if something was. */
  get detail(): string | undefined {
    return this.#detail;
  }

  /** The value, once its tokens are complete; starts anew. */
  take(): WireValue {
    const value = this.#stack[0] as WireValue;
    this.clear();
    return value;
  }

  /** Forgets everything and starts anew. */
  clear(): void {
    this.#stack = [];
    this.#frames = [];
    this.#detail = undefined;
    this.#deaf = false;
  }

  /** Forgets what was built, and ignores what comes before the next {@link clear}. */
  abandon(): void {
    this.#stack = [];
    this.#frames = [];
    this.#deaf = true;
  }

  /** Takes the lexer's token. */
  accept(token: Token, lexer: Lexer): void {
    if (this.#deaf) return;
    const mistake = this.#place(token, lexer);
    if (mistake === undefined) return;
    this.abandon();
    this.#detail = mistake.slice(0, LONGEST_DETAIL);
  }

  #place(token: Token, lexer: Lexer): Mistake {
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

  #value(token: Token, lexer: Lexer): Mistake {
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

  /** A value is complete: what is it in its container? */
  #complete(value: WireValue): Mistake {
    const frame = this.#frames.at(-1);
    switch (frame?.expect) {
      case Expect.elementOrEnd:
      case Expect.element:
        frame.expect = Expect.commaOrEnd;
        break;
      case Expect.keyOrEnd:
      case Expect.key: {
        // Any value may stand here as far as the grammar goes, even an object.
        const key = keyText(value);
        if (key === undefined) return 'key is not a string in object';
        frame.expect = Expect.colon;
        this.#stack.push(key);
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

  /** The member's name is on top of the stack. Is it the first of that name? Constant time on average. */
  #isNew(frame: Frame, value: WireValue): boolean {
    const stack = this.#stack;
    const top = stack.length - 1;
    const key = stack[top] as string;
    if (frame.index === undefined) {
      for (let i = frame.base; i < top; i += 2) {
        if (stack[i] === key) return false;
      }
      if (top - frame.base < 2 * FEW) return true;
      frame.index = new Map();
      for (let i = frame.base; i < top; i += 2) {
        frame.index.set(stack[i] as string, stack[i + 1] as WireValue);
      }
    }
    if (frame.index.has(key)) return false;
    frame.index.set(key, value);
    return true;
  }

  #closeArray(frame: Frame): Mistake {
    return this.#close(frame, this.#stack.slice(frame.base));
  }

  #closeObject(frame: Frame): Mistake {
    return this.#close(frame, WireObject.fromFlat(this.#stack.slice(frame.base), frame.index));
  }

  #close(frame: Frame, value: WireValue): Mistake {
    this.#stack.length = frame.base;
    this.#frames.pop();
    return this.#complete(value);
  }
}

function keyText(value: WireValue): string | undefined {
  return isText(value) ? value.toString() : undefined;
}

/** An integer literal as qemu-ga §1.2 reads it. */
function integer(literal: string): WireValue {
  const quick = Number(literal);
  if (Number.isSafeInteger(quick)) return quick === 0 ? 0 : quick;
  // The longest that fit are 20 characters, sign included; do not turn a megabyte of digits into a bigint.
  if (literal.length > 20) return new Double(quick);
  const exact = BigInt(literal);
  return exact >= INT64_MIN && exact <= UINT64_MAX ? exact : new Double(quick);
}
