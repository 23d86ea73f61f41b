import { type Clock, systemClock } from './clock.js';
import { GuestError, isGuestError } from './guest-error.js';

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
 * Starts a deadline. If `options.signal` belongs to another deadline, it ends with the reason of that one.
 *
 * @param what the operation, for the messages
 */
export function startDeadline(
  options: CallOptions & { readonly timeout: number },
  what: string,
  command?: string,
  clock: Clock = systemClock,
): Deadline {
  const { timeout, signal: outer } = options;
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
    finish(
      isGuestError(cause)
        ? cause
        : new GuestError('aborted', `${what}: aborted by the caller`, { command, cause }),
    );
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
