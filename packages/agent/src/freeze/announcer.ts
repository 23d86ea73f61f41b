import type { Logger } from '../log/logger.js';
import type { OperationError } from '../operation-error.js';
import { earlyThawError } from './errors.js';
import type { RecordedFilesystem } from './record-format.js';
import type { StateFiles } from './state-files.js';

/** Announces in log and files what is about to be frozen and what has been thawed, and to the host an early thaw. */
export class FreezeAnnouncer {
  readonly #log: Logger;
  readonly #files: StateFiles;
  /** Why the agent thaws without a request; undefined if it does not. */
  #reason: string | undefined;
  /** The freeze has succeeded: it ends what happened before. */
  #isComplete = false;

  constructor(log: Logger, files: StateFiles) {
    this.#log = log;
    this.#files = files;
  }

  /** Announces that filesystems are about to be frozen, and suspends the log. */
  async freeze(filesystems: readonly RecordedFilesystem[], leaseEnd: number | null): Promise<void> {
    this.#log.warning('disabling logging due to filesystem freeze');
    await this.#files.enter(filesystems, leaseEnd);
    await this.#log.suspend();
  }

  /** Called when a freeze has succeeded, of this agent or of one before it. */
  complete(): void {
    this.#isComplete = true;
  }

  /** Called before a thaw that no host has requested. @param reason for the host */
  thawEarly(reason: string): void {
    this.#reason = reason;
  }

  /** Announces that the kernel has confirmed the thaw of all filesystems, and resumes the log. */
  async thaw(): Promise<void> {
    const at = new Date().toISOString().replace(/\.\d+/, '');
    const earlier = this.#isComplete ? undefined : this.#files.earlyThaw;
    const reason = this.#reason;
    this.#log.resume();
    this.#log.warning('logging re-enabled due to filesystem unfreeze');
    await this.#files.leave(reason === undefined ? earlier : { at, reason });
    this.#reason = undefined;
    this.#isComplete = false;
  }

  /** True if the host has not been informed of an early thaw yet. */
  get hasEarlyThaw(): boolean {
    return this.#files.earlyThaw !== undefined;
  }

  /** Returns the error that informs the host of an early thaw, once; undefined if there was none. */
  async takeEarlyThaw(): Promise<OperationError | undefined> {
    const { earlyThaw } = this.#files;
    if (earlyThaw === undefined) return undefined;
    await this.#files.clearEarlyThaw();
    return earlyThawError(earlyThaw);
  }
}
