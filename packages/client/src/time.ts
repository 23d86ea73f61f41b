import process from 'node:process';
import { GuestError, isGuestError } from './guest-error.js';
import { invalidArgument } from './invalid-argument.js';

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

/** A time span: a number of milliseconds, or text with a unit: `'500ms'`, `'30s'`, `'1.5m'`, `'1h'`. */
export type Duration = number | string;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Returns the milliseconds of a time span: not negative; `Infinity` only if given as a number.
 *
 * @throws {TypeError} if it is invalid; the message says what to write
 */
export function parseDuration(duration: Duration): number {
  if (typeof duration === 'number') {
    if (duration >= 0) return duration;
  } else if (typeof duration === 'string') {
    const [, count, unit = ''] = /^(\d{1,15}(?:\.\d{1,15})?)(ms|s|m|h)$/.exec(duration) ?? [];
    const factor = UNITS_MS[unit];
    if (factor !== undefined) return Number(count) * factor;
  }
  throw invalidArgument(
    `invalid duration "${duration}": write a number and a unit, as in 500ms, 30s, 2m or 1h, or milliseconds as a number`,
  );
}

/** Time limit and abort signal of a call. */
export interface CallOptions {
  /** Milliseconds, including the wait for earlier calls; `Infinity` for no limit. */
  readonly timeout?: number;
  /** Aborts the call. */
  readonly signal?: AbortSignal;
}

/** Milliseconds until an agent must answer on a new connection, by default. */
export const DEFAULT_CONNECT_TIMEOUT_MS = 5000;

/** The end of the time for an operation, or of its caller's interest; its reason is a {@link GuestError}. */
export interface Deadline extends Disposable {
  readonly isOver: boolean;
  /** Throws the reason if the deadline is over. */
  throwIfOver(): void;
  /** Settles as the promise does, or rejects with the reason if the deadline is over first. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Fires when the deadline is over. Created on first use, since that takes longer than many calls. */
  readonly signal: AbortSignal;
  /** Milliseconds left; may be `Infinity`. */
  remainingMs(): number;
}

/**
 * Starts a deadline for the operation `what`, without a limit if `options.timeout` is absent. If `options.signal`
 * belongs to another deadline, it ends with the reason of that one.
 */
export function startDeadline(
  options: { readonly timeout?: number; readonly signal?: AbortSignal | undefined },
  what: string,
  command?: string,
  clock: Clock = systemClock,
): Deadline {
  const { timeout = Number.POSITIVE_INFINITY, signal: outer } = options;
  const end = clock.now() + timeout;
  const waiting = new Set<(reason: GuestError) => void>();
  let reason: GuestError | undefined;
  let controller: AbortController | undefined;
  const finish = (error: GuestError): void => {
    if (reason !== undefined) return;
    reason = error;
    controller?.abort(error);
    for (const reject of waiting) reject(error);
  };
  const abort = (): void => {
    const cause: unknown = outer?.reason;
    if (isGuestError(cause)) finish(cause);
    else finish(new GuestError('aborted', `${what}: aborted by the caller`, { command, cause }));
  };
  const timer = clock.timer(timeout, () => {
    finish(new GuestError('timeout', `${what}: timed out after ${timeout / 1000} s`, { command }));
  });
  outer?.addEventListener('abort', abort);
  if (outer?.aborted === true) abort();
  return {
    get isOver() {
      return reason !== undefined;
    },
    throwIfOver() {
      if (reason !== undefined) throw reason;
    },
    race: (promise) =>
      new Promise((resolve, reject) => {
        if (reason !== undefined) reject(reason);
        waiting.add(reject);
        promise.then(resolve, reject).finally(() => waiting.delete(reject));
      }),
    get signal() {
      if (controller === undefined) {
        controller = new AbortController();
        if (reason !== undefined) controller.abort(reason);
      }
      return controller.signal;
    },
    remainingMs: () => Math.max(0, end - clock.now()),
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      outer?.removeEventListener('abort', abort);
    },
  };
}
