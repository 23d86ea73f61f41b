/** Finds, in a stream of bytes, what stands between two marks; keeps no more of it than it must. */
export class Between {
  readonly #before: Buffer;
  readonly #after: Buffer;
  readonly #limit: number;
  #begun: boolean;
  #found = Buffer.alloc(0);
  #chunks: Buffer[] = [];
  #length = 0;

  /**
   * @param before what it begins behind; from the start if empty
   * @param limit the most bytes to keep
   */
  constructor(before: string, after: string, limit: number) {
    this.#before = Buffer.from(before);
    this.#after = Buffer.from(after);
    this.#limit = limit;
    this.#begun = before === '';
  }

  /**
   * Takes the next bytes; gives all that stands between the marks once the second one has come.
   *
   * @throws {RangeError} if that is more than the limit
   */
  push(chunk: Buffer): Buffer | undefined {
    if (!this.#begun) {
      const seen = Buffer.concat([this.#found, chunk]);
      const at = seen.indexOf(this.#before);
      if (at < 0) {
        this.#found = seen.subarray(Math.max(0, seen.length - this.#before.length + 1));
        return undefined;
      }
      this.#begun = true;
      return this.push(seen.subarray(at + this.#before.length));
    }
    // The mark may stand across chunks: it is looked for in the new one and in as much before it as it is long.
    const tail = this.#tail(this.#after.length - 1);
    const at = Buffer.concat([tail, chunk]).indexOf(this.#after);
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (at >= 0) {
      const end = this.#length - chunk.length - tail.length + at;
      return Buffer.concat(this.#chunks).subarray(0, end);
    }
    if (this.#length > this.#limit) throw new RangeError(`more than ${this.#limit} bytes`);
    return undefined;
  }

  #tail(length: number): Buffer {
    let tail = Buffer.alloc(0);
    for (let i = this.#chunks.length - 1; i >= 0 && tail.length < length; i--) {
      tail = Buffer.concat([this.#chunks[i] ?? tail, tail]);
    }
    return tail.subarray(Math.max(0, tail.length - length));
  }
}
