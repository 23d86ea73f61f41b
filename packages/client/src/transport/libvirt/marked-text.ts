/** Collects a byte stream, and extracts what is between two marks. */
export class MarkedText {
  readonly #begin: Buffer;
  readonly #end: Buffer;
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #length = 0;
  /** The last bytes so far, one less than the end mark has. */
  #tail = Buffer.alloc(0);

  /** @param begin the first mark; if empty, the text begins at once */
  constructor(begin: string, end: string, limit: number) {
    this.#begin = Buffer.from(begin);
    this.#end = Buffer.from(end);
    this.#limit = limit;
  }

  /** Adds bytes; returns the text once the end mark has arrived. Throws a {@link RangeError} above the limit. */
  push(chunk: Buffer): Buffer | undefined {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    // The mark may be split across chunks.
    const recent = Buffer.concat([this.#tail, chunk]);
    if (recent.includes(this.#end)) {
      const all = Buffer.concat(this.#chunks);
      const start = all.indexOf(this.#begin);
      // An end mark before the first mark does not count.
      const end = start < 0 ? -1 : all.indexOf(this.#end, start + this.#begin.length);
      if (end >= 0) return all.subarray(start + this.#begin.length, end);
    }
    if (this.#length > this.#limit) throw new RangeError(`more than ${this.#limit} bytes`);
    this.#tail = Buffer.from(recent.subarray(Math.max(0, recent.length - this.#end.length + 1)));
    return undefined;
  }
}
