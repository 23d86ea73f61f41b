import { closeSync, readSync, writeSync } from 'node:fs';
import { libc, POLLIN, PollSet } from '../linux/ffi.js';

const FOR_EVER = -1;

/** Waits in the thread pool for one descriptor at a time; an eventfd cuts the wait short. */
export class Waiter implements Disposable {
  readonly #fds = new PollSet(2);
  readonly #waker: number;
  #events: number | undefined;

  /** Throws if there is no descriptor left for the eventfd. */
  constructor() {
    this.#waker = libc().eventfd();
  }

  /** The events that are being waited for, 0 if for no descriptor; undefined if nobody waits. */
  get events(): number | undefined {
    return this.#events;
  }

  /**
   * Waits until the descriptor is ready for one of `events`, and says for what it is. For no events it is not looked
   * at: a hang-up is told even to who asks for nothing. 0 if `wake` was called.
   */
  wait(fd: number, events: number): Promise<number> {
    return this.#poll(events === 0 ? -1 : fd, events, FOR_EVER);
  }

  /** Waits for so many milliseconds, or until `wake` is called. */
  async sleep(ms: number): Promise<void> {
    await this.#poll(-1, 0, ms);
  }

  /** Ends the wait under way. */
  wake(): void {
    if (this.#events !== undefined) writeSync(this.#waker, new BigUint64Array([1n]));
  }

  /** Not to be called while somebody waits. */
  [Symbol.dispose](): void {
    closeSync(this.#waker);
  }

  async #poll(fd: number, events: number, timeout: number): Promise<number> {
    this.#fds.watch(0, fd, events);
    this.#fds.watch(1, this.#waker, POLLIN);
    this.#events = events;
    const ready = await libc().poll(this.#fds, timeout);
    this.#events = undefined;
    if (ready <= 0) return 0;
    if (this.#fds.found(1) !== 0) readSync(this.#waker, Buffer.alloc(8));
    return this.#fds.found(0);
  }
}
