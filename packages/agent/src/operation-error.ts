import { errnoOf, errnoText } from '@guestwire/posix';

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

  /** The positive error number of the cause; 0 if it is not a system error. */
  get causeErrno(): number {
    return errnoOf(this.cause) ?? 0;
  }
}

/** An operation was refused before it began: the audit log has the verdict `refused` for the command. */
export class RefusedError extends OperationError {}

/** Returns the result of `work`; a system error becomes an {@link OperationError} that begins with `what`. */
export function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw OperationError.of(what, cause);
  }
}

/** Returns the result of `work` as {@link attempt} does. */
export async function attemptAsync<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw OperationError.of(what, cause);
  }
}
