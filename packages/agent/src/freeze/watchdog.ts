import { startTimer } from '../timer.js';

/** Calls back when filesystems have been frozen for too long. It is only a timer, since files cannot be used. */
export class Watchdog {
  readonly #seconds: number;
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param seconds 0 disables it; at most 24 days */
  constructor(seconds: number, expired: () => void) {
    this.#seconds = seconds;
    this.#expired = expired;
  }

  /** Starts the time from zero. */
  start(): void {
    this.stop();
    if (this.#seconds > 0) this.#timer = startTimer(this.#seconds * 1000, this.#expired);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
