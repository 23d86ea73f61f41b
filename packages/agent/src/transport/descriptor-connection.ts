import { closeSync } from 'node:fs';
import { EAGAIN, EINTR, errnoOf, POLLIN, POLLOUT } from '@guestwire/posix';
import { INPUT_SIZE_BYTES, InputBuffer, OutputQueue } from './buffers.js';
import { ConnectionWaiter } from './connection-waiter.js';
import type { HostConnection } from './listening-transport.js';
import type { TransportListener } from './transport.js';

/** Full buffers that are read before other work gets its turn. */
const READS_PER_TURN = 4;

/** The result of reading: there may be more, the host has closed its side, or the connection is broken. */
type Outcome = 'more' | 'ended' | 'broken';

/** A client of a listening descriptor, of any stream family; {@link SocketConnection} is for those that Node knows. */
export class DescriptorConnection implements HostConnection {
  readonly #fd: number;
  readonly #input = new InputBuffer();
  readonly #output = new OutputQueue();
  readonly #waiter = new ConnectionWaiter();
  readonly #onRelease: () => void;
  /** Absent before `serve`. */
  #running: Promise<void> | undefined;
  #paused = false;
  /** `end` was called. */
  #ended = false;
  /** The connection is closed once the output is written. */
  #released = false;
  #destroyed = false;
  /** `write` returned false. */
  #blocked = false;

  /**
   * @param fd non-blocking; closed at the end
   * @param onRelease called once when the client is released and closed
   */
  constructor(fd: number, onRelease: () => void) {
    this.#fd = fd;
    this.#onRelease = onRelease;
  }

  serve(listener: TransportListener, paused: boolean): void {
    this.#paused = paused;
    this.#running = this.#run(listener);
  }

  write(bytes: Buffer, onSent?: (bytes: Buffer) => void): boolean {
    if (this.#destroyed) return true;
    const isIdle = this.#output.empty;
    this.#output.add(bytes, onSent);
    if (isIdle) this.#output.flush(this.#fd);
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
    this.#released = true;
    this.#waiter.wake();
  }

  destroy(): void {
    this.#destroyed = true;
    if (this.#running === undefined) closeSync(this.#fd);
    else this.#waiter.wake();
  }

  async #run(listener: TransportListener): Promise<void> {
    while (!this.#destroyed && !(this.#released && this.#output.empty)) await this.#turn(listener);
    closeSync(this.#fd);
    if (!this.#destroyed) this.#onRelease();
  }

  /** Waits until the descriptor is ready, then reads or writes. */
  async #turn(listener: TransportListener): Promise<void> {
    const found = await this.#waiter.wait(this.#fd, this.#events);
    if (found === 0 || this.#destroyed) return;
    if ((found & POLLOUT) !== 0) this.#output.flush(this.#fd);
    else if ((found & ~POLLIN) !== 0) this.#output.drop();
    this.#drain(listener);
    if ((found & ~POLLOUT) === 0) return;
    const outcome = this.#read(listener);
    if (outcome === 'more') return;
    const isBroken = outcome === 'broken';
    if (isBroken) this.#output.drop();
    this.#drain(listener);
    if (this.#ended) return;
    // A host that has closed its side only may still wait for replies.
    this.#ended = true;
    listener.end(isBroken);
  }

  #read(listener: TransportListener): Outcome {
    for (let reads = 0; reads < READS_PER_TURN && this.#isReading; reads += 1) {
      let chunk: Buffer;
      try {
        chunk = this.#input.read(this.#fd);
      } catch (error) {
        const errno = errnoOf(error);
        return errno === EAGAIN || errno === EINTR ? 'more' : 'broken';
      }
      if (chunk.length === 0) return 'ended';
      listener.data(chunk);
      if (chunk.length < INPUT_SIZE_BYTES) return 'more';
    }
    return 'more';
  }

  #drain(listener: TransportListener): void {
    if (!this.#blocked || !this.#output.roomy) return;
    this.#blocked = false;
    listener.drain();
  }

  get #isReading(): boolean {
    return !this.#paused && !this.#ended && !this.#released && !this.#destroyed;
  }

  get #events(): number {
    return (this.#isReading ? POLLIN : 0) | (this.#output.empty ? 0 : POLLOUT);
  }

  /** Ends the current wait if it waits for other events than are needed now. */
  #updateWait(): void {
    if (this.#waiter.events !== this.#events) this.#waiter.wake();
  }
}
