const RUNS = 0;
const LENGTH = 1;
const HEADER_BYTES = 8;

/** The input that a worker runs, in memory that it shares with the thread that watches it. */
export class CurrentInput {
  readonly memory: SharedArrayBuffer;
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;

  /** @param memory that of another thread's object; new memory for inputs of this size otherwise */
  constructor(memory: SharedArrayBuffer | number) {
    this.memory = typeof memory === 'number' ? new SharedArrayBuffer(HEADER_BYTES + memory) : memory;
    this.#header = new Int32Array(this.memory, 0, 2);
    this.#bytes = new Uint8Array(this.memory, HEADER_BYTES);
  }

  /** The number of inputs so far, modulo 2³². */
  get runs(): number {
    return Atomics.load(this.#header, RUNS);
  }

  set(input: Uint8Array): void {
    const shown = input.subarray(0, this.#bytes.length);
    this.#bytes.set(shown);
    Atomics.store(this.#header, LENGTH, shown.length);
    Atomics.add(this.#header, RUNS, 1);
  }

  get(): Buffer {
    return Buffer.from(this.#bytes.slice(0, Atomics.load(this.#header, LENGTH)));
  }
}
