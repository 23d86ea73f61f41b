import type { Interruption } from './faults.js';

/** A part of the input, and what happens after it. */
export interface RequestPart {
  readonly bytes: Uint8Array;
  readonly next: Interruption['step'] | undefined;
}

const LINE_FEED = 0x0a;
/** Bytes of a request that are searched for the name of its command. */
const HEAD_LENGTH_BYTES = 512;

/**
 * Splits the input where a fault interrupts a request. To faults, a request is a line. Its command is known as soon as the name has
 * been read; an interruption that is due earlier happens then.
 */
export class RequestSplitter {
  readonly #interruptions: (command: string) => readonly Interruption[];
  /** The beginning of the request. */
  #head = Buffer.alloc(0);
  /** The bytes of the request so far. */
  #length = 0;
  #isKnown = false;
  #pending: readonly Interruption[] = [];

  /** @param interruptions called once for each request */
  constructor(interruptions: (command: string) => readonly Interruption[]) {
    this.#interruptions = interruptions;
  }

  *split(chunk: Uint8Array): Generator<RequestPart, void, undefined> {
    for (let start = 0; start < chunk.length; ) {
      const lineEnd = chunk.indexOf(LINE_FEED, start);
      const end = lineEnd < 0 ? chunk.length : lineEnd + 1;
      yield* this.#splitRequest(chunk.subarray(start, end));
      if (lineEnd >= 0) this.#reset();
      start = end;
    }
  }

  *#splitRequest(bytes: Uint8Array): Generator<RequestPart, void, undefined> {
    this.#findCommand(bytes);
    let rest = bytes;
    for (;;) {
      const [next, ...later] = this.#pending;
      const length = next === undefined ? rest.length : Math.max(0, next.after - this.#length);
      if (next === undefined || length > rest.length) break;
      this.#pending = later;
      this.#length += length;
      yield { bytes: rest.subarray(0, length), next: next.step };
      rest = rest.subarray(length);
    }
    this.#length += rest.length;
    if (rest.length > 0) yield { bytes: rest, next: undefined };
  }

  #findCommand(bytes: Uint8Array): void {
    if (this.#isKnown || this.#head.length >= HEAD_LENGTH_BYTES) return;
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, HEAD_LENGTH_BYTES - this.#head.length)]);
    const command = /"execute"\s*:\s*"([^"\\]*)"/.exec(this.#head.toString('latin1'))?.[1];
    if (command === undefined) return;
    this.#isKnown = true;
    this.#pending = this.#interruptions(command).toSorted((a, b) => a.after - b.after);
  }

  #reset(): void {
    this.#head = Buffer.alloc(0);
    this.#length = 0;
    this.#isKnown = false;
    this.#pending = [];
  }
}
