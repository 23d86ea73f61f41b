import type { Writable } from 'node:stream';
import { GuestError } from '../guest-error.js';

/** Bytes that may be queued before the sender waits: enough to keep the peer busy meanwhile. */
const HIGH_WATER_MARK_BYTES = 128 * 1024;

/** Returns the error for a connection that closes during a write. */
export function closedWhileSending(target: string, cause?: unknown): GuestError {
  return new GuestError('closed', `${target}: connection closed while sending a request`, { cause });
}

/**
 * Returns a function that writes bytes to a stream and resolves when more can be sent: it limits the bytes queued there. It
 * rejects with `closed` if the stream is closed, or closes before that.
 */
export function sendQueue(target: string, stream: Writable): (bytes: Uint8Array) => Promise<void> {
  /** Resolves the writes that wait for space. */
  const waiting: (() => void)[] = [];
  return (bytes) =>
    new Promise((resolve, reject) => {
      if (stream.destroyed || stream.writableEnded) {
        throw new GuestError('closed', `${target}: not connected`);
      }
      stream.write(bytes, (cause) => {
        // Node reports success for a write that was pending when the stream was destroyed.
        if (cause || stream.destroyed) return reject(closedWhileSending(target, cause));
        resolve();
        if (stream.writableLength > HIGH_WATER_MARK_BYTES) return;
        for (const proceed of waiting.splice(0)) proceed();
      });
      if (stream.writableLength <= HIGH_WATER_MARK_BYTES) resolve();
      else waiting.push(resolve);
    });
}
