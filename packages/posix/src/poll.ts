import { closeSync, readSync, writeSync } from 'node:fs';
import { check } from './errno.js';
import { CFunction } from './library.js';

/** Bits of `poll`, the same on all architectures. */
export const POLLIN = 0x1;
export const POLLOUT = 0x4;
export const POLLERR = 0x8;

const EFD_FLAGS = 0o2000000 | 0o4000; // EFD_CLOEXEC | EFD_NONBLOCK

const cPoll = new CFunction('int poll(void *fds, unsigned long count, int timeout)');
const cEventfd = new CFunction('int eventfd(unsigned int value, int flags)');

/** The array of `struct pollfd` that the kernel reads and writes. */
export class PollSet {
  // Not a small typed array, which the engine may move: a thread writes here.
  readonly bytes: ArrayBuffer;
  readonly length: number;
  readonly #descriptors: Int32Array;
  readonly #events: Int16Array;

  constructor(length: number) {
    this.bytes = new ArrayBuffer(length * 8);
    this.length = length;
    this.#descriptors = new Int32Array(this.bytes);
    this.#events = new Int16Array(this.bytes);
  }

  /** Watches `fd` for `events` at a place of the set; a negative descriptor is ignored. */
  watch(index: number, fd: number, events: number): void {
    this.#descriptors[index * 2] = fd;
    this.#events[index * 4 + 2] = events;
    this.#events[index * 4 + 3] = 0;
  }

  /** Returns the events that the last poll found at a place of the set. */
  found(index: number): number {
    return this.#events[index * 4 + 3] ?? 0;
  }
}

/**
 * Waits in the thread pool until a descriptor of the set is ready, and returns the number of those that are: 0 after the
 * timeout, a negated error number on failure. The set must not be changed meanwhile.
 *
 * @param timeout in milliseconds; -1 for no limit
 */
export function poll(set: PollSet, timeout: number): Promise<number> {
  return cPoll.callAsync(set.bytes, set.length, timeout);
}

/** Polls in this thread, without waiting. */
export function pollNow(set: PollSet): number {
  return cPoll.raw(set.bytes, set.length, 0);
}

/** An eventfd that ends a poll. */
export class Waker implements Disposable {
  /** Ready for reading after {@link wake}; non-blocking, not inherited. */
  readonly fd = check(cEventfd.call(0, EFD_FLAGS), 'eventfd');

  wake(): void {
    writeSync(this.fd, new BigUint64Array([1n]));
  }

  /** Makes it not ready again. Throws `EAGAIN` if it was not. */
  reset(): void {
    readSync(this.fd, Buffer.alloc(8));
  }

  [Symbol.dispose](): void {
    closeSync(this.fd);
  }
}
