import { systemClock } from './clock.js';
import { type CallOptions, DEFAULT_CONNECT_TIMEOUT } from './deadline.js';
import { Guest, type GuestOptions } from './guest.js';
import { openOnce, parseReconnect, type ReconnectOptions, type Way } from './session/way.js';
import { openTransport } from './transport/open.js';
import { formatTarget, parseTarget } from './transport/target.js';
import type { Transport } from './transport/transport.js';

/** CallOptions of the connection itself, and what the guest is opened with. */
export interface OpenOptions extends GuestOptions, CallOptions {
  /** Milliseconds until somebody has to answer, in each connection; 5000 if absent. */
  readonly timeout?: number;
}

/** What {@link connect} takes. */
export interface ConnectOptions extends OpenOptions {
  /**
   * Whether a call opens a new connection first if the old one has ended; `true` stands for as often as the call's
   * time allows, twice a second. Not if absent.
   *
   * A call that had been sent when the connection ended is not sent again: it is rejected with `closed`, since whether
   * it was carried out is not known.
   */
  readonly reconnect?: boolean | ReconnectOptions;
}

async function greet(way: Way, options: OpenOptions): Promise<Guest> {
  const guest = new Guest(way, options);
  try {
    await guest.synchronize({ ...options, timeout: way.timeout });
    return guest;
  } catch (error) {
    await guest.close();
    throw error;
  }
}

function wayOf(
  target: string,
  open: Way['open'],
  { timeout = DEFAULT_CONNECT_TIMEOUT, clock = systemClock, reconnect }: ConnectOptions,
): Way {
  return {
    target,
    open,
    timeout,
    clock,
    reconnect: parseReconnect(reconnect),
  };
}

/**
 * Opens a guest over a transport and makes sure that an agent answers. The transport is closed if none does.
 *
 * @throws {GuestError} `timeout`, `closed` or `aborted`
 */
export async function openGuest(transport: Transport, options: OpenOptions = {}): Promise<Guest> {
  return await greet(wayOf(transport.target, openOnce(transport), options), options);
}

/**
 * Connects to a guest's agent and makes sure that it answers.
 *
 * ```ts
 * await using guest = await connect('unix:/run/vm1/qga.sock');
 * const { version } = await guest.call('guest-info');
 * ```
 *
 * @param target what {@link parseTarget} reads: `unix:PATH`, `tcp:HOST:PORT`, `vsock:CID:PORT`, `pty:PATH`,
 * `libvirt:DOMAIN`, `libvirt+URI/DOMAIN` or `exec:COMMAND`
 * @throws {GuestError} `timeout`, `closed` or `aborted`; the message says what to look at
 * @throws {TypeError} if the target or an option is none; the message says what to write
 */
export async function connect(target: string, options: ConnectOptions = {}): Promise<Guest> {
  const parsed = parseTarget(target);
  const open: Way['open'] = (signal) => openTransport(parsed, signal);
  return await greet(wayOf(formatTarget(parsed), open, options), options);
}
