import { decodeText } from './wire/modified-utf8.js';
import { giveBack, type Piece, textOf } from './wire/pieces.js';

/**
 * A JSON value as it came over the wire. An integer is a `number` where that is exact, else a `bigint`;
 * a number that is no integer to the wire (`1.0`, `1e3`, anything beyond uint64) is a {@link Double}.
 */
export type WireValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Double
  | LongText
  | readonly WireValue[]
  | WireObject;

/** A number written with a fraction or an exponent, or an integer beyond 64 bits (qemu-ga §1.2). */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/**
 * A long string in pieces, so that a payload of megabytes need not become one JavaScript string before it is decoded. They are
 * modified UTF-8, where U+0000 is the bytes `C0 80`; what turned out to be base64 was decoded as it came.
 */
export class LongText {
  #pieces: readonly Piece[];
  /** In bytes of modified UTF-8; for ASCII also the number of characters. */
  readonly length: number;
  /** True if all of it is ASCII. */
  readonly ascii: boolean;

  constructor(pieces: readonly Piece[], ascii: boolean) {
    this.#pieces = pieces;
    this.ascii = ascii;
    this.length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** The pieces, in order, as they are held. */
  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  /** The pieces, in order, as the text that they are. */
  *chunks(): Generator<Buffer, void, undefined> {
    for (const piece of this.#pieces) yield textOf(piece);
  }

  /** The last bytes, each as one character. */
  end(length: number): string {
    let end = '';
    for (let i = this.#pieces.length - 1; i >= 0 && end.length < length; i--) {
      const text = textOf(this.#pieces[i] as Piece);
      end = text.toString('latin1', Math.max(text.length - (length - end.length), 0)) + end;
    }
    return end;
  }

  /** Gives the memory of the pieces back, for other texts: nobody may have them any more. Empty from now on. */
  release(): void {
    giveBack(this.#pieces);
    this.#pieces = [];
  }

  /** The text as one JavaScript string. */
  toString(): string {
    return this.ascii
      ? Array.from(this.chunks(), (chunk) => chunk.toString('latin1')).join('')
      : decodeText(Buffer.concat([...this.chunks()]));
  }
}

/** Up to this many members a linear search beats a map. */
const FEW = 8;

/** A JSON object: its members in the order of their arrival. No name occurs twice. */
export class WireObject {
  static readonly empty = new WireObject([]);

  /** Names and values in turn; one flat array, since a message may hold half a million small objects. */
  readonly #flat: readonly WireValue[];
  #index: ReadonlyMap<string, WireValue> | undefined;

  /** @param flat names (strings) and values in turn */
  private constructor(flat: readonly WireValue[], index?: ReadonlyMap<string, WireValue>) {
    this.#flat = flat;
    this.#index = index;
  }

  /** An object with these members. A name that is given twice keeps its last value. */
  static of(members: Iterable<readonly [string, WireValue]>): WireObject {
    return new WireObject([...new Map(members)].flat(1));
  }

  /** @internal For the reader, which has made sure that no name occurs twice. */
  static fromFlat(flat: readonly WireValue[], index?: ReadonlyMap<string, WireValue>): WireObject {
    return flat.length === 0 ? WireObject.empty : new WireObject(flat, index);
  }

  get size(): number {
    return this.#flat.length / 2;
  }

  get(name: string): WireValue | undefined {
    const flat = this.#flat;
    if (flat.length > 2 * FEW) {
      this.#index ??= new Map(this);
      return this.#index.get(name);
    }
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] === name) return flat[i + 1];
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this) yield name;
  }

  *[Symbol.iterator](): IterableIterator<[string, WireValue]> {
    const flat = this.#flat;
    for (let i = 0; i < flat.length; i += 2) {
      yield [flat[i] as string, flat[i + 1] as WireValue];
    }
  }
}

/** Text of any length. */
export type Text = string | LongText;

/** Is this a string of the wire, long or short? */
export function isText(value: unknown): value is Text {
  return typeof value === 'string' || value instanceof LongText;
}
