import type { Clock } from '../clock.js';
import { type Duration, parseDuration } from '../duration.js';
import { GuestError } from '../guest-error.js';
import type { Transport } from '../transport/transport.js';

/** How a connection that has ended is opened anew. */
export interface ReconnectOptions {
  /** How often that is tried for one call, at the most; as often as its time allows if absent. */
  readonly attempts?: number;
  /** The time between two attempts; half a second if absent. */
  readonly delay?: Duration;
}

/** The same, checked. */
export interface Reconnect {
  readonly attempts: number;
  /** Milliseconds. */
  readonly delay: number;
}

const DEFAULT_DELAY = 500;

/**
 * Reads the option `reconnect`; `undefined` if nothing is to be opened anew.
 *
 * @throws {TypeError} if it makes no sense
 */
export function parseReconnect(option: boolean | ReconnectOptions | undefined): Reconnect | undefined {
  if (option === undefined || option === false) return undefined;
  const { attempts = Number.POSITIVE_INFINITY, delay = DEFAULT_DELAY } = option === true ? {} : option;
  if (attempts !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(attempts) && attempts > 0)) {
    throw new TypeError(`reconnect.attempts is ${attempts}: give a whole number from 1 on, or leave it out`);
  }
  return { attempts, delay: parseDuration(delay) };
}

/** A way to a guest. */
export interface Way {
  /** Where it leads, for messages. */
  readonly target: string;
  /**
   * Connects.
   *
   * @throws {GuestError} if that fails, or the signal's reason
   */
  readonly open: (signal: AbortSignal) => Promise<Transport>;
  /** Milliseconds until somebody has to answer on a new connection. */
  readonly timeout: number;
  /** `undefined` if the end of the first connection is the end. */
  readonly reconnect: Reconnect | undefined;
  readonly clock: Clock;
}

/** Opens a way that somebody else has gone, once. */
export function openOnce(transport: Transport): Way['open'] {
  let given = false;
  return async () => {
    if (given) throw new GuestError('closed', `${transport.target}: this way cannot be gone again`);
    given = true;
    return transport;
  };
}
