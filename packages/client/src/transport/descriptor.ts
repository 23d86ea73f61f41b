import { closeSync, readSync, writeSync } from 'node:fs';
import { loadFfi, POLLIN, POLLOUT, waitReady } from '@guestwire/posix';
import { GuestError } from '../guest-error.js';
import { codeOf } from './error-code.js';
import type { Transport } from './transport.js';

/** Bytes that are read at once, at most. */
const SLAB_SIZE = 64 * 1024;

/** What a descriptor answers that has nothing to give or take just now. */
function isForNow(error: unknown): boolean {
  return ['EAGAIN', 'EINTR'].includes(codeOf(error));
}

/** What a read fails with when the other side has gone without a word. A terminal that has hung up answers `EIO`. */
function isGone(error: unknown): boolean {
  return ['EIO', 'ECONNRESET', 'EPIPE', 'ENXIO'].includes(codeOf(error));
}

/**
 * Loads what descriptors need.
 *
 * @throws {GuestError} `closed` if this system has no FFI
 */
export function requireFfi(target: string): void {
  try {
    loadFfi();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${target}: this way takes Linux and the npm package koffi, which cannot be used here: ${reason}`;
    throw new GuestError('closed', message, { cause });
  }
}

/**
 * A transport over a raw descriptor, for what Node has no streams for.
 *
 * @param fd non-blocking; it is the transport's from now on
 * @param finish is called directly before the descriptor is closed
 */
export function overDescriptor(target: string, fd: number, finish: () => void = () => {}): Transport {
  const disposed = new AbortController();
  const { signal } = disposed;
  let lastWrite: Promise<void> = Promise.resolve();

  const read = (): Buffer | undefined => {
    const slab = Buffer.allocUnsafe(SLAB_SIZE);
    try {
      const bytes = slab.subarray(0, readSync(fd, slab));
      // To copy a little is cheaper than to keep a slab alive for it.
      return bytes.length < SLAB_SIZE / 2 ? Buffer.from(bytes) : bytes;
    } catch (error) {
      if (isForNow(error)) return undefined;
      if (isGone(error)) return Buffer.alloc(0);
      throw error;
    }
  };

  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; ) {
      if (signal.aborted) throw new GuestError('closed', `${target}: not connected`);
      try {
        at += writeSync(fd, bytes, at);
      } catch (cause) {
        if (!isForNow(cause)) {
          throw new GuestError('closed', `${target}: the connection ended while a request was being sent`, {
            cause,
          });
        }
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
