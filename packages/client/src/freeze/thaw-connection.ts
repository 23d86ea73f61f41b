import type { GuestCalls } from '../calls.js';
import { isGuestError } from '../guest-error.js';

/**
 * The connection for the commands that end a freeze: the one that the guest was frozen through or, once that has ended
 * or does not answer, a separate new one, whether or not the guest was opened with `reconnect`.
 */
export class ThawConnection implements AsyncDisposable {
  readonly #guest: GuestCalls;
  #spare: (GuestCalls & AsyncDisposable) | undefined;
  /** The failure of the last command: a closed connection is of no use, a silent one may be. */
  #failure: 'closed' | 'timeout' | undefined;

  constructor(guest: GuestCalls) {
    this.#guest = guest;
  }

  /** Runs one command. It rejects if the connection fails; the next command then gets a new one, if possible. */
  async run<T>(command: (guest: GuestCalls) => Promise<T>): Promise<T> {
    const guest = await this.#current();
    try {
      const result = await command(guest);
      this.#failure = undefined;
      return result;
    } catch (error) {
      const code = isGuestError(error) ? error.code : undefined;
      this.#failure = code === 'closed' || code === 'timeout' ? code : undefined;
      throw error;
    }
  }

  async #current(): Promise<GuestCalls> {
    if (this.#failure !== undefined) {
      try {
        const fresh = await this.#guest.reopen();
        await this.#spare?.[Symbol.asyncDispose]();
        this.#spare = fresh;
      } catch (error) {
        // A channel that serves one host at a time may refuse a second connection because it still serves the first.
        if (this.#failure === 'closed') throw error;
      }
    }
    return this.#spare ?? this.#guest;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#spare?.[Symbol.asyncDispose]();
  }
}
