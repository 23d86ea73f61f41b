// Resolves when everything has run that needs neither a timer nor input.
import { setImmediate as settled } from 'node:timers/promises';
import type { Clock } from '@guestwire/client';

/** A clock that a test advances. */
export interface ManualClock extends Clock {
  /** The number of timers that have not fired. */
  readonly pendingTimers: number;
  /**
   * Advances the clock by a number of milliseconds. Timers fire in order, each at its own time. What a timer starts runs before
   * the next one fires, so a timer that is set meanwhile fires too if it is due.
   *
   * @throws {RangeError} if `milliseconds` is negative or infinite
   */
  advance(milliseconds: number): Promise<void>;
  /**
   * Waits for a promise: whenever nothing else is left to run, advances the clock to the next timer. Only for code that runs in
   * memory, since real I/O may still be pending.
   *
   * @throws {Error} if no timer is left and the promise is still pending
   */
  runUntil<T>(promise: Promise<T>): Promise<T>;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * Creates a clock that starts at 0 and only moves when a test advances it, for the `clock` option of the client and of the fake
 * guest. A timeout of an hour then passes at once.
 */
export function manualClock(): ManualClock {
  const timers = new Set<Timer>();
  let now = 0;

  /** Of timers that are due at the same time, the one that was set first comes first. */
  const nextTimer = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (first === undefined || timer.at < first.at) first = timer;
    }
    return first;
  };
  const fire = async (timer: Timer): Promise<void> => {
    timers.delete(timer);
    now = Math.max(now, timer.at);
    timer.callback();
    await settled();
  };

  return {
    now: () => now,
    timer(milliseconds, callback) {
      const timer = { at: now + Math.max(0, milliseconds), callback };
      if (timer.at < Number.POSITIVE_INFINITY) timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
    get pendingTimers() {
      return timers.size;
    },
    async advance(milliseconds) {
      if (!(milliseconds >= 0 && milliseconds < Number.POSITIVE_INFINITY)) {
        throw new RangeError(`cannot advance a clock by ${milliseconds} ms`);
      }
      const end = now + milliseconds;
      await settled();
      for (let timer = nextTimer(); timer !== undefined && timer.at <= end; timer = nextTimer()) {
        await fire(timer);
      }
      now = Math.max(now, end);
    },
    async runUntil(promise) {
      let isPending = true;
      const done = (): void => {
        isPending = false;
      };
      promise.then(done, done);
      await settled();
      while (isPending) {
        const timer = nextTimer();
        if (timer === undefined) throw new Error('the promise never settles: no timer is left on the clock');
        await fire(timer);
      }
      return await promise;
    },
  };
}
