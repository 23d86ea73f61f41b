import { closeSync, readSync, writeSync } from 'node:fs';
import { systemError } from './errno.js';
import { libc, POLLIN, PollSet } from './ffi.js';

interface Waiting {
  readonly fd: number;
  readonly events: number;
  readonly found: (events: number) => void;
}

/**
 * Waits for any number of descriptors in one thread: the FFI has few, and a thread that waits is lost to all others.
 * Whoever comes or goes wakes it up through an eventfd.
 */
class Poller {
  readonly #waiting = new Set<Waiting>();
  /** The eventfd; −1 while nobody waits. */
  #waker = -1;

  /** Resolves with what was found, or with 0 once the signal fires. Throws if there is no descriptor left for it. */
  wait(fd: number, events: number, signal: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve(0);
      const leave = (): void => entry.found(0);
      const entry: Waiting = {
        fd,
        events,
        found: (found) => {
          signal.removeEventListener('abort', leave);
          this.#waiting.delete(entry);
          // A poll that has this descriptor in its set must not outlive it.
          if (found === 0) this.#wake();
          resolve(found);
        },
      };
      if (this.#waker < 0) this.#begin();
      else this.#wake();
      signal.addEventListener('abort', leave);
      this.#waiting.add(entry);
    });
  }

  #begin(): void {
    const waker = libc().eventfd();
    if (waker < 0) throw systemError('eventfd', waker);
    this.#waker = waker;
    // In the next turn, when there is somebody to wait for. A poll cannot fail but by a mistake of ours.
    queueMicrotask(() => void this.#run());
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const entries = [...this.#waiting];
        const set = new PollSet([...entries, { fd: this.#waker, events: POLLIN }]);
        await libc().poll(set);
        if (set.found(entries.length) !== 0) readSync(this.#waker, Buffer.alloc(8));
        for (const [index, entry] of entries.entries()) {
          const found = set.found(index);
          if (found !== 0 && this.#waiting.has(entry)) entry.found(found);
        }
        // Who has just been told usually waits again at once.
        await nextTurn();
      }
    } finally {
      closeSync(this.#waker);
      this.#waker = -1;
    }
  }

  #wake(): void {
    if (this.#waker >= 0) writeSync(this.#waker, new BigUint64Array([1n]));
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

const poller = new Poller();

/**
 * Waits until a descriptor is ready for one of `events`, and says for what it is, a hang-up included; 0 once the signal
 * fires.
 */
export function ready(fd: number, events: number, signal: AbortSignal): Promise<number> {
  return poller.wait(fd, events, signal);
}
