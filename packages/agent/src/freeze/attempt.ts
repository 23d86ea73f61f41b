import { OperationError } from '../operation-error.js';
import { startTimer } from '../timer.js';
import { overdueError } from './errors.js';
import { FREEZE_TIMEOUT_S } from './lease.js';

/** One request to freeze, from its start until all is frozen or it has failed. It can be cancelled. */
export class FreezeAttempt {
  readonly #controller = new AbortController();
  #done: Promise<void> = Promise.resolve();

  /** Aborts when the freeze is cancelled, with the error for the host. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isCancelled(): boolean {
    return this.signal.aborted;
  }

  /** Resolves when the work of {@link run} has ended, in whichever way. */
  get done(): Promise<void> {
    return this.#done;
  }

  cancel(reason: OperationError): void {
    this.#controller.abort(reason);
  }

  /**
   * Runs the freeze, which is cancelled after ten minutes, whatever the lease.
   * @param abandoned aborts when the host does not wait for the reply any more
   */
  async run<T>(work: () => Promise<T>, abandoned: AbortSignal | undefined): Promise<T> {
    const abandon = (): void => this.cancel(new OperationError('the host has given up on this freeze'));
    const limit = startTimer(FREEZE_TIMEOUT_S * 1000, () => this.cancel(overdueError(FREEZE_TIMEOUT_S)));
    abandoned?.addEventListener('abort', abandon);
    if (abandoned?.aborted === true) abandon();
    const result = work();
    this.#done = result.then(
      () => {},
      () => {},
    );
    try {
      return await result;
    } finally {
      clearTimeout(limit);
      abandoned?.removeEventListener('abort', abandon);
    }
  }
}
