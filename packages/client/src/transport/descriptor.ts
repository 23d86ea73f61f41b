import { closeSync, readSync, writeSync } from 'node:fs';
import { loadFfi, POLLIN, POLLOUT, waitReady } from '@guestwire/posix';
import { GuestError } from '../guest-error.js';
import { systemErrorCode } from './open-error.js';
import { closedWhileSending } from './send-queue.js';
import type { Transport } from './transport.js';

const READ_SIZE_BYTES = 64 * 1024;

/** True if the call succeeds once the descriptor is ready. */
function isTransient(error: unknown): boolean {
  return ['EAGAIN', 'EINTR'].includes(systemErrorCode(error));
}

/** True if the peer has closed the connection. A terminal that has hung up fails with `EIO`. */
function isEnd(error: unknown): boolean {
  return ['EIO', 'ECONNRESET', 'EPIPE', 'ENXIO'].includes(systemErrorCode(error));
}

/**
 * Loads the FFI.
 *
 * @throws {GuestError} `closed` if this system has none
 */
export function requireFfi(target: string): void {
  try {
    loadFfi();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot open ${target}: it requires Linux and the npm package koffi: ${reason}`;
    throw new GuestError('closed', message, { cause });
  }
}

/**
 * Returns a transport over a raw descriptor, for what Node has no streams for.
 *
 * @param fd non-blocking; the transport closes it
 * @param finish is called right before that
 */
export function descriptorTransport(target: string, fd: number, finish: () => void = () => {}): Transport {
  const disposed = new AbortController();
  const { signal } = disposed;
  let lastWrite: Promise<void> = Promise.resolve();

  const read = (): Buffer | undefined => {
    const slab = Buffer.allocUnsafe(READ_SIZE_BYTES);
    try {
      const bytes = slab.subarray(0, readSync(fd, slab));
      // Copying a few bytes is cheaper than retaining the whole slab for them.
      return bytes.length < READ_SIZE_BYTES / 2 ? Buffer.from(bytes) : bytes;
    } catch (error) {
      if (isTransient(error)) return undefined;
      if (isEnd(error)) return Buffer.alloc(0);
      throw error;
    }
  };

  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; ) {
      if (signal.aborted) throw new GuestError('closed', `${target}: not connected`);
      try {
        at += writeSync(fd, bytes, at);
      } catch (cause) {
        if (!isTransient(cause)) throw closedWhileSending(target, cause);
        await waitReady(fd, POLLOUT, signal);
      }
    }
  };

  return {
    target,
    write(bytes) {
      const written = lastWrite.then(() => writeAll(bytes));
      lastWrite = written.catch(() => {});
      return written;
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        await waitReady(fd, POLLIN, signal);
        if (signal.aborted) return;
        const bytes = read();
        if (bytes?.length === 0) return;
        if (bytes !== undefined) yield bytes;
      }
    },
    async [Symbol.asyncDispose]() {
      if (signal.aborted) return;
      disposed.abort();
      await lastWrite;
      finish();
      closeSync(fd);
    },
  };
}
