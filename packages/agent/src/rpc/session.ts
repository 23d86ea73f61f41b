import { MessageReader } from '@guestwire/protocol/wire';
import type { Peer } from '../transport/peer.js';
import type { HostStream, Transport, TransportListener } from '../transport/transport.js';
import { type Clock, processClock } from './clock.js';
import { type Dispatcher, isRequest } from './dispatcher.js';
import { Outbox } from './outbox.js';
import { RequestQueue } from './request-queue.js';

/** The default of {@link SessionOptions.commandTimeout} for an agent. */
export const COMMAND_TIMEOUT_S = 60;

/** After this traffic in both directions, `bulkDone` is called. */
const BULK_BYTES = 16 * 1024 * 1024;

/** A message that is longer than this takes much memory: more than one of 16 MiB of data in base64. */
const LARGE_MESSAGE_BYTES = 24 * 1024 * 1024;

/** Bytes that are read ahead of a slow request; a chunk more may come. */
const READ_AHEAD_BYTES = 4 * 1024 * 1024;

/**
 * Messages that are no requests in the input that is read at once, up to which each has a reply. A flood of `{},` would
 * cost fifty times its size otherwise; a host that waits for a reply sends less.
 */
const MALFORMED_LIMIT = 4096;

/** Hosts that are gone, but whose slow requests have not ended. */
const MAX_DETACHED = 8;

/** Moments at which memory can be returned. Both are called often, so they must cost little. */
export interface MemoryEvents {
  /** All requests are answered. */
  answered(): void;
  /** All requests are answered, after much traffic. */
  bulkDone(): void;
  /** A request begins to take tens of megabytes. */
  bulkStarted?(): void;
}

export interface SessionEvents extends MemoryEvents {
  fatal(error: Error): void;
}

export interface SessionOptions {
  readonly dispatcher: Dispatcher;
  readonly events: SessionEvents;
  /** Seconds after which a command is answered with an error; 0, the default, for no limit. */
  readonly commandTimeout?: number;
  readonly clock?: Clock;
}

/**
 * A session over one connection: carries out requests one at a time and in order, and reads no further while it cannot
 * reply; while a request is slow, it continues with those that do not depend on it (README.md). Requests of a
 * disconnected host are still carried out; their replies are dropped. The next host continues a message that the last one
 * left incomplete (qemu-ga §1.1).
 */
export class Session implements TransportListener {
  readonly #stream: HostStream & Pick<Transport, 'serveWaiting'>;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #reader = new MessageReader();
  /** Requests of hosts that are gone. */
  readonly #detached = new Set<RequestQueue>();
  #queue: RequestQueue;
  #servingWaiting = false;
  #paused = false;
  #ended = false;
  #gone = false;
  #peer: Peer | undefined;
  /** When the last chunk arrived, if requests were queued then. */
  #arrived = Number.NEGATIVE_INFINITY;
  /** Bytes that have arrived since a request was queued. */
  #bytesAhead = 0;
  #malformed = 0;
  #bytesRead = 0;
  /** Bytes that have arrived since the last complete message. */
  #messageBytes = 0;
  /** Bytes read and written at the last `bulkDone`. */
  #bytesReported = 0;

  constructor(stream: HostStream & Pick<Transport, 'serveWaiting'>, options: SessionOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#clock = options.clock ?? processClock;
    this.#outbox = new Outbox(stream);
    this.#queue = this.#newQueue();
  }

  /** The host that is served, if its transport reports it; a message that an earlier host began counts as this one's. */
  get peer(): Peer | undefined {
    return this.#peer;
  }

  connected(peer: Peer): void {
    this.#peer = peer;
  }

  data(chunk: Buffer): void {
    this.#reader.push(chunk);
    this.#bytesRead += chunk.length;
    this.#countMessage(chunk.length);
    const isReading = this.#isReading;
    if (!this.#queue.empty) {
      this.#arrived = this.#clock.now();
      this.#bytesAhead += chunk.length;
    }
    if (isReading) this.#proceed();
    else this.#pause();
    this.#reader.keepUnread();
  }

