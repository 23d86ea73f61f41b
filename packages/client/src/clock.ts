import process from 'node:process';

/** Where the time comes from: the system's clock, or one that a test puts forward by hand. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number;
  /** Calls `ring` once, so many milliseconds from now, unless the timer is disposed first. */
  timer(milliseconds: number, ring: () => void): Disposable;
}

/** The longest time that a timer of Node's can wait. */
const FOREVER = 2 ** 31 - 1;

/** The system's clock. A timer of more than 24 days never rings. */
export const systemClock: Clock = {
  // What `performance.now()` is, without `node:perf_hooks`, which Node would load for it.
  now() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
  timer(milliseconds, ring) {
    const timer = milliseconds > FOREVER ? undefined : setTimeout(ring, milliseconds);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};
