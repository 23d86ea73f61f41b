import { closeSync } from 'node:fs';
import { EAGAIN, EINTR, EIO, errnoOf, errnoText, POLLERR, POLLIN, POLLOUT } from '@guestwire/posix';
import { AgentError } from '../agent-error.js';
import { INPUT_SIZE_BYTES, InputBuffer, OutputQueue } from './buffers.js';
import type { Transport, TransportListener } from './transport.js';
import { Waiter } from './waiter.js';

/** The pause before the next look for a host that is absent (qemu-ga §8.8). */
const ABSENT_MS = 100;

const NO_DESCRIPTOR = -1;

/** Full buffers that are read before other work gets its turn. */
const READS_PER_TURN = 4;

export interface DescriptorSource {
  /** The channel's name in error messages. */
  readonly name: string;
  /** @throws {AgentError} the error with which opening the transport fails */
  open(): void;
  /** Returns a non-blocking descriptor, which the caller closes; undefined if the device cannot be opened now. */
  next(): number | undefined;
  close(): void;
}

/** The result of reading: there may be more, the host is gone, or the descriptor is unusable. */
type Outcome = 'more' | 'gone' | 'dead';

/**
 * A transport over a device: hosts come and go over the same descriptor. Bytes that a host has left unread are lost, and
 * without a host the descriptor reads as ended. A poll in the thread pool watches it.
 */
export class DescriptorTransport implements Transport {
  readonly #source: DescriptorSource;
  readonly #input = new InputBuffer();
  readonly #output = new OutputQueue();
  #waiter: Waiter | undefined;
  #running: Promise<void> | undefined;
  #fd = NO_DESCRIPTOR;
  #closing = false;
  #paused = false;
  /** Writes are for a host, which is recognized by its bytes. */
  #connected = false;
  /** `end` was called and `release` not yet. */
  #ended = false;
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

  write(bytes: Buffer, onSent?: (bytes: Buffer) => void): boolean {
    if (!this.#connected) return true;
    const idle = this.#output.empty;
    this.#output.add(bytes, onSent);
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
    const next = this.#source.next();
    if (next === undefined) await waiter.sleep(ABSENT_MS);
    else this.#fd = next;
  }

  /** Waits until the descriptor is ready, then reads or writes. */
  async #turn(listener: TransportListener, waiter: Waiter): Promise<void> {
    const found = await waiter.wait(this.#fd, this.#events());
    if (found === 0 || this.#closing) return;
    if ((found & POLLOUT) !== 0) this.#output.flush(this.#fd);
    else if ((found & ~POLLIN) !== 0) this.#output.drop();
    this.#drain(listener);
    if ((found & ~POLLOUT) === 0) return;
    const outcome = this.#read(listener);
    if (outcome === 'more') return;
    this.#output.drop();
    this.#drain(listener);
    this.#endHost(listener);
    // A port without a host only hangs up; a terminal whose other side is closed also stays in error.
    if (outcome === 'dead' || (found & POLLERR) !== 0) this.#closeDescriptor();
    if (!this.#closing) await waiter.sleep(ABSENT_MS);
  }

  #read(listener: TransportListener): Outcome {
    for (let reads = 0; reads < READS_PER_TURN && this.#isReading; reads += 1) {
      let chunk: Buffer;
      try {
        chunk = this.#input.read(this.#fd);
      } catch (error) {
        const errno = errnoOf(error);
        if (errno === EAGAIN || errno === EINTR) return 'more';
        // A terminal that has hung up can be opened again.
        if (errno === EIO) return 'dead';
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
    this.#connected = false;
    this.#ended = true;
    listener.end(true);
  }

  #drain(listener: TransportListener): void {
    if (!this.#blocked || !this.#output.roomy) return;
    this.#blocked = false;
    listener.drain();
  }

  #closeDescriptor(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = NO_DESCRIPTOR;
    this.#connected = false;
    this.#output.drop();
  }

  get #isReading(): boolean {
    return !this.#paused && !this.#ended && !this.#closing;
  }

  #events(): number {
    return (this.#isReading ? POLLIN : 0) | (this.#output.empty ? 0 : POLLOUT);
  }

  /** Ends the current wait if it waits for other events than are needed now. */
  #updateWait(): void {
    const events = this.#waiter?.events;
    if (events !== undefined && events !== this.#events()) this.#waiter?.wake();
  }
}