  #countMessage(bytes: number): void {
    const before = this.#messageBytes;
    this.#messageBytes += bytes;
    if (before <= LARGE_MESSAGE_BYTES && this.#messageBytes > LARGE_MESSAGE_BYTES)
      this.#options.events.bulkStarted?.();
  }

  drain(): void {
    this.#outbox.drain();
    this.#proceed();
  }

  end(gone: boolean): void {
    this.#ended = true;
    this.#gone = gone;
    this.#proceed();
  }

  fatal(error: Error): void {
    this.#options.events.fatal(error);
  }

  get #isReading(): boolean {
    return !this.#outbox.blocked && this.#queue.open && this.#bytesAhead < READ_AHEAD_BYTES;
  }

  /** Handles messages until there are no more, a request has to wait, or the host does not read. */
  #proceed(): void {
    this.#handleMessages();
    // Earlier replies must not wait for a later one.
    if (!this.#outbox.blocked) this.#outbox.flush();
    this.#updateWaiting();
    if (this.#outbox.blocked) return;
    if (this.#queue.empty) this.#idle();
    else if (this.#queue.slow) this.#await();
  }

  #handleMessages(): void {
    for (;;) {
      this.#sendReplies();
      if (this.#queue.empty) this.#bytesAhead = 0;
      if (this.#outbox.blocked || !this.#queue.open) return;
      const incoming = this.#reader.next();
      if (incoming !== undefined) this.#messageBytes = 0;
      if (incoming === undefined) {
        this.#malformed = 0;
        return;
      }
      if (!isRequest(incoming) && ++this.#malformed > MALFORMED_LIMIT) continue;
      const answered = this.#queue.add(incoming, this.#arrived, this.#peer);
      if (answered?.reply !== undefined) this.#outbox.add(answered.reply);
    }
  }

  #sendReplies(): void {
    while (!this.#outbox.blocked) {
      const taken = this.#queue.take();
      if (taken === undefined) return;
      if (taken.reply !== undefined) this.#outbox.add(taken.reply);
    }
  }

  /** Lets other hosts in while a request is slow. */
  #updateWaiting(): void {
    if (this.#queue.slow === this.#servingWaiting) return;
    this.#servingWaiting = this.#queue.slow;
    // A broken connection ends only its own host.
    const events = { ...this.#options.events, fatal: () => {} };
    const listenerFor = (stream: HostStream): Session => new Session(stream, { ...this.#options, events });
    this.#stream.serveWaiting?.(this.#servingWaiting ? listenerFor : undefined);
  }

  /** Continues to read while a request is slow. */
  #await(): void {
    if (!this.#ended) {
      if (this.#isReading) this.#resume();
    } else if (this.#gone && !this.#reader.hasUnread && this.#detached.size < MAX_DETACHED) {
      this.#detach();
      this.#updateWaiting();
      this.#idle();
    }
  }

  /** Leaves the requests of a host that is gone to themselves: the next host must not wait for them. */
  #detach(): void {
    const queue = this.#queue;
    this.#queue = this.#newQueue();
    this.#detached.add(queue);
    queue.onChange = () => {
      while (queue.take() !== undefined);
      if (queue.empty) this.#detached.delete(queue);
    };
  }

  #newQueue(): RequestQueue {
    const { dispatcher, commandTimeout = 0 } = this.#options;
    return new RequestQueue({ dispatcher, commandTimeout, clock: this.#clock }, () => this.#proceed());
  }

  #idle(): void {
    if (this.#ended) {
      this.#ended = false;
      this.#peer = undefined;
      this.#stream.release();
    }
    this.#resume();
    const { events } = this.#options;
    events.answered();
    const bytes = this.#bytesRead + this.#outbox.written;
    if (bytes - this.#bytesReported < BULK_BYTES) return;
    this.#bytesReported = bytes;
    events.bulkDone();
  }

  #pause(): void {
    this.#paused = true;
    this.#stream.pause();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stream.resume();
  }
}
