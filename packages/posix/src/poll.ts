import { closeSync, readSync, writeSync } from 'node:fs';
import process from 'node:process';
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
 * @param timeout in milliseconds; -1 for no limit
 */
export function poll(set: PollSet, timeout: number): Promise<number> {
  return cPoll.callAsync(set.bytes, set.length, timeout);
}

/** Polls in this thread, without waiting. */
export function pollNow(set: PollSet): number {
  return cPoll.raw(set.bytes, set.length, 0);
}

/** The wakers in use. */
const wakers = new Set<Waker>();

/** `process.exit` waits for the threads of the pool: without this, it would wait as long as they poll. */
function wakeAll(): void {
  for (const waker of wakers) waker.wake();
}

/** An eventfd that ends a poll; so does the exit of this process. */
export class Waker implements Disposable {
  /** Ready for reading after {@link wake}; non-blocking, not inherited. */
  readonly fd = check(cEventfd.call(0, EFD_FLAGS), 'eventfd');

  constructor() {
    if (wakers.size === 0) process.on('exit', wakeAll);
    wakers.add(this);
  }

  wake(): void {
    writeSync(this.fd, new BigUint64Array([1n]));
  }

  /** Makes it not ready again. Throws `EAGAIN` if it was not. */
  reset(): void {
    readSync(this.fd, Buffer.alloc(8));
  }

  [Symbol.dispose](): void {
    wakers.delete(this);
    if (wakers.size === 0) process.off('exit', wakeAll);
    closeSync(this.fd);
  }
}

interface Waiting {
  readonly fd: number;
  readonly events: number;
  readonly found: (events: number) => void;
}

/** Waits for any number of descriptors in one thread of the pool, which has only as many as the machine has processors. */
class Poller {
  readonly #waiting = new Set<Waiting>();
  #waker: Waker | undefined;

  wait(fd: number, events: number, signal: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(0);
      const abort = (): void => entry.found(0);
      const entry: Waiting = {
        fd,
        events,
        found: (found) => {
          signal.removeEventListener('abort', abort);
          this.#waiting.delete(entry);
          // A poll that has this descriptor in its set must not outlive it.
          if (found === 0) this.#waker?.wake();
          resolve(found);
        },
      };
      if (this.#waker === undefined) this.#start();
      else this.#waker.wake();
      signal.addEventListener('abort', abort);
      this.#waiting.add(entry);
    });
  }

  #start(): void {
    const waker = new Waker();
    this.#waker = waker;
    // In the next turn, when the first descriptor has been added. Polling a valid set cannot fail.
    queueMicrotask(() => void this.#run(waker));
  }

  async #run(waker: Waker): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const entries = [...this.#waiting];
        const set = new PollSet(entries.length + 1);
        for (const [index, { fd, events }] of entries.entries()) set.watch(index, fd, events);
        set.watch(entries.length, waker.fd, POLLIN);
        await poll(set, -1);
        if (set.found(entries.length) !== 0) waker.reset();
        for (const [index, entry] of entries.entries()) {
          const found = set.found(index);
          if (found !== 0 && this.#waiting.has(entry)) entry.found(found);
        }
        // A caller whose descriptor was ready usually waits again at once.
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      waker[Symbol.dispose]();
      this.#waker = undefined;
    }
  }
}

const poller = new Poller();

/**
 * Waits until a descriptor is ready, and returns the events that it is ready for, a hang-up included; 0 once the signal
 * fires. Throws if there is no descriptor left for the eventfd.
 */
export function waitReady(fd: number, events: number, signal: AbortSignal): Promise<number> {
  return poller.wait(fd, events, signal);
}
