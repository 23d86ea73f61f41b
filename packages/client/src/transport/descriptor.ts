import { closeSync, readSync, writeSync } from 'node:fs';
import { loadFfi, POLLIN, POLLOUT, waitReady } from '@guestwire/posix';
import { GuestError } from '../guest-error.js';
import { systemErrorCode } from './open-error.js';
import { closedWhileSending } from './send-queue.js';
import type { Transport } from './transport.js';

const READ_SIZE_BYTES = 64 * 1024;

/** The errors of a descriptor that is not ready yet. */
const TRANSIENT = ['EAGAIN', 'EINTR'];
/** The errors after the peer has closed the connection: `EIO` of a terminal that has hung up. */
const CLOSED = ['EIO', 'ECONNRESET', 'EPIPE', 'ENXIO'];

/** Loads the FFI; throws `closed` if this system has none. */
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
 * Returns a transport over a non-blocking descriptor, for what Node has no streams for. The transport closes it, and
 * calls `finish` right before that.
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
      if (TRANSIENT.includes(systemErrorCode(error))) return undefined;
      if (CLOSED.includes(systemErrorCode(error))) return Buffer.alloc(0);
      throw error;
    }
  };

  const writeAll = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; ) {
      if (signal.aborted) throw new GuestError('closed', `${target}: not connected`);
      try {
        at += writeSync(fd, bytes, at);
      } catch (cause) {
        if (!TRANSIENT.includes(systemErrorCode(cause))) throw closedWhileSending(target, cause);
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
