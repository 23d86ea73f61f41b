import process from 'node:process';

/** A source of time: the system's clock, or a manual clock in tests. */
export interface Clock {
  /** Milliseconds since an arbitrary moment; monotonic. */
  now(): number;
  /** Calls `callback` once after `milliseconds`, unless the timer is disposed first. */
  timer(milliseconds: number, callback: () => void): Disposable;
}

/** The longest delay that `setTimeout` accepts. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** The system's clock. A timer of more than 24 days never fires. */
export const systemClock: Clock = {
  // Equal to `performance.now()`, but does not make Node load `node:perf_hooks`.
  now() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
  timer(milliseconds, callback) {
    const timer = milliseconds > MAX_TIMEOUT_MS ? undefined : setTimeout(callback, milliseconds);
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/** Resolves after `milliseconds`; rejects with the signal's reason if that fires first. */
export function pause(clock: Clock, milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    };
    const timer = clock.timer(milliseconds, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted === true) abort();
  });
}
