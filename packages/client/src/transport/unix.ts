import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { GuestError } from '../guest-error.js';
import type { Transport } from './transport.js';

const advice: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket. Is the machine running, and is this the path of its agent channel?',
  ECONNREFUSED: 'nobody listens on this socket. It may be left over from a machine that is gone',
  EACCES: 'permission denied. Run as a user who may read and write the socket',
  EPERM: 'permission denied. Run as a user who may read and write the socket',
  ENOTSOCK: 'this is not a socket',
  EAGAIN: 'too many hosts are waiting for this socket already',
};

const refused = (target: string, cause: unknown): GuestError => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const reason = advice[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new GuestError('closed', `${target}: ${reason}`, { cause });
};

const overSocket = (target: string, socket: Socket): Transport => ({
  target,
  async write(bytes) {
    if (socket.destroyed || socket.writableEnded) throw new GuestError('closed', `${target}: not connected`);
    if (socket.write(bytes)) return;
    const settled = new AbortController();
    try {
      await Promise.race([
        once(socket, 'drain', settled),
        once(socket, 'close', settled).then(() => {
          throw new GuestError('closed', `${target}: the connection ended while a request was being sent`);
        }),
      ]);
    } finally {
      settled.abort();
    }
  },
  [Symbol.asyncIterator]: () => socket[Symbol.asyncIterator](),
  async [Symbol.asyncDispose]() {
    if (socket.closed) return;
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
  },
});

/**
 * Connects to a unix socket, such as QEMU's chardev for the agent's port, or an agent's own with `unix-listen`.
 *
 * @throws {GuestError} `closed`, whose message says what to look at, or whatever the signal was aborted with
 */
export const unixTransport = async (path: string, signal?: AbortSignal): Promise<Transport> => {
  const target = `unix:${path}`;
  signal?.throwIfAborted();
  const socket = connect({ path });
  try {
    await once(socket, 'connect', signal === undefined ? {} : { signal });
  } catch (cause) {
    socket.on('error', () => {}).destroy();
    signal?.throwIfAborted();
    throw refused(target, cause);
  }
  // An error ends the iteration, which reports it; an error after that is of no interest to anybody.
  socket.on('error', () => {});
  return overSocket(target, socket);
};
