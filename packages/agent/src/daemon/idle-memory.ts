import { releaseCleanPages, trimHeap } from '@guestwire/posix';
import { type Clock, processClock } from '../rpc/clock.js';
import type { MemoryEvents } from '../rpc/session.js';
import { collectGarbage } from './collect-garbage.js';

/** Without a request for this time, in milliseconds, the agent is idle. */
const IDLE_MS = 1000;

/** V8 compacts its heap and returns pages eight seconds after a full collection, if the program is quiet then. */
const COMPACTED_MS = 10_000;

/** The heap may grow by this before a collection is worth its time. */
const GROWTH_BYTES = 2 * 1024 * 1024;

/** The memory outside of the JavaScript heap may grow by this before a collection between large requests is worth its time. */
const EXTERNAL_GROWTH_BYTES = 16 * 1024 * 1024;

/** Between two releases before large requests, in milliseconds: each takes a few. */
const RELEASE_INTERVAL_MS = 10_000;

/** What {@link IdleMemory} does; a test may replace it. */
export interface MemoryActions {
  /** Returns the bytes of the JavaScript heap, and of buffers outside of it. */
  used(): { readonly heap: number; readonly external: number };
  /** Collects garbage. */
  collect(): void;
  /** Returns to the system what is unused besides the heap. */
  release(): void;
}

/**
 * Returns memory to the guest while no host asks anything: what the start and large requests took, and the pages of
 * program files that only they used. An agent waits most of its life.
 */
export class IdleMemory implements MemoryEvents {
  readonly #clock: Clock;
  readonly #actions: MemoryActions;
  #isActive = false;
  #isWaiting = false;
  /** True after large requests, until memory has been collected: small ones, such as a monitor's, do not defer it. */
  #hasBulk = false;
  #releasedAt = Number.NEGATIVE_INFINITY;
  #cancel: () => void = () => {};
  /** Bytes in use after V8 has compacted its heap the last time. */
  #settled = 0;
  /** Bytes outside of the heap that are in use, such as pools. */
  #external = 0;

  constructor(actions: MemoryActions = ownMemory, clock: Clock = processClock) {
    this.#actions = actions;
    this.#clock = clock;
  }

  answered(): void {
    this.#isActive = true;
    if (!this.#isWaiting) this.#wait(IDLE_MS, this.#collect);
  }

  /** What only the start of the program needed must not be resident beside the data of a large request. */
  bulkStarted(): void {
    const now = this.#clock.now();
    if (now - this.#releasedAt < RELEASE_INTERVAL_MS) return;
    this.#releasedAt = now;
    this.#actions.release();
  }

  /**
   * The engine notices the size of buffers late: by itself it keeps those of a large request until those of the next one have
   * been allocated.
   */
  bulkDone(): void {
    // Much memory must not wait until the heap is compacted.
    this.#cancel();
    this.#hasBulk = true;
    this.#wait(IDLE_MS, this.#collect);
    const { external } = this.#actions.used();
    this.#external = Math.min(this.#external, external);
    if (external < this.#external + EXTERNAL_GROWTH_BYTES) return;
    this.#actions.collect();
    this.#external = this.#actions.used().external;
  }

  #wait(ms: number, quiet: () => void): void {
    this.#isWaiting = true;
    this.#isActive = false;
    this.#cancel = this.#clock.after(ms, () => {
      this.#isWaiting = false;
      if (this.#isActive && !this.#hasBulk) this.#wait(IDLE_MS, this.#collect);
      else quiet();
    });
  }

  readonly #collect = (): void => {
    this.#hasBulk = false;
    if (this.#used < this.#settled + GROWTH_BYTES) return;
    this.#actions.collect();
    this.#actions.release();
    this.#wait(COMPACTED_MS, this.#settle);
  };

  readonly #settle = (): void => {
    this.#settled = this.#used;
  };

  get #used(): number {
    const { heap, external } = this.#actions.used();
    return heap + external;
  }
}

const ownMemory: MemoryActions = {
  used() {
    const { heapTotal, external } = process.memoryUsage();
    return { heap: heapTotal, external };
  },
  collect: collectGarbage,
  release() {
    trimHeap();
    releaseCleanPages();
  },
};
