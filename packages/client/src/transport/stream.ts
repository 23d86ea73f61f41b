import { once } from 'node:events';
import type { OnReadOpts, Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { GuestError } from '../guest-error.js';
import { Incoming } from './incoming.js';
import type { Transport } from './transport.js';

function ended(target: string, cause?: unknown): GuestError {
  return new GuestError('closed', `${target}: the connection ended while a request was being sent`, {
    cause,
  });
}

/**
 * Bytes that may wait in a stream while the next ones are made: so the other side finds some whenever it has read what the
 * system holds.
 */
const AHEAD = 128 * 1024;

/** Writes to a stream, which knows by itself how much of it may wait. */
export class Outgoing {
  readonly #target: string;
  readonly #stream: Writable;
  /** Those who have given more than may wait. */
  #waiting: (() => void)[] = [];

  constructor(target: string, stream: Writable) {
    this.#target = target;
    this.#stream = stream;
  }

  /**
   * Writes bytes; resolves when the next ones are welcome.
   *
   * @throws {GuestError} `closed` if the stream is closed, or closes before that
   */
  send(bytes: Uint8Array): Promise<void> {
    const [target, stream] = [this.#target, this.#stream];
    return new Promise((resolve, reject) => {
      if (stream.destroyed || stream.writableEnded)
        throw new GuestError('closed', `${target}: not connected`);
      stream.write(bytes, (cause) => {
        // Of what was on its way when the stream was destroyed, Node says that it was written.
        if (cause || stream.destroyed) {
          reject(ended(target, cause));
          return;
        }
        resolve();
        if (stream.writableLength <= AHEAD) for (const welcome of this.#waiting.splice(0)) welcome();
      });
      if (stream.writableLength <= AHEAD) resolve();
      else this.#waiting.push(resolve);
    });
  }
}

/**
 * Waits for a socket to connect, and makes a transport of it. `make` makes the socket, with what it is to read by.
 *
 * @throws whatever the socket reports, or the signal's reason; the socket is destroyed then
 */
export async function overSocket(
  target: string,
  make: (onread: OnReadOpts) => Socket,
  signal?: AbortSignal,
): Promise<Transport> {
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
  const outgoing = new Outgoing(target, socket);
  return {
    target,
    write: (bytes) => outgoing.send(bytes),
    [Symbol.asyncIterator]: () => incoming.of(socket),
    async [Symbol.asyncDispose]() {
      if (socket.closed) return;
      const closed = once(socket, 'close');
      socket.destroy();
      await closed;
    },
  };
}
