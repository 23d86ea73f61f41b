import { Base64Data, Double, LongText, type Text, WireError, WireObject } from '@guestwire/schema';
import { acquireBlock, decodeText, LONGEST_SEQUENCE, wellFormed } from '@guestwire/schema/text';
import { doubleText } from './double-text.js';
import { inHashOrder, type Member } from './member-order.js';

/** Output is returned when it has this length: a write costs a wake-up of the other side. It stays in the processor's cache. */
const WINDOW = 256 * 1024;
/** The characters of a part of a long string or of data. The engine allocates those beyond 128 KiB one by one. */
const STEP = 64 * 1024;
/** Up to this number of bytes, data is encoded at once. */
const SMALL_DATA = 64 * 1024;
/** The bytes of larger data that make one part. */
const DATA_STEP = (STEP / 4) * 3;

export interface WriterOptions {
  /** The order of members: QEMU's (qemu-ga §3.2), or as given. */
  readonly order: 'hash' | 'given';
  /** Text that is not Unicode becomes U+FFFD, or throws {@link WireError} `unencodable`. */
  readonly malformed: 'replace' | 'throw';
  /** As C's `%.17g`: `1` and `inf` (qemu-ga §3.1); or as JSON that is a double again: `1.0`, and infinity throws {@link WireError}. */
  readonly doubles: 'printf' | 'exact';
}

/**
 * Encodes an object between two texts, as JSON in ASCII, byte for byte as QEMU does (qemu-ga §3.1). The options order the members of
 * nested objects only. Accepts wire values, plain objects (without members that are `undefined`) and {@link Base64Data}; a `number`
 * that is not an exact integer is a double. Small output is an array of one buffer; large output is encoded while it is iterated. All
 * buffers can be given to `releaseBlock`.
 *
 * @throws {WireError} `unencodable`, possibly only during iteration
 */
export function encodeObject(
  members: readonly Member[],
  options: WriterOptions,
  before: string,
  after: string,
): Iterable<Buffer> {
  const writer = new Writer(members, options, before, after);
  const first = writer.window();
  return writer.done ? [first] : remaining(first, writer);
}

function* remaining(first: Buffer, writer: Writer): Generator<Buffer, void, undefined> {
  yield first;
  while (!writer.done) yield writer.window();
}

/** An object or array whose parts are being written. */
interface Frame {
  readonly parts: readonly unknown[];
  /** If it is an object, its parts are {@link Member}s. */
  readonly isObject: boolean;
  /** The number of parts written. */
  at: number;
}

class Writer {
  readonly #options: WriterOptions;
  readonly #after: string;
  readonly #frames: Frame[];
  /** The rest of a long value that is being written. */
  #stream: Iterator<string> | undefined;
  /** Long texts of the window and the texts before them, not joined, to save a copy. */
  #parts: string[] = [];
  #partsLength = 0;
  /** The text after the parts. */
  #text: string;
  done = false;

  constructor(members: readonly Member[], options: WriterOptions, before: string, after: string) {
    this.#options = options;
    this.#after = after;
    this.#frames = [{ parts: members, isObject: true, at: 0 }];
    this.#text = `${before}{`;
  }

  /** Returns the next window of output: the last one if `done` is true afterwards. */
  window(): Buffer {
    while (!this.done && this.#length < WINDOW) this.#step();
    if (this.#parts.length === 0) {
      const bytes = Buffer.from(this.#text, 'latin1');
      this.#text = '';
      return bytes;
    }
    const length = this.#length;
    const bytes = acquireBlock(length).subarray(0, length);
    let at = 0;
    for (const part of this.#parts) at += bytes.write(part, at, 'latin1');
    bytes.write(this.#text, at, 'latin1');
    this.#parts = [];
    this.#partsLength = 0;
    this.#text = '';
    return bytes;
  }

  get #length(): number {
    return this.#partsLength + this.#text.length;
  }

  #long(text: string): void {
    this.#parts.push(this.#text, text);
    this.#partsLength += this.#text.length + text.length;
    this.#text = '';
  }

  #step(): void {
    if (this.#stream !== undefined) {
      const { done, value } = this.#stream.next();
      if (done === true) this.#stream = undefined;
      else this.#long(value);
      return;
    }
    const frame = this.#frames.at(-1);
    if (frame === undefined) {
      this.#text += this.#after;
      this.done = true;
      return;
    }
    const { parts, isObject, at } = frame;
    if (at === parts.length) {
      this.#text += isObject ? '}' : ']';
      this.#frames.pop();
      return;
    }
    if (at > 0) this.#text += ', ';
    frame.at++;
    if (isObject) {
      const [name, value] = parts[at] as Member;
      this.#text += `"${this.#escaped(name)}": `;
      this.#value(value);
    } else {
      this.#value(parts[at]);
    }
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'string':
        if (value.length < STEP) this.#text += `"${this.#escaped(value)}"`;
        else this.#stream = this.#quoted(value);
        return;
      case 'number':
        this.#text += Number.isSafeInteger(value) ? String(value) : this.#double(value);
        return;
      case 'boolean':
      case 'bigint':
        this.#text += String(value);
        return;
      case 'object':
        this.#object(value);
        return;
      default:
        throw new WireError('unencodable', `A ${typeof value} cannot be sent`);
    }
  }

