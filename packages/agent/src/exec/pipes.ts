import { closeSync } from 'node:fs';
import { errnoText, pipe } from '@guestwire/posix';
import { OperationError } from '../operation-error.js';

/** The pipes of a process that is being started. Disposing closes the ends that were not taken. */
export class Pipes implements Disposable {
  readonly #ends = new Set<number>();

  /**
   * Opens a pipe: the end to read from, then the end to write to.
   *
   * @throws {OperationError} with the bare text of the error, like qemu-ga
   */
  open(): readonly [from: number, to: number] {
    try {
      const [from, to] = pipe();
      this.#ends.add(from).add(to);
      return [from, to];
    } catch (cause) {
      throw new OperationError(errnoText(cause), { cause });
    }
  }

  /** Passes an end to the caller, who closes it. */
  take(end: number): number {
    this.#ends.delete(end);
    return end;
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) closeSync(end);
    this.#ends.clear();
  }
}
