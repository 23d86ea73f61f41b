import type { Writable } from 'node:stream';
import { GuestError } from '../guest-error.js';

/** Bytes that may be queued before the sender waits: enough to keep the peer busy meanwhile. */
const HIGH_WATER_MARK_BYTES = 128 * 1024;

/** Returns the error for a connection that closes during a write. */
export function closedWhileSending(target: string, cause?: unknown): GuestError {
  return new GuestError('closed', `${target}: connection closed while sending a request`, { cause });
}

/** Writes to a stream, with a limit for the bytes queued in it. */
export class SendQueue {
  readonly #target: string;
  readonly #stream: Writable;
  /** Resolves the writes that wait for space. */
  #waiting: (() => void)[] = [];

  constructor(target: string, stream: Writable) {
    this.#target = target;
    this.#stream = stream;
  }

  /**
   * Writes bytes; resolves when more can be sent.
   *
   * @throws {GuestError} `closed` if the stream is closed, or closes before that
   */
  send(bytes: Uint8Array): Promise<void> {
    const [target, stream] = [this.#target, this.#stream];
    return new Promise((resolve, reject) => {
      if (stream.destroyed || stream.writableEnded) {
        throw new GuestError('closed', `${target}: not connected`);
      }
      stream.write(bytes, (cause) => {
        // Node reports success for a write that was pending when the stream was destroyed.
        if (cause || stream.destroyed) {
          reject(closedWhileSending(target, cause));
          return;
        }
        resolve();
        if (stream.writableLength <= HIGH_WATER_MARK_BYTES) {
          for (const proceed of this.#waiting.splice(0)) proceed();
        }
      });
      if (stream.writableLength <= HIGH_WATER_MARK_BYTES) resolve();
      else this.#waiting.push(resolve);
    });
  }
}
