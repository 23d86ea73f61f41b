import type { Clock } from '../../src/rpc/clock.js';

/** A clock that a test moves. */
export class ManualClock implements Clock {
  #now = 0;
  #timers: { readonly due: number; readonly expired: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, expired: () => void): () => void {
    const timer = { due: this.#now + ms, expired };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves on by `ms`, and calls the timers that are due on the way in their order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.due - b.due)[0];
      if (next === undefined || next.due > end) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = next.due;
      next.expired();
    }
    this.#now = end;
  }
}
