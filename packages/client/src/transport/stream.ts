import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { GuestError } from '../guest-error.js';
import type { Transport } from './transport.js';

/**
 * Writes to a stream; resolves when it welcomes more.
 *
 * @throws {GuestError} `closed` if the stream is closed, or closes before that
 */
export const send = async (target: string, stream: Writable, bytes: Uint8Array): Promise<void> => {
  if (stream.destroyed || stream.writableEnded) throw new GuestError('closed', `${target}: not connected`);
  if (stream.write(bytes)) return;
  const settled = new AbortController();
  try {
    await Promise.race([
      once(stream, 'drain', settled),
      once(stream, 'close', settled).then(() => {
        throw new GuestError('closed', `${target}: the connection ended while a request was being sent`);
      }),
    ]);
  } finally {
    settled.abort();
  }
};

/**
 * Waits for a socket to connect, and makes a transport of it.
 *
 * @throws whatever the socket reports, or the signal's reason; the socket is destroyed then
 */
export const overSocket = async (
  target: string,
  socket: Socket,
  signal?: AbortSignal,
): Promise<Transport> => {
  try {
    await once(socket, 'connect', signal === undefined ? {} : { signal });
  } catch (error) {
    socket.on('error', () => {}).destroy();
    signal?.throwIfAborted();
    throw error;
  }
  // An error ends the iteration, which reports it; an error after that is of no interest to anybody.
  socket.on('error', () => {});
  return {
    target,
    write: (bytes) => send(target, socket, bytes),
    [Symbol.asyncIterator]: () => socket[Symbol.asyncIterator](),
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  };
};
