import { type Clock, systemClock } from './clock.js';
import { GuestError, isGuestError } from './guest-error.js';

/** How long something may take. */
export interface Limits {
  /** Milliseconds, waiting for earlier calls included; `Infinity` for as long as it takes. */
  readonly timeout?: number;
  /** Gives up when it fires. */
  readonly signal?: AbortSignal;
}

/** Milliseconds until somebody has to answer on a new connection, if nobody says another time. */
export const defaultConnectTimeout = 5000;

/** A signal that fires when the time is over or the caller gives up; its reason is a {@link GuestError}. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** Milliseconds that are left; maybe `Infinity`. A deadline within another one knows of its own time only. */
  left(): number;
}

/** Starts the clock. A deadline within another one ends with that one's reason. `what` is what is waited for, for the messages. */
export const startDeadline = (
  limits: Limits & { readonly timeout: number },
  what: string,
  command?: string,
  clock: Clock = systemClock,
): Deadline => {
  const { timeout, signal: given } = limits;
  const end = clock.now() + timeout;
  const controller = new AbortController();
  const giveUp = (): void => {
    const cause: unknown = given?.reason;
    controller.abort(
      isGuestError(cause)
        ? cause
        : new GuestError('aborted', `${what}: the caller gave up`, { command, cause }),
    );
  };
  const timer = clock.timer(timeout, () => {
    controller.abort(new GuestError('timeout', `${what}: no answer within ${timeout / 1000} s`, { command }));
  });
  given?.addEventListener('abort', giveUp);
  if (given?.aborted === true) giveUp();
  return {
    signal: controller.signal,
    left: () => Math.max(0, end - clock.now()),
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      given?.removeEventListener('abort', giveUp);
    },
  };
};

/** The promise's result, or the signal's reason if it fires first. */
export const orAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });
