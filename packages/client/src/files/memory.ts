/**
 * Memory for several chunks, had from the system in one piece when the first of them comes: it gives one piece of eight megabytes
 * several times sooner than eight of one, which it takes back and gives anew, page by page.
 */
export class Slab {
  readonly #chunk: number;
  readonly #size: number;
  readonly #isGiven: boolean;
  #free: Buffer | undefined;

  /**
   * @param chunk bytes of one chunk, at the most
   * @param given memory to put all of them into, one behind the other; some of nobody else's if absent
   */
  constructor(chunk: number, chunks: number, given?: Buffer) {
    this.#chunk = chunk;
    this.#size = chunk * chunks;
    this.#isGiven = given !== undefined;
    this.#free = given;
  }

  /** Memory for the next chunk. One that is too long, which is not to be, gets memory of its own. */
  take(length: number): Buffer {
    // A short one is the last, and is not to keep room for others alive.
    if (length > this.#chunk || (length < this.#chunk && !this.#isGiven))
      return Buffer.allocUnsafeSlow(length);
    this.#free ??= Buffer.allocUnsafeSlow(this.#size);
    const taken = this.#free.subarray(0, length);
    this.#free = this.#free.subarray(length);
    return taken;
  }
}

/** Memory that is used again for each one who asks; it grows to what is asked for. */
function lastingMemory(): (bytes: number) => Buffer {
  let memory = Buffer.alloc(0);
  return (bytes) => {
    if (memory.length < bytes) memory = Buffer.allocUnsafeSlow(bytes);
    return memory.subarray(0, bytes);
  };
}

/** Two pieces of such memory by turns: what was put into one stays there until the next but one is asked for. */
export function memoryByTurns(): () => (bytes: number) => Buffer {
  let [next, other] = [lastingMemory(), lastingMemory()];
  return () => {
    [next, other] = [other, next];
    return other;
  };
}
