import type { Transport } from '../transport/transport.js';

/** Replies are gathered up to this many bytes. */
const BATCH = 64 * 1024;

/** Gathers replies into few writes, and holds the session back while the transport takes no more. */
export class Outbox {
  readonly #transport: Transport;
  #batch: Buffer[] = [];
  #bytes = 0;
  /** What is left of a long reply; nothing may overtake it. */
  #rest: Iterator<Buffer> | undefined;
  #held = false;
  #written = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** True as long as no reply may be added, and so no request handled. */
  get blocked(): boolean {
    return this.#held;
  }

  /** Bytes handed to the transport so far. */
  get written(): number {
    return this.#written;
  }

  /** Takes a reply: buffers in an array, or a long one's pieces, made as they are sent. It leaves at the latest by the next `flush`. */
  add(reply: Iterable<Buffer>): void {
    if (Array.isArray(reply)) {
      for (const buffer of reply) {
        this.#batch.push(buffer);
        this.#bytes += buffer.length;
      }
      if (this.#bytes >= BATCH) this.flush();
    } else {
      this.flush();
      this.#rest = reply[Symbol.iterator]();
      if (!this.#held) this.#sendRest();
    }
  }

  /** Sends what has been gathered. */
  flush(): void {
    const [first] = this.#batch;
    if (first === undefined) return;
    const bytes = this.#batch.length === 1 ? first : Buffer.concat(this.#batch, this.#bytes);
    this.#batch = [];
    this.#bytes = 0;
    this.#write(bytes);
  }

  /** The transport takes more again. */
  drain(): void {
    this.#held = false;
    this.#sendRest();
  }

  #sendRest(): void {
    while (!this.#held && this.#rest !== undefined) {
      const { done, value } = this.#rest.next();
      if (done === true) this.#rest = undefined;
      else this.#write(value);
    }
  }

  #write(bytes: Buffer): void {
    this.#written += bytes.length;
    this.#held = !this.#transport.write(bytes);
  }
}
