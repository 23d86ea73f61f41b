import { POLLIN, PollSet, poll, pollNow, Waker } from '@guestwire/posix';

const FOR_EVER = -1;

/** How often the way through the thread pool is measured. */
const PROBES = 4;

/** How many times as long as that way takes it is looked: a host, too, has its way to go before it asks again. */
const PATIENCE = 4;

/** The longest moment, in milliseconds, for which it pays to look; a machine on which the way takes longer is overloaded. */
const LONGEST_MOMENT_MS = 5;

/**
 * Waits in the thread pool for one descriptor at a time; an eventfd cuts the wait short.
 *
 * The way through the pool, there and back, takes two changes of threads, so what has just been ready is looked at for a
 * moment before that way is taken; how long a moment is depends on how long the way is on this machine.
 */
export class Waiter implements Disposable {
  readonly #fds = new PollSet(2);
  readonly #waker = new Waker();
  #events: number | undefined;
  /** How long to look, in milliseconds; undefined until it has been measured. */
  #moment: number | undefined;
  /** When a descriptor was last ready. */
  #active = Number.NEGATIVE_INFINITY;

  /** The events that are being waited for, 0 if for no descriptor; undefined if nobody waits. */
  get events(): number | undefined {
    return this.#events;
  }

  /**
   * Waits until the descriptor is ready for one of `events`, and says for what it is. For no events it is not looked
   * at: a hang-up is told even to who asks for nothing. 0 if `wake` was called.
   */
  wait(fd: number, events: number): Promise<number> {
    return this.#poll(events === 0 ? -1 : fd, events, FOR_EVER);
  }

  /** Waits for so many milliseconds, or until `wake` is called. */
  async sleep(ms: number): Promise<void> {
    await this.#poll(-1, 0, ms);
  }

  /** Ends the wait under way. */
  wake(): void {
    if (this.#events !== undefined) this.#waker.wake();
  }

  /** Not to be called while somebody waits. */
  [Symbol.dispose](): void {
    this.#waker[Symbol.dispose]();
  }

  async #poll(fd: number, events: number, timeout: number): Promise<number> {
    this.#fds.watch(0, fd, events);
    this.#fds.watch(1, this.#waker.fd, POLLIN);
    this.#events = events;
    const soon = timeout === FOR_EVER ? await this.#look() : 0;
    const ready = soon > 0 ? soon : await poll(this.#fds, timeout);
    this.#events = undefined;
    if (ready <= 0) return 0;
    this.#active = performance.now();
    if (this.#fds.found(1) !== 0) this.#waker.reset();
    return this.#fds.found(0);
  }

  /** Looks for a moment, letting others have their turns; 0 if nothing became ready. */
  async #look(): Promise<number> {
    this.#moment ??= await this.#measure();
    const end = this.#active + this.#moment;
    while (performance.now() < end) {
      const ready = pollNow(this.#fds);
      if (ready !== 0) return ready;
      await nextTurn();
    }
    return 0;
  }

  /** By the time that the way through the thread pool takes at best. */
  async #measure(): Promise<number> {
    let least = LONGEST_MOMENT_MS;
    for (let probe = 0; probe < PROBES; probe += 1) {
      const start = performance.now();
      await poll(this.#fds, 0);
      least = Math.min(least, performance.now() - start);
    }
    return Math.min(least * PATIENCE, LONGEST_MOMENT_MS);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
