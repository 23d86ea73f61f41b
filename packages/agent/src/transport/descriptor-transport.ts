import { closeSync } from 'node:fs';
import { EAGAIN, EINTR, EIO, errnoOf, errnoText, POLLERR, POLLIN, POLLOUT } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { INPUT_SIZE_BYTES, InputBuffer, OutputQueue } from './buffers.js';
import type { Transport, TransportListener } from './transport.js';
import { Waiter } from './waiter.js';

/** The pause before the next look for a host that is absent (qemu-ga §8.8). */
const ABSENT_MS = 100;

/** Full buffers that are read before other work gets its turn. */
const READS_PER_TURN = 4;

export interface DescriptorSource {
  /** The channel's name in error messages. */
  readonly name: string;
  /**
   * True if hosts come and go over the same descriptor, as with a device: bytes that a host has left unread are lost,
   * and without a host the descriptor reads as ended. False if each host has its own descriptor.
   */
  readonly persistent: boolean;
  /** Ready for reading when `next` has a descriptor; if absent, `next` is polled. */
  readonly listenFd?: number;
  /** @throws {AgentError} the error with which opening the transport fails */
  open(): void;
  /** Returns the next descriptor, non-blocking, which the caller closes; undefined if none is available. */
  next(): number | undefined;
  close(): void;
}

/** The result of reading: there may be more, the host is gone, or the descriptor is unusable. */
type Outcome = 'more' | 'gone' | 'dead';

/**
 * A transport over raw descriptors, for what Node has no streams for: a poll in the thread pool watches the descriptor
 * in use.
 */
export class DescriptorTransport implements Transport {
  readonly #source: DescriptorSource;
  readonly #input = new InputBuffer();
  readonly #output = new OutputQueue();
  #waiter: Waiter | undefined;
  #running: Promise<void> | undefined;
  /** -1 without a descriptor. */
  #fd = -1;
  #closing = false;
  #paused = false;
  /** Writes are for a host. On a persistent descriptor a host is recognized by its bytes. */
  #connected = false;
  /** `end` was called and `release` not yet. */
  #ended = false;
  /** The host was released: its own descriptor is closed once the output is written. */
  #draining = false;
  /** `write` returned false. */
  #blocked = false;

  constructor(source: DescriptorSource) {
    this.#source = source;
  }

  async open(listener: TransportListener): Promise<void> {
    const waiter = new Waiter();
    this.#waiter = waiter;
    this.#source.open();
    this.#running = this.#run(listener, waiter);
  }

  write(bytes: Buffer): boolean {
    if (!this.#connected) return true;
    const idle = this.#output.empty;
    this.#output.add(bytes);
    if (idle) this.#output.flush(this.#fd);
    this.#blocked = this.#output.full;
    this.#updateWait();
    return !this.#blocked;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#updateWait();
  }

  release(): void {
    this.#ended = false;
    this.#draining = !this.#source.persistent && this.#fd >= 0;
    this.#updateWait();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#waiter?.wake();
    await this.#running;
    this.#waiter?.[Symbol.dispose]();
    this.#waiter = undefined;
    this.#closeDescriptor();
    this.#source.close();
  }

  async #run(listener: TransportListener, waiter: Waiter): Promise<void> {
    try {
      while (!this.#closing) {
        if (this.#fd < 0) await this.#nextDescriptor(waiter);
        else await this.#turn(listener, waiter);
      }
    } catch (cause) {
      const message = `error reading channel '${this.#source.name}': ${errnoText(cause)}`;
      listener.fatal(new AgentError('transport', message, { cause }));
    }
  }

  async #nextDescriptor(waiter: Waiter): Promise<void> {
    const { listenFd, persistent } = this.#source;
    if (listenFd !== undefined && (await waiter.wait(listenFd, POLLIN)) === 0) return;
    const fd = this.#source.next();
    if (fd === undefined) {
      await waiter.sleep(ABSENT_MS);
      return;
    }
    this.#fd = fd;
    this.#connected = !persistent;
  }

  /** Waits until the descriptor is ready, then reads or writes. */
  async #turn(listener: TransportListener, waiter: Waiter): Promise<void> {
    if (this.#draining && this.#output.empty) {
      this.#closeDescriptor();
      return;
    }
    const found = await waiter.wait(this.#fd, this.#events());
    if (found === 0 || this.#closing) return;
    if ((found & POLLOUT) !== 0) this.#output.flush(this.#fd);
    else if ((found & ~POLLIN) !== 0) this.#output.drop();
    this.#drain(listener);
    if ((found & ~POLLOUT) === 0) return;
    const outcome = this.#read(listener);
    if (outcome === 'more') return;
    const { persistent } = this.#source;
    if (persistent || outcome === 'dead') this.#output.drop();
    this.#drain(listener);
    this.#endHost(listener);
    // A port without a host only hangs up; a terminal whose other side is closed also stays in error.
    if (persistent && (outcome === 'dead' || (found & POLLERR) !== 0)) this.#closeDescriptor();
    if (persistent && !this.#closing) await waiter.sleep(ABSENT_MS);
  }

  #read(listener: TransportListener): Outcome {
    for (let reads = 0; reads < READS_PER_TURN && this.#isReading; reads += 1) {
      let chunk: Buffer;
      try {
        chunk = this.#input.read(this.#fd);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === EAGAIN || errno === EINTR) return 'more';
        // An error on a host's own descriptor ends that host; a terminal that has hung up can be opened again.
        if (!this.#source.persistent || errno === EIO) return 'dead';
        throw error;
      }
      if (chunk.length === 0) return 'gone';
      this.#connected = true;
      listener.data(chunk);
      if (chunk.length < INPUT_SIZE_BYTES) return 'more';
    }
    return 'more';
  }

  #endHost(listener: TransportListener): void {
    if (!this.#connected || this.#ended) return;
    // With its own descriptor, a host may have closed its side only and still wait for replies.
    this.#connected = !this.#source.persistent;
    this.#ended = true;
    listener.end();
  }

  #drain(listener: TransportListener): void {
    if (!this.#blocked || !this.#output.roomy) return;
    this.#blocked = false;
    listener.drain();
  }

  #closeDescriptor(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
    this.#connected = false;
    this.#draining = false;
    this.#output.drop();
  }

  get #isReading(): boolean {
    return !this.#paused && !this.#ended && !this.#draining && !this.#closing;
  }

  #events(): number {
    return (this.#isReading ? POLLIN : 0) | (this.#output.empty ? 0 : POLLOUT);
  }

  /** Ends the current wait if it waits for other events than are needed now. */
  #updateWait(): void {
    const events = this.#waiter?.events;
    if (events !== undefined && (events !== this.#events() || this.#draining)) this.#waiter?.wake();
  }
}
