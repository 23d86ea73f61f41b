import { once } from 'node:events';
import type { OnReadOpts, Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { GuestError } from '../guest-error.js';
import { Incoming } from './incoming.js';
import type { Transport } from './transport.js';

const ended = (target: string, cause?: unknown): GuestError =>
  new GuestError('closed', `${target}: the connection ended while a request was being sent`, { cause });

/**
 * Writes to a stream; resolves when it welcomes more.
 *
 * @throws {GuestError} `closed` if the stream is closed, or closes before that
 */
export const send = async (target: string, stream: Writable, bytes: Uint8Array): Promise<void> => {
  if (stream.destroyed || stream.writableEnded) throw new GuestError('closed', `${target}: not connected`);
  if (stream.write(bytes)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: GuestError): void => {
      stream.off('drain', drained).off('close', closed).off('error', failed);
      if (error === undefined) resolve();
      else reject(error);
    };
    const drained = (): void => settle();
    const closed = (): void => settle(ended(target));
    const failed = (cause: unknown): void => settle(ended(target, cause));
    stream.on('drain', drained).on('close', closed).on('error', failed);
  });
};

/**
 * Waits for a socket to connect, and makes a transport of it. `make` makes the socket, with what it is to read by.
 *
 * @throws whatever the socket reports, or the signal's reason; the socket is destroyed then
 */
export const overSocket = async (
  target: string,
  make: (onread: OnReadOpts) => Socket,
  signal?: AbortSignal,
): Promise<Transport> => {
  const incoming = new Incoming();
  const socket = make(incoming.onread);
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
    [Symbol.asyncIterator]: () => incoming.of(socket),
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  };
};
