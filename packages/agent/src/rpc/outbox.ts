import { releaseBlock } from '@guestwire/schema/text';
import type { HostStream } from '../transport/transport.js';

/** Shorter output is not in blocks that are used again. */
const MIN_BLOCK_BYTES = 32 * 1024;

/** Replies are collected up to this size. */
const BATCH_BYTES = 64 * 1024;

/** Collects replies into few writes, and stops the session while the host accepts no more. */
export class Outbox {
  readonly #stream: HostStream;
  #batch: Buffer[] = [];
  #batchBytes = 0;
  /** The rest of a long reply, which is sent before any other. */
  #rest: Iterator<Buffer> | undefined;
  #blocked = false;
  #written = 0;

  constructor(stream: HostStream) {
    this.#stream = stream;
  }

  /** True while no reply may be added, and so no request be handled. */
  get blocked(): boolean {
    return this.#blocked;
  }

  get written(): number {
    return this.#written;
  }

  /** Adds a reply: an array of buffers, or the pieces of a long reply, which are produced while they are sent. */
  add(reply: Iterable<Buffer>): void {
    if (Array.isArray(reply)) {
      for (const buffer of reply) {
        this.#batch.push(buffer);
        this.#batchBytes += buffer.length;
      }
      if (this.#batchBytes >= BATCH_BYTES) this.flush();
    } else {
      this.flush();
      this.#rest = reply[Symbol.iterator]();
      if (!this.#blocked) this.#sendRest();
    }
  }

  flush(): void {
    const [first] = this.#batch;
    if (first === undefined) return;
    const bytes = this.#batch.length === 1 ? first : Buffer.concat(this.#batch, this.#batchBytes);
    this.#batch = [];
    this.#batchBytes = 0;
    this.#write(bytes);
  }

  drain(): void {
    this.#blocked = false;
    this.#sendRest();
  }

  #sendRest(): void {
    while (!this.#blocked && this.#rest !== undefined) {
      const { done, value } = this.#rest.next();
      if (done === true) this.#rest = undefined;
      else this.#write(value);
    }
  }

  #write(bytes: Buffer): void {
    this.#written += bytes.length;
    const onSent = bytes.length > MIN_BLOCK_BYTES ? releaseBlock : undefined;
    this.#blocked = !this.#stream.write(bytes, onSent);
  }
}
