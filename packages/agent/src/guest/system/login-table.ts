import { decodeText } from '@guestwire/protocol/wire';
import { OperationError } from '../../operation-error.js';

/** Far above the number of users of any guest; it bounds the memory of a reply. */
const USERS_LIMIT = 100_000;

export interface Login {
  readonly user: string;
  /** Seconds since the beginning of 1970, with a fraction. */
  readonly since: number;
}

/** Collects logins: each user once, in the order of first appearance, with the earliest login (qemu-ga §5.18). */
export class LoginTable {
  // Names that differ in bytes are different users, even if their text is equal.
  readonly #earliest = new Map<string, Login>();

  get logins(): readonly Login[] {
    return [...this.#earliest.values()];
  }

  /** @throws {OperationError} if there are too many users */
  add(name: Buffer, since: number): void {
    const key = name.toString('latin1');
    const known = this.#earliest.get(key);
    if (known === undefined && this.#earliest.size === USERS_LIMIT) {
      throw new OperationError(`cannot list the users: there are more than ${USERS_LIMIT}`);
    }
    if (known === undefined || since < known.since) {
      this.#earliest.set(key, { user: decodeText(name), since });
    }
  }
}
