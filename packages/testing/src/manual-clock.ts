import type { Clock } from '@guestwire/client';

/** A clock that stands still until a test puts it forward. */
export interface ManualClock extends Clock {
  /** How many timers wait to ring. */
  readonly waiting: number;
  /**
   * Puts the clock forward by so many milliseconds. Timers ring in their order, each at its own time, and what
   * they set off is given its turn before the next one rings; so a timer that is set meanwhile rings too, if
   * its time has come.
   */
  advance(milliseconds: number): Promise<void>;
  /**
   * Waits for a promise: whenever nothing else is left to do, puts the clock forward to the next timer. Only for
   * what runs in memory, since a socket may have nothing to do only for now.
   *
   * @throws {Error} if no timer is left and the promise still waits: it would wait for ever
   */
  until<T>(promise: Promise<T>): Promise<T>;
}

interface Timer {
  readonly at: number;
  readonly ring: () => void;
}

/** Everything that can run before any timer and any input. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/**
 * A clock under the test's control, for {@link ConnectOptions.clock} of the client and for the fake guest, so
 * that a time limit of an hour passes at once. It begins at 0.
 */
export function manualClock(): ManualClock {
  const timers = new Set<Timer>();
  let now = 0;

  /** Of those that ring at the same time, the one that was set first. */
  const next = (): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (first === undefined || timer.at < first.at) first = timer;
    }
    return first;
  };
  const ring = (timer: Timer): void => {
    timers.delete(timer);
    now = Math.max(now, timer.at);
    timer.ring();
  };

  return {
    now: () => now,
    timer(milliseconds, ring) {
      const timer = { at: now + Math.max(0, milliseconds), ring };
      if (timer.at < Number.POSITIVE_INFINITY) timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
    get waiting() {
      return timers.size;
    },
    async advance(milliseconds) {
      if (!(milliseconds >= 0 && milliseconds < Number.POSITIVE_INFINITY)) {
        throw new RangeError(`A clock cannot be put forward by ${milliseconds} ms`);
      }
      const end = now + milliseconds;
      await settled();
      for (let timer = next(); timer !== undefined && timer.at <= end; timer = next()) {
        ring(timer);
        await settled();
      }
      now = Math.max(now, end);
    },
    async until(promise) {
      let waits = true;
      const done = (): void => {
        waits = false;
      };
      promise.then(done, done);
      await settled();
      while (waits) {
        const timer = next();
        if (timer === undefined) throw new Error('This would wait for ever: no timer is set on the clock');
        ring(timer);
        await settled();
      }
      return await promise;
    },
  };
}
