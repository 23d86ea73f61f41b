import { errnoText } from '@guestwire/posix';

/**
 * An operation on the guest failed. The message is the text that the host receives; `commands/` turns the error into a
 * `CommandError`.
 */
export class OperationError extends Error {
  override readonly name: string = 'OperationError';

  /** Returns the error `what: reason`, with the reason of a system error. Any other `cause` is thrown again. */
  static of(what: string, cause: unknown): OperationError {
    return new OperationError(`${what}: ${errnoText(cause)}`, { cause });
  }
}

/**
 * Returns what `work` returns.
 *
 * @throws {OperationError} `what` with the reason, where `work` throws a system error
 */
export function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw OperationError.of(what, cause);
  }
}

/** Like {@link attempt}, for a promise. */
export async function attemptAsync<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw OperationError.of(what, cause);
  }
}
