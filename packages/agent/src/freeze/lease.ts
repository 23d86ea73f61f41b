import { uptime } from 'node:os';
import { startTimer } from '../timer.js';

/** Default of `freeze-timeout`, in seconds. */
export const FREEZE_TIMEOUT_S = 600;

/** Seconds between attempts to thaw after one has failed. */
const RETRY_S = 10;

/**
 * Limits the time of a freeze. Its end is an instant of the clock that starts at the boot and includes suspended time, so
 * that neither a change of the wall clock nor a restart of the agent moves it.
 */
export class Lease implements Disposable {
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | undefined;
  #end: number | null = null;

  /** @param expired called at the end of the lease, and at each retry */
  constructor(expired: () => void) {
    this.#expired = expired;
  }

  /** The end in seconds since the boot; null for never. */
  get end(): number | null {
    return this.#end;
  }

  /** Begins a lease. @param seconds 0 for one that never ends */
  start(seconds: number): void {
    this.stop();
    if (seconds <= 0) return;
    this.#end = uptime() + seconds;
    this.#set(seconds);
  }

  /** Continues the lease of an agent that was killed; one that has ended expires at once. */
  continueUntil(end: number | null): void {
    this.stop();
    this.#end = end;
    if (end !== null) this.#set(end - uptime());
  }

  /** Expires again after some seconds, also if the lease never ends. */
  retry(): void {
    clearTimeout(this.#timer);
    this.#set(RETRY_S);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#end = null;
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #set(seconds: number): void {
    this.#timer = startTimer(Math.max(0, seconds) * 1000, this.#expired);
  }
}
