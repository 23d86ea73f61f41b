import { GuestError } from '../guest-error.js';
import { invalidArgument } from '../invalid-argument.js';
import { type Clock, type Duration, parseDuration } from '../time.js';
import type { Transport } from '../transport/transport.js';

/** How a connection that has ended is opened again. */
export interface ReconnectOptions {
  /** The maximum number of attempts for one call; limited only by the call's time if absent. */
  readonly attempts?: number;
  /** The time between two attempts; half a second if absent. */
  readonly delay?: Duration;
}

/** Validated {@link ReconnectOptions}; `delay` in milliseconds. */
export type Reconnect = { readonly [Key in keyof ReconnectOptions]-?: number };

const DEFAULT_DELAY_MS = 500;

/** Parses the option `reconnect`; `undefined` stands for no reconnecting. */
export function parseReconnect(option: boolean | ReconnectOptions | undefined): Reconnect | undefined {
  if (option === undefined || option === false) return undefined;
  const { attempts = Number.POSITIVE_INFINITY, delay = DEFAULT_DELAY_MS } = option === true ? {} : option;
  if (attempts !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(attempts) && attempts > 0)) {
    const message = `invalid reconnect.attempts ${attempts}: give an integer of at least 1, or leave it out`;
    throw invalidArgument(message);
  }
  return { attempts, delay: parseDuration(delay) };
}

/** A parsed target, able to open transports. */
export interface Endpoint {
  /** The target, for messages. */
  readonly target: string;
  /** Opens a transport; rejects with a {@link GuestError}, or with the signal's reason. */
  readonly open: (signal: AbortSignal) => Promise<Transport>;
  /** Milliseconds until an agent must answer on a new connection. */
  readonly timeout: number;
  /** `undefined` if a connection that has ended is not opened again. */
  readonly reconnect: Reconnect | undefined;
  readonly clock: Clock;
}

/** Returns an `open` for an existing transport: it returns that once, then rejects. */
export function singleUse(transport: Transport): Endpoint['open'] {
  let isUsed = false;
  return async () => {
    if (isUsed) throw new GuestError('closed', `${transport.target}: this transport cannot be opened again`);
    isUsed = true;
    return transport;
  };
}
