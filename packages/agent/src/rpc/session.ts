import { MessageReader } from '@guestwire/protocol/wire';
import type { Transport, TransportListener } from '../transport/transport.js';
import type { Dispatcher, Output } from './dispatcher.js';
import { Outbox } from './outbox.js';

/** When this many bytes have been read and written, it is time to give memory back. */
const BULK = 48 * 1024 * 1024;

/** What a session tells who made it. */
export interface SessionEvents {
  /** The transport is broken for good. */
  fatal(error: Error): void;
  /** Everything has been answered, and that was a lot: there is garbage, and a moment to collect it. */
  bulkDone(): void;
}

/**
 * The conversation over one transport: answers what comes, one request at a time and in order, and reads no further
 * than it can answer. Requests of a host that has gone meanwhile are still carried out; nobody gets their answers.
 * Half a request of one host is continued by the bytes of the next (qemu-ga §1.1).
 */
export class Session implements TransportListener {
  readonly #transport: Transport;
  readonly #dispatcher: Dispatcher;
  readonly #outbox: Outbox;
  readonly #reader = new MessageReader();
  readonly #events: SessionEvents;
  /** A handler is at work. */
  #busy = false;
  #paused = false;
  #ended = false;
  /** Bytes read and written at the last `bulkDone`. */
  #done = 0;
  #read = 0;

  constructor(transport: Transport, dispatcher: Dispatcher, events: SessionEvents) {
    this.#transport = transport;
    this.#dispatcher = dispatcher;
    this.#outbox = new Outbox(transport);
    this.#events = events;
  }

  data(chunk: Buffer): void {
    this.#reader.push(chunk);
    this.#read += chunk.length;
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

  /** Answers until there is nothing to answer, a handler takes its time, or the host does not read. */
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

  #await(pending: Promise<Output>): void {
    this.#busy = true;
    // What was asked before must not wait for this one.
    this.#outbox.flush();
    // A dispatcher turns every failure into a reply, so this promise does not reject.
    void pending.then((reply) => {
      this.#busy = false;
      if (reply !== undefined) this.#outbox.add(reply);
      this.#proceed();
    });
  }

  /** Everything has been answered. */
  #idle(): void {
    if (this.#ended) {
      this.#ended = false;
      this.#transport.release();
    }
    if (this.#paused) {
      this.#paused = false;
      this.#transport.resume();
    }
    const done = this.#read + this.#outbox.written;
    if (done - this.#done < BULK) return;
    this.#done = done;
    this.#events.bulkDone();
  }
}
