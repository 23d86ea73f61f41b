import { POLLIN, PollSet, poll, Waker } from './poll.js';

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
