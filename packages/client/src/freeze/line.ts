import type { Guest } from '../guest.js';
import { isGuestError } from '../guest-error.js';

/**
 * The way to a guest that has to be thawed: the connection that it was frozen through or, once that has ended, a new
 * one of its own, whether or not the guest was opened with `reconnect`.
 */
export class Line implements AsyncDisposable {
  readonly #guest: Guest;
  #spare: Guest | undefined;
  #broken = false;

  constructor(guest: Guest) {
    this.#guest = guest;
  }

  /** Asks once. If the connection ends, that is the caller's error, and the next one who asks has a new connection. */
  async ask<T>(question: (guest: Guest) => Promise<T>): Promise<T> {
    const guest = await this.#connected();
    try {
      return await question(guest);
    } catch (error) {
      this.#broken = isGuestError(error, 'closed');
      throw error;
    }
  }

  async #connected(): Promise<Guest> {
    if (this.#broken) {
      await this.#spare?.close();
      this.#spare = await this.#guest.reopen();
      this.#broken = false;
    }
    return this.#spare ?? this.#guest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spare?.close();
  }
}
