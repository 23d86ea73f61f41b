import { type Limits, startDeadline } from './deadline.js';
import { Guest, type GuestOptions } from './guest.js';
import { openTransport } from './transport/open.js';
import { parseTarget } from './transport/target.js';
import type { Transport } from './transport/transport.js';

/** Limits of the connection itself, and what the guest is opened with. */
export interface ConnectOptions extends GuestOptions, Limits {
  /** Milliseconds until somebody has to answer; 5000 if absent. */
  readonly timeout?: number;
}

const defaultTimeout = 5000;

/**
 * Opens a guest over a transport and makes sure that an agent answers. The transport is closed if none does.
 *
 * @throws {GuestError} `timeout`, `closed` or `aborted`
 */
export const openGuest = async (transport: Transport, options: ConnectOptions = {}): Promise<Guest> => {
  const guest = new Guest(transport, options);
  try {
    await guest.synchronise({ ...options, timeout: options.timeout ?? defaultTimeout });
    return guest;
  } catch (error) {
    await guest.close();
    throw error;
  }
};

/**
 * Connects to a guest's agent and makes sure that it answers.
 *
 * ```ts
 * await using guest = await connect('unix:/run/vm1/qga.sock');
 * const { version } = await guest.call('guest-info');
 * ```
 *
 * @param target `unix:PATH`
 * @throws {GuestError} `timeout`, `closed` or `aborted`; the message says what to look at
 * @throws {TypeError} if the target is none
 */
export const connect = async (target: string, options: ConnectOptions = {}): Promise<Guest> => {
  const parsed = parseTarget(target);
  using deadline = startDeadline(
    { ...options, timeout: options.timeout ?? defaultTimeout },
    target,
    undefined,
    options.clock,
  );
  const transport = await openTransport(parsed, deadline.signal);
  return await openGuest(transport, {
    reopen: (limits) => connect(target, { ...options, ...limits }),
    ...options,
    timeout: Number.POSITIVE_INFINITY,
    signal: deadline.signal,
  });
};
