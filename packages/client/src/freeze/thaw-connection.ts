import type { GuestCalls } from '../calls.js';
import { isGuestError } from '../guest-error.js';

/**
 * The connection for the commands that end a freeze: the one that the guest was frozen through or, once that has ended
 * or does not answer, a separate new one, whether or not the guest was opened with `reconnect`.
 */
export class ThawConnection implements AsyncDisposable {
  readonly #guest: GuestCalls;
  #spare: (GuestCalls & AsyncDisposable) | undefined;
  /** After the last command: an ended connection is of no use, a silent one may be. */
  #state: 'sound' | 'silent' | 'ended' = 'sound';

  constructor(guest: GuestCalls) {
    this.#guest = guest;
  }

  /** Runs one command. It rejects if the connection fails; the next command then gets a new one, if possible. */
  async run<T>(command: (guest: GuestCalls) => Promise<T>): Promise<T> {
    const guest = await this.#current();
    try {
      const result = await command(guest);
      this.#state = 'sound';
      return result;
    } catch (error) {
      this.#state = isGuestError(error, 'closed')
        ? 'ended'
        : isGuestError(error, 'timeout')
          ? 'silent'
          : 'sound';
      throw error;
    }
  }

  async #current(): Promise<GuestCalls> {
    if (this.#state !== 'sound') {
      try {
        const fresh = await this.#guest.reopen();
        await this.#spare?.[Symbol.asyncDispose]();
        this.#spare = fresh;
      } catch (error) {
        // A channel that serves one host at a time may refuse a second connection because it still serves the first.
        if (this.#state === 'ended') throw error;
      }
    }
    return this.#spare ?? this.#guest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spare?.[Symbol.asyncDispose]();
  }
}
