import { connect } from 'node:net';
import { GuestError } from '../guest-error.js';
import { type Advice, openWith } from './open-error.js';
import { socketTransport } from './socket.js';
import type { Transport } from './transport.js';

const PERMISSION_DENIED = 'permission denied; run as a user with read and write access to the socket';

const ADVICE: Advice = {
  ENOENT: 'no such socket; is the VM running, and is this the path of its agent channel?',
  ECONNREFUSED: 'connection refused; is the VM running, and is this a socket?',
  EACCES: PERMISSION_DENIED,
  EPERM: PERMISSION_DENIED,
  ENOTSOCK: 'not a socket',
  EAGAIN: 'too many hosts are already waiting for this socket',
};

/** `sun_path` in `struct sockaddr_un`, without the NUL at the end (Linux). */
const MAX_PATH_BYTES = 107;

/**
 * Connects to a unix socket: QEMU's chardev for the agent's port, or that of an agent with `unix-listen`.
 *
 * @throws {GuestError} `closed`, whose message says what to check, or the signal's reason
 */
export function unixTransport(path: string, signal?: AbortSignal): Promise<Transport> {
  const target = `unix:${path}`;
  return openWith(target, ADVICE, signal, () => {
    // Node would truncate the path, and connect to whatever is there.
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
      throw new GuestError('closed', `cannot open ${target}: path longer than ${MAX_PATH_BYTES} bytes`);
    }
    return socketTransport(target, (onread) => connect({ path, onread }), signal);
  });
}
