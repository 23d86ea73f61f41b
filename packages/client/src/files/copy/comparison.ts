import type { GuestCalls } from '../../calls.js';
import type { CallOptions } from '../../deadline.js';
import { guestHashOfPart, type Part } from './guest-hashes.js';

/**
 * Compares parts of files in the guest, one after the other, while other work goes on: hashing a part takes the guest
 * about as long as carrying the next one.
 */
export class Comparison {
  readonly #guest: GuestCalls;
  readonly #folder: string;
  readonly #limits: CallOptions;
  #last: Promise<unknown> = Promise.resolve();

  constructor(guest: GuestCalls, folder: string, limits: CallOptions) {
    this.#guest = guest;
    this.#folder = folder;
    this.#limits = limits;
  }

  /** Whether the part has this SHA-256. May be waited for later: until then nobody hears of an error. */
  compare(part: Part, hash: string): Promise<boolean> {
    const same = this.#last.then(
      async () => (await guestHashOfPart(this.#guest, this.#folder, part, this.#limits)) === hash,
    );
    this.#last = same.catch(() => {});
    return same;
  }
}
