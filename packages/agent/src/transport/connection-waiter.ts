import { setTimeout as delay } from 'node:timers/promises';
import { PollSet, pollNow, waitReady } from '@guestwire/posix';
import { measureBusyPoll } from './busy-poll.js';

/** The pause before the next attempt, if no descriptor is left to wait with. */
const RETRY_MS = 100;

/**
 * Waits for the descriptor of one connection. All connections wait in one thread of the pool, however many there are: a
 * thaw needs threads. A descriptor that has just been ready is polled from this thread for a moment first.
 */
export class ConnectionWaiter {
  readonly #fds = new PollSet(1);
  #events = 0;
  /** Present during a wait. */
  #waiting: AbortController | undefined;
  #busyPollMs: number | undefined;
  #lastReady = Number.NEGATIVE_INFINITY;

  /** The events of the current or the last wait. */
  get events(): number {
    return this.#events;
  }

  /**
   * Waits until the descriptor is ready for one of `events`, and returns the events that it is ready for; 0 after
   * {@link wake}. Without events the descriptor is ignored, since a hang-up is always reported.
   */
  async wait(fd: number, events: number): Promise<number> {
    this.#events = events;
    const waiting = new AbortController();
    const { signal } = waiting;
    this.#waiting = waiting;
    try {
      if (events === 0) {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return 0;
      }
      const found = (await this.#busyPoll(fd, events, signal)) || (await waitReady(fd, events, signal));
      if (found !== 0) this.#lastReady = performance.now();
      return found;
    } catch {
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
      return 0;
    } finally {
      this.#waiting = undefined;
    }
  }

  /** Ends the current wait. */
  wake(): void {
    this.#waiting?.abort();
  }

  /** Returns 0 if nothing became ready in time. */
  async #busyPoll(fd: number, events: number, signal: AbortSignal): Promise<number> {
    this.#busyPollMs ??= await measureBusyPoll();
    const end = this.#lastReady + this.#busyPollMs;
    while (performance.now() < end && !signal.aborted) {
      this.#fds.watch(0, fd, events);
      if (pollNow(this.#fds) > 0) return this.#fds.found(0);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return 0;
  }
}
