import { connect } from 'node:net';
import { type Advice, refused } from './refused.js';
import { overSocket } from './stream.js';
import { formatTarget } from './target.js';
import type { Transport } from './transport.js';

const UNKNOWN = 'there is no host of this name. Is it written right, and does this machine know it?';
const UNREACHABLE = 'no way leads to this host. Is it up, and does no firewall stand between?';

const advice: Advice = {
  ECONNREFUSED:
    'nobody listens on this port. Is the machine running, and is this the port of its agent channel? QEMU listens with -chardev socket,server=on,wait=off',
  ENOTFOUND: UNKNOWN,
  EAI_AGAIN: 'the name of this host could not be looked up just now. Does the name server answer?',
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  ETIMEDOUT: UNREACHABLE,
  EADDRNOTAVAIL: 'this address cannot be reached from here: this machine has no address of that family',
};

/** How long a peer may be silent in milliseconds until the system looks whether it is still there. */
const KEEP_ALIVE_DELAY = 60_000;

/**
 * Connects to a TCP port, such as a chardev of QEMU's that listens there. TCP neither encrypts nor asks who is there:
 * whoever reaches the port has the guest.
 *
 * @throws {GuestError} `closed`, whose message says what to look at, or whatever the signal was aborted with
 */
export async function tcpTransport(host: string, port: number, signal?: AbortSignal): Promise<Transport> {
  const target = formatTarget({ kind: 'tcp', host, port });
  signal?.throwIfAborted();
  // Requests are small and answered one at a time: none must wait for a segment to fill.
  const options = { host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY };
  try {
    return await overSocket(target, (onread) => connect({ ...options, onread }), signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw refused(target, error, advice);
  }
}
