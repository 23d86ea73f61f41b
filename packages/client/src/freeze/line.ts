import type { Guest } from '../guest.js';
import { isGuestError } from '../guest-error.js';

/**
 * The way to a guest that has to be thawed: the connection that it was frozen through or, once that has ended or given
 * no answer, a new one of its own, whether or not the guest was opened with `reconnect`.
 */
export class Line implements AsyncDisposable {
  readonly #guest: Guest;
  #spare: Guest | undefined;
  /** What the last question met: a connection that has ended is of no use, one that is silent may be. */
  #state: 'sound' | 'silent' | 'ended' = 'sound';

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** Asks once. What the connection does is the caller's error; the next one who asks has a new one, where that is to be had. */
  async ask<T>(question: (guest: Guest) => Promise<T>): Promise<T> {
    const guest = await this.#way();
    try {
      const answer = await question(guest);
      this.#state = 'sound';
      return answer;
    } catch (error) {
      this.#state = isGuestError(error, 'closed')
        ? 'ended'
        : isGuestError(error, 'timeout')
          ? 'silent'
          : 'sound';
      throw error;
    }
  }

  async #way(): Promise<Guest> {
    if (this.#state !== 'sound') {
      try {
        const fresh = await this.#guest.reopen();
        await this.#spare?.close();
        this.#spare = fresh;
      } catch (error) {
        // A channel that serves one host at a time may be silent for the very reason that it still serves us.
        if (this.#state === 'ended') throw error;
      }
    }
    return this.#spare ?? this.#guest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spare?.close();
  }
}
