import { LongText } from './long-text.js';

/**
 * A JSON value as it arrived over the wire. An integer is a `number` where that is exact, else a `bigint`; a number that the wire
 * does not read as an integer (`1.0`, `1e3`, anything beyond uint64) is a {@link Double}.
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

/** A number with a fraction or an exponent, or an integer beyond 64 bits (qemu-ga §1.2). */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Up to this number of members a linear search is faster than a map. */
const LINEAR_SEARCH_LIMIT = 8;

/** A JSON object: its members in order of arrival. Names are unique. */
export class WireObject {
  static readonly empty = new WireObject([]);

  /** Names and values in turn; one flat array, since a message may hold half a million small objects. */
  readonly #flat: readonly WireValue[];
  #index: ReadonlyMap<string, WireValue> | undefined;

  private constructor(flat: readonly WireValue[], index?: ReadonlyMap<string, WireValue>) {
    this.#flat = flat;
    this.#index = index;
  }

  /** Returns an object with these members. A name that occurs twice keeps its last value. */
  static of(members: Iterable<readonly [string, WireValue]>): WireObject {
    return new WireObject([...new Map(members)].flat(1));
  }

  /** @internal For the reader of the wire, which has checked that names are unique. */
  static fromFlat(flat: readonly WireValue[], index?: ReadonlyMap<string, WireValue>): WireObject {
    return flat.length === 0 ? WireObject.empty : new WireObject(flat, index);
  }

  get size(): number {
    return this.#flat.length / 2;
  }

  get(name: string): WireValue | undefined {
    const flat = this.#flat;
    if (flat.length > 2 * LINEAR_SEARCH_LIMIT) {
      this.#index ??= new Map(this);
      return this.#index.get(name);
    }
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] === name) return flat[i + 1];
    }
    return undefined;
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

/** Returns true for a string of the wire, short or long. */
export function isText(value: unknown): value is Text {
  return typeof value === 'string' || value instanceof LongText;
}
