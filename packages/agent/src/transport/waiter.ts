import { POLLIN, PollSet, poll, pollNow, Waker } from '@guestwire/posix';
import { measureBusyPoll } from './busy-poll.js';

const NO_TIMEOUT = -1;
const NO_DESCRIPTOR = -1;

/** Places in the set of descriptors. */
const SERVED = 0;
const WAKER = 1;

/**
 * Waits in the thread pool for one descriptor at a time; {@link wake} ends the wait.
 *
 * A round trip through the pool takes two changes of threads, so a descriptor that has just been ready is polled from
 * this thread for a while first; for how long depends on the measured duration of a round trip.
 */
export class Waiter implements Disposable {
  readonly #fds = new PollSet(2);
  readonly #waker = new Waker();
  #events: number | undefined;
  #busyPollMs: number | undefined;
  #lastReady = Number.NEGATIVE_INFINITY;

  /** The events of the current wait, 0 if it is for no descriptor; undefined if there is no wait. */
  get events(): number | undefined {
    return this.#events;
  }

  /**
   * Waits until the descriptor is ready for one of `events`, and returns the events that it is ready for. Without events
   * the descriptor is ignored, since a hang-up is always reported. Returns 0 after {@link wake}.
   */
  wait(fd: number, events: number): Promise<number> {
    return this.#poll(events === 0 ? NO_DESCRIPTOR : fd, events, NO_TIMEOUT);
  }

  async sleep(ms: number): Promise<void> {
    await this.#poll(NO_DESCRIPTOR, 0, ms);
  }

  wake(): void {
    if (this.#events !== undefined) this.#waker.wake();
  }

  /** Must not be called during a wait. */
  [Symbol.dispose](): void {
    this.#waker[Symbol.dispose]();
  }

  async #poll(fd: number, events: number, timeout: number): Promise<number> {
    this.#fds.watch(SERVED, fd, events);
    this.#fds.watch(WAKER, this.#waker.fd, POLLIN);
    this.#events = events;
    const soon = timeout === NO_TIMEOUT ? await this.#busyPoll() : 0;
    const ready = soon > 0 ? soon : await poll(this.#fds, timeout);
    this.#events = undefined;
    if (ready <= 0) return 0;
    this.#lastReady = performance.now();
    if (this.#fds.found(WAKER) !== 0) this.#waker.reset();
    return this.#fds.found(SERVED);
  }

  /** Returns 0 if nothing became ready in time. */
  async #busyPoll(): Promise<number> {
    this.#busyPollMs ??= await measureBusyPoll();
    const end = this.#lastReady + this.#busyPollMs;
    while (performance.now() < end) {
      const ready = pollNow(this.#fds);
      if (ready !== 0) return ready;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return 0;
  }
}
