import { Guest, type GuestOptions } from './guest.js';
import { type Endpoint, parseReconnect, type ReconnectOptions, singleUse } from './session/endpoint.js';
import { type CallOptions, DEFAULT_CONNECT_TIMEOUT_MS, systemClock } from './time.js';
import { openTransport } from './transport/open.js';
import { formatTarget, parseTarget } from './transport/target.js';
import type { Transport } from './transport/transport.js';

/** Options of {@link openGuest}. */
export interface OpenOptions extends GuestOptions, CallOptions {
  /** Milliseconds until an agent must answer on a new connection; 5000 if absent. */
  readonly timeout?: number;
}

/** Options of {@link connect}. */
export interface ConnectOptions extends OpenOptions {
  /**
   * Whether a call first opens a new connection if the old one has ended; false if absent. `true` retries twice a second
   * for as long as the call's time allows.
   *
   * A call that had already been sent is not sent again: it is rejected with `closed`, since the command may have been
   * carried out.
   */
  readonly reconnect?: boolean | ReconnectOptions;
}

async function open(target: string, openEndpoint: Endpoint['open'], options: ConnectOptions): Promise<Guest> {
  const { timeout = DEFAULT_CONNECT_TIMEOUT_MS, clock = systemClock } = options;
  const reconnect = parseReconnect(options.reconnect);
  const guest = new Guest({ target, open: openEndpoint, timeout, clock, reconnect }, options);
  try {
    await guest.synchronize({ ...options, timeout });
    return guest;
  } catch (error) {
    await guest.close();
    throw error;
  }
}

/**
 * Opens a guest over a transport and ensures that an agent answers. Closes the transport otherwise.
 *
 * @throws {GuestError} `timeout`, `closed` or `aborted`
 */
export async function openGuest(transport: Transport, options: OpenOptions = {}): Promise<Guest> {
  return await open(transport.target, singleUse(transport), options);
}

/**
 * Connects to the agent of a guest and ensures that it answers.
 *
 * ```ts
 * await using guest = await connect('unix:/run/vm1/qga.sock');
 * const { version } = await guest.call('guest-info');
 * ```
 *
 * @param target a text for {@link parseTarget}: `unix:PATH`, `tcp:HOST:PORT`, `vsock:CID:PORT`, `pty:PATH`,
 * `libvirt:DOMAIN`, `libvirt+URI/DOMAIN` or `exec:COMMAND`
 * @throws {GuestError} `timeout`, `closed` or `aborted`; the message says what to check
 * @throws {TypeError} if the target or an option is invalid; the message says what to write
 */
export async function connect(target: string, options: ConnectOptions = {}): Promise<Guest> {
  const parsed = parseTarget(target);
  return await open(formatTarget(parsed), (signal) => openTransport(parsed, signal), options);
}
