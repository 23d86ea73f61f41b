import type { Interruption } from './faults.js';

/** A part of what came in, and what happens after it. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly next: Interruption['step'] | undefined;
}

const LINE_FEED = 0x0a;
/** A command's name must come so early in its request for faults to meet the request before its end. */
const HEAD_LENGTH = 512;

function commandIn(head: Buffer): string | undefined {
  return /"execute"\s*:\s*"([^"\\]*)"/.exec(head.toString('latin1'))?.[1];
}

/**
 * Cuts what comes in where a fault is to happen in the middle of a request. A request, to these faults, is what
 * stands between two line feeds, and it is known for which command as soon as that has been read; a fault that
 * is to happen before happens then.
 */
export class RequestWatch {
  readonly #interruptionsOf: (command: string) => readonly Interruption[];
  /** The beginning of the request. */
  #head = Buffer.alloc(0);
  /** Bytes of the request that have been read. */
  #length = 0;
  #known = false;
  #pending: readonly Interruption[] = [];

  /** @param interruptionsOf is asked once for each request */
  constructor(interruptionsOf: (command: string) => readonly Interruption[]) {
    this.#interruptionsOf = interruptionsOf;
  }

  *parts(chunk: Uint8Array): Generator<Part, void, undefined> {
    for (let start = 0; start < chunk.length; ) {
      const lineEnd = chunk.indexOf(LINE_FEED, start);
      const end = lineEnd < 0 ? chunk.length : lineEnd + 1;
      yield* this.#partsOfRequest(chunk.subarray(start, end));
      if (lineEnd >= 0) this.#begin();
      start = end;
    }
  }

  *#partsOfRequest(bytes: Uint8Array): Generator<Part, void, undefined> {
    this.#look(bytes);
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

  /** Looks for the command's name, also in what has come but was not read yet. */
  #look(bytes: Uint8Array): void {
    if (this.#known || this.#head.length >= HEAD_LENGTH) return;
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, HEAD_LENGTH - this.#head.length)]);
    const command = commandIn(this.#head);
    if (command === undefined) return;
    this.#known = true;
    this.#pending = this.#interruptionsOf(command).toSorted((a, b) => a.after - b.after);
  }

  #begin(): void {
    this.#head = Buffer.alloc(0);
    this.#length = 0;
    this.#known = false;
    this.#pending = [];
  }
}
