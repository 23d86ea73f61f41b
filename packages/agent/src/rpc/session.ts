import { MessageReader } from '@guestwire/protocol/wire';
import type { Transport, TransportListener } from '../transport/transport.js';
import type { Dispatcher, EncodedReply } from './dispatcher.js';
import { Outbox } from './outbox.js';

/** After this traffic in both directions, `bulkDone` is called. */
const BULK_BYTES = 48 * 1024 * 1024;

export interface SessionEvents {
  fatal(error: Error): void;
  /** All requests are answered, after much traffic: a good moment to collect garbage. */
  bulkDone(): void;
}

/**
 * A session over one transport: handles requests one at a time and in order, and reads no further while it cannot reply.
 * Requests of a disconnected host are still carried out; their replies are dropped. The next host continues a message
 * that the last one left incomplete (qemu-ga §1.1).
 */
export class Session implements TransportListener {
  readonly #transport: Transport;
  readonly #dispatcher: Dispatcher;
  readonly #outbox: Outbox;
  readonly #reader = new MessageReader();
  readonly #events: SessionEvents;
  /** A handler has not ended. */
  #busy = false;
  #paused = false;
  #ended = false;
  #bytesRead = 0;
  /** Bytes read and written at the last `bulkDone`. */
  #bytesReported = 0;

  constructor(transport: Transport, dispatcher: Dispatcher, events: SessionEvents) {
    this.#transport = transport;
    this.#dispatcher = dispatcher;
    this.#outbox = new Outbox(transport);
    this.#events = events;
  }

  data(chunk: Buffer): void {
    this.#reader.push(chunk);
    this.#bytesRead += chunk.length;
    if (this.#busy || this.#outbox.blocked) {
      this.#paused = true;
      this.#transport.pause();
    } else {
      this.#proceed();
    }
  }

  drain(): void {
    this.#outbox.drain();
    this.#proceed();
  }

  end(): void {
    this.#ended = true;
    this.#proceed();
  }

  fatal(error: Error): void {
    this.#events.fatal(error);
  }

  /** Handles messages until there are no more, a handler is asynchronous, or the host does not read. */
  #proceed(): void {
    while (!this.#busy && !this.#outbox.blocked) {
      const incoming = this.#reader.next();
      if (incoming === undefined) {
        this.#outbox.flush();
        if (!this.#outbox.blocked) this.#idle();
        return;
      }
      const reply = this.#dispatcher.answer(incoming);
      if (reply instanceof Promise) this.#await(reply);
      else if (reply !== undefined) this.#outbox.add(reply);
    }
  }

  #await(pending: Promise<EncodedReply>): void {
    this.#busy = true;
    // Earlier replies must not wait for this one.
    this.#outbox.flush();
    // The promise of a dispatcher does not reject.
    void pending.then((reply) => {
      this.#busy = false;
      if (reply !== undefined) this.#outbox.add(reply);
      this.#proceed();
    });
  }

  #idle(): void {
    if (this.#ended) {
      this.#ended = false;
      this.#transport.release();
    }
    if (this.#paused) {
      this.#paused = false;
      this.#transport.resume();
    }
    const bytes = this.#bytesRead + this.#outbox.written;
    if (bytes - this.#bytesReported < BULK_BYTES) return;
    this.#bytesReported = bytes;
    this.#events.bulkDone();
  }
}
