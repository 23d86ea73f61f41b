import { closeSync } from 'node:fs';
import { errnoText, pipe } from '@guestwire/posix';
import { CommandError } from '@guestwire/protocol';

/** The pipes of a process that is being started. Disposing closes the ends that nobody has taken over. */
export class Pipes implements Disposable {
  readonly #ends = new Set<number>();

  /**
   * A pipe: the end to read from, then the end to write to.
   *
   * @throws {CommandError} with the bare text of the error, as the reference has it
   */
  open(): readonly [from: number, to: number] {
    try {
      const [from, to] = pipe();
      this.#ends.add(from).add(to);
      return [from, to];
    } catch (cause) {
      throw new CommandError(errnoText(cause), { cause });
    }
  }

  /** Leaves an end to the caller, who closes it from now on. */
  take(end: number): number {
    this.#ends.delete(end);
    return end;
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) closeSync(end);
    this.#ends.clear();
  }
}
