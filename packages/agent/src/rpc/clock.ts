import { startTimer } from '../timer.js';

/** Time as the session measures it, in milliseconds; a test may replace it. */
export interface Clock {
  /** Returns the time since a fixed moment; setting the guest's clock does not change it. */
  now(): number;
  /** Calls back once after `ms` milliseconds; the function that it returns cancels this. */
  after(ms: number, expired: () => void): () => void;
}

/** The clock of the process. Its timers do not keep the process running. */
export const processClock: Clock = {
  now: () => performance.now(),
  after(ms, expired) {
    const timer = startTimer(ms, expired).unref();
    return () => clearTimeout(timer);
  },
};
