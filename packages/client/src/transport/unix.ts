import { connect } from 'node:net';
import { GuestError } from '../guest-error.js';
import { type Advice, refused } from './refused.js';
import { overSocket } from './stream.js';
import type { Transport } from './transport.js';

const advice: Advice = {
  ENOENT: 'there is no such socket. Is the machine running, and is this the path of its agent channel?',
  ECONNREFUSED: 'nobody listens here. It is no socket, or one that is left over from a machine that is gone',
  EACCES: 'permission denied. Run as a user who may read and write the socket',
  EPERM: 'permission denied. Run as a user who may read and write the socket',
  ENOTSOCK: 'this is not a socket',
  EAGAIN: 'too many hosts are waiting for this socket already',
};

/** Bytes in `struct sockaddr_un`, less the NUL at the end (Linux). */
const LONGEST_PATH = 107;

/**
 * Connects to a unix socket, such as QEMU's chardev for the agent's port, or an agent's own with `unix-listen`.
 *
 * @throws {GuestError} `closed`, whose message says what to look at, or whatever the signal was aborted with
 */
export async function unixTransport(path: string, signal?: AbortSignal): Promise<Transport> {
  const target = `unix:${path}`;
  signal?.throwIfAborted();
  // Node would cut it off, and connect to whatever is there.
  if (Buffer.byteLength(path) > LONGEST_PATH) {
    throw new GuestError(
      'closed',
      `${target}: this path is too long for a socket: ${LONGEST_PATH} bytes are the most`,
    );
  }
  try {
    return await overSocket(target, (onread) => connect({ path, onread }), signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw refused(target, error, advice);
  }
}
