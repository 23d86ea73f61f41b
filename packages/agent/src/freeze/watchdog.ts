import { startTimer } from '../timer.js';

/** Calls for a thaw when filesystems have been frozen for too long. It is a timer and nothing else: it needs no file. */
export class Watchdog {
  readonly #seconds: number;
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param seconds 0 for never; beyond 24 days it is 24 days */
  constructor(seconds: number, expired: () => void) {
    this.#seconds = seconds;
    this.#expired = expired;
  }

  /** Begins to count, from the start. */
  start(): void {
    this.stop();
    if (this.#seconds > 0) {
      this.#timer = startTimer(this.#seconds * 1000, this.#expired);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
