import { type HelperOptions, OverdueError, runHelper } from '../exec/helper.js';
import type { Logger } from '../log/logger.js';

/** Settings of the hook. */
export interface HookOptions extends HelperOptions {
  readonly log: Logger;
  /** Absolute path of the hook; absent for none. */
  readonly fsfreezeHook?: string | undefined;
}

/**
 * The operator's program that makes applications ready for a freeze, and tells them when it is over (qemu-ga §5.10);
 * where there is none, nothing is done. It must not be called while a filesystem is frozen: it may lie on it.
 */
export class FreezeHook {
  readonly #options: HookOptions;
  #holds = false;

  constructor(options: HookOptions) {
    this.#options = options;
  }

  /** True if it has worked with `freeze`, or been killed at it, and has not been called with `thaw` since. */
  get holds(): boolean {
    return this.#holds;
  }

  /** @throws {OperationError} if it fails, in the words of qemu-ga §5.4; it then holds nothing, unless it was killed */
  async freeze(): Promise<void> {
    try {
      this.#holds = await this.#run('freeze');
    } catch (error) {
      // One that fails by itself cleans up by itself. One that we have killed had no chance to.
      this.#holds = error instanceof OverdueError;
      throw error;
    }
  }

  /** @throws {OperationError} if it fails; it is not called again for that */
  async thaw(): Promise<void> {
    this.#holds = false;
    await this.#run('thaw');
  }

  /** True if there is a hook and it has worked. */
  async #run(argument: 'freeze' | 'thaw'): Promise<boolean> {
    const { log, fsfreezeHook } = this.#options;
    if (fsfreezeHook === undefined) return false;
    log.syslog(`executing fsfreeze hook with arg '${argument}'`);
    const helper = { name: fsfreezeHook, args: [argument], action: 'execute fsfreeze hook' };
    await runHelper(helper, this.#options);
    return true;
  }
}