  #object(value: object | null): void {
    if (value === null) {
      this.#text += 'null';
    } else if (Array.isArray(value)) {
      this.#text += '[';
      this.#frames.push({ parts: value, isObject: false, at: 0 });
    } else if (value instanceof WireObject) {
      this.#members([...value]);
    } else if (value instanceof Base64Data) {
      this.#data(value);
    } else if (value instanceof LongText) {
      this.#stream = this.#quoted(value);
    } else if (value instanceof Double) {
      this.#text += this.#double(value.value);
    } else {
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) {
        throw new WireError('unencodable', `A ${value.constructor.name} cannot be sent; send a plain object`);
      }
      this.#members(Object.entries(value).filter(([, member]) => member !== undefined));
    }
  }

  #double(value: number): string {
    const text = doubleText(value);
    if (this.#options.doubles === 'printf') return text;
    if (!Number.isFinite(value)) throw new WireError('unencodable', `The number ${value} cannot be sent`);
    return /[.e]/.test(text) ? text : `${text}.0`;
  }

  #members(given: readonly Member[]): void {
    this.#text += '{';
    const parts = this.#options.order === 'hash' ? inHashOrder(given) : given;
    this.#frames.push({ parts, isObject: true, at: 0 });
  }

  #data(data: Base64Data): void {
    const { source } = data;
    if (!Buffer.isBuffer(source)) this.#value(source);
    else if (source.length <= SMALL_DATA) {
      this.#text += '"';
      this.#long(source.toString('base64'));
      this.#text += '"';
      data.sent?.();
    } else this.#stream = encoded(source, data.sent);
  }

  *#quoted(text: Text): Generator<string, void, undefined> {
    yield '"';
    for (const part of typeof text === 'string' ? stringParts(text) : longTextParts(text)) {
      yield this.#escaped(part);
    }
    yield '"';
  }

  #escaped(text: string): string {
    if (!SPECIAL.test(text)) return text;
    const fixed = wellFormed(text);
    if (fixed !== text && this.#options.malformed === 'throw') {
      throw new WireError('unencodable', 'Text to send holds a lone surrogate or a noncharacter');
    }
    return fixed.replace(ALL_SPECIAL, escapeUnit);
  }
}

function* encoded(bytes: Buffer, sent: (() => void) | undefined): Generator<string, void, undefined> {
  yield '"';
  for (let at = 0; at < bytes.length; at += DATA_STEP) {
    yield bytes.toString('base64', at, Math.min(at + DATA_STEP, bytes.length));
  }
  sent?.();
  yield '"';
}

/** Splits the text, but no pair of surrogates. */
function* stringParts(text: string): Generator<string, void, undefined> {
  for (let at = 0, end: number; at < text.length; at = end) {
    end = Math.min(at + STEP, text.length);
    if ((text.charCodeAt(end - 1) & 0xfc00) === 0xd800) end = Math.min(end + 1, text.length);
    yield text.slice(at, end);
  }
}

/** Splits the text, but no sequence. */
function* longTextParts(text: LongText): Generator<string, void, undefined> {
  let rest = Buffer.alloc(0);
  for (const chunk of text.chunks()) {
    for (let at = 0; at < chunk.length; at += STEP) {
      const part = Buffer.concat([rest, chunk.subarray(at, at + STEP)]);
      let end = part.length;
      // A sequence that begins in the last few bytes may be incomplete; malformed ones are not split either.
      for (let i = Math.max(end - LONGEST_SEQUENCE + 1, 0); i < part.length; i++) {
        if ((part[i] as number) >= 0xc0) end = i;
      }
      rest = part.subarray(end);
      yield decodeText(part.subarray(0, end));
    }
  }
  yield decodeText(rest);
}

const SPECIAL = /["\\\x00-\x1f\x7f-\uffff]/;
const ALL_SPECIAL = new RegExp(SPECIAL, 'g');

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** Escapes one UTF-16 unit; a pair of surrogates takes two calls. */
function escapeUnit(unit: string): string {
  return SHORT_ESCAPES[unit] ?? `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
}
