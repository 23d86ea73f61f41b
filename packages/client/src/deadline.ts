import { type Clock, systemClock } from './clock.js';
import { GuestError, isGuestError } from './guest-error.js';

/** How long something may take. */
export interface CallOptions {
  /** Milliseconds, waiting for earlier calls included; `Infinity` for as long as it takes. */
  readonly timeout?: number;
  /** Gives up when it fires. */
  readonly signal?: AbortSignal;
}

/** Milliseconds until somebody has to answer on a new connection, if nobody says another time. */
export const DEFAULT_CONNECT_TIMEOUT = 5000;

/** Ends when the time is over or the caller gives up; its reason is a {@link GuestError}. */
export interface Deadline extends Disposable {
  /** Has it ended? */
  readonly over: boolean;
  /** Throws its reason if it has. */
  throwIfOver(): void;
  /** The promise's result, or the deadline's reason if it ends first. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Fires when it ends. It is made when it is asked for, since that takes longer than many a call. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left; maybe `Infinity`. A deadline within another one knows of its own time only. */
  left(): number;
}

/** Starts the clock. A deadline within another one ends with that one's reason. `what` is what is waited for, for the messages. */
export function startDeadline(
  limits: CallOptions & { readonly timeout: number },
  what: string,
  command?: string,
  clock: Clock = systemClock,
): Deadline {
  const { timeout, signal: given } = limits;
  const last = clock.now() + timeout;
  const waiting = new Set<(reason: GuestError) => void>();
  let reason: GuestError | undefined;
  let controller: AbortController | undefined;
  const end = (why: GuestError): void => {
    if (reason !== undefined) return;
    reason = why;
    controller?.abort(why);
    for (const tell of waiting) tell(why);
  };
  const giveUp = (): void => {
    const cause: unknown = given?.reason;
    end(
      isGuestError(cause)
        ? cause
        : new GuestError('aborted', `${what}: the caller gave up`, { command, cause }),
    );
  };
  const timer = clock.timer(timeout, () => {
    end(new GuestError('timeout', `${what}: no answer within ${timeout / 1000} s`, { command }));
  });
  given?.addEventListener('abort', giveUp);
  if (given?.aborted === true) giveUp();
  return {
    get over() {
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
    left: () => Math.max(0, last - clock.now()),
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      given?.removeEventListener('abort', giveUp);
    },
  };
}

/** The same deadline, but for how much time is said to be left. */
export function withLeft(deadline: Deadline, left: () => number): Deadline {
  return {
    get over() {
      return deadline.over;
    },
    throwIfOver: () => deadline.throwIfOver(),
    race: (promise) => deadline.race(promise),
    get signal() {
      return deadline.signal;
    },
    left,
    [Symbol.dispose]: () => deadline[Symbol.dispose](),
  };
}

/** The promise's result, or the signal's reason if it fires first. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    if (signal.aborted) abort();
  });
}
